/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out. Writing goes beside the target and renames, so nothing half-written stays. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/cursor.h"

/* Reads a regular file into private memory (bytes->data is the caller's, freed by bwi_free), so that
 * what is checked is what is used. BW_EIO with the path and the system's reason; BW_ELIMIT past
 * limit_bytes. */
bw_status bwi_file_read(bwi_bytes *out, const char *path, size_t limit_bytes, bw_error *err);

/* Writes path atomically: temporary file in the same folder, fsync, rename. */
bw_status bwi_file_write(const char *path, const void *data, size_t size, bw_error *err);

#endif
