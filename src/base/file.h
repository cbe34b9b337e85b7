/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out. Writing goes beside the target and renames, so nothing half-written stays. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/cursor.h"

/* Reads a regular file into private memory (bytes->data is the caller's, freed by bwi_free), so that
 * what is checked is what is used. BW_EIO with the path and the system's reason; BW_ELIMIT past
 * limit_bytes. */
bw_status bwi_file_read(bwi_bytes *out, const char *path, size_t limit_bytes, bw_error *err);
/* The same of a file that is open, from where it stands; path is for errors. */
bw_status bwi_file_read_open(bwi_bytes *out, int file, const char *path, size_t limit_bytes, bw_error *err);

/* Reads a file or a pipe to its end into the caller's room, for what must not lie elsewhere. BW_EIO;
 * BW_ELIMIT if it does not fit. */
bw_status bwi_file_read_into(uint8_t *data, size_t room, size_t *size, const char *path, bw_error *err);

/* Writes path atomically: temporary file in the same folder, fsync, rename. */
bw_status bwi_file_write(const char *path, const void *data, size_t size, bw_error *err);

/* The same in parts: begin, append, then commit or discard. */
typedef struct bwi_file_writer {
  int file;
  char *name;       /* of the temporary file */
  const char *path; /* borrowed: what it becomes */
} bwi_file_writer;
bw_status bwi_file_begin(bwi_file_writer *out, const char *path, bw_error *err); /* BW_EIO, BW_ENOMEM */
bw_status bwi_file_append(bwi_file_writer *w, const void *data, size_t size, bw_error *err);
bw_status bwi_file_commit(bwi_file_writer *w, bw_error *err); /* after a failure nothing is left either */
void bwi_file_discard(bwi_file_writer *w);

/* Writes a new file that only its owner may read. BW_EIO, also if path exists. */
bw_status bwi_file_create_private(const char *path, const void *data, size_t size, bw_error *err);

/* Open descriptors, which close closes; name is for the error. All BW_EIO. */
bw_status bwi_file_open(int *out, const char *path, bw_error *err);
/* Up to size bytes, at least one before the end. */
bw_status bwi_file_get(int file, void *data, size_t size, size_t *got, const char *name, bw_error *err);
bw_status bwi_file_put(int file, const void *data, size_t size, const char *name, bw_error *err);

#endif
