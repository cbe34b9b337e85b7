/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a log's folder. */
#ifndef LOG_LOG_FILES_H
#define LOG_LOG_FILES_H

#include "crypto/tiles.h"

/* "<folder>/<name>", freed by bwi_free. BW_ENOMEM. */
bw_status bwi_log_file_path(char **out, const char *folder, const char *name, bw_error *err);

/* Reads <folder>/<name> whole, as bwi_file_read. */
bw_status bwi_log_file_read(bwi_bytes *out, const char *folder, const char *name, size_t limit_bytes,
                            bw_error *err);
/* Writes it as bwi_file_write, with the folders on the way. */
bw_status bwi_log_file_write(const char *folder, const char *name, bwi_bytes bytes, bw_error *err);

/* A tile or, for level -1, a bundle of entries. Where the one that is `width` wide is gone because a full one
 * took its place, that one is read: *found says how wide what came is. */
bw_status bwi_log_tile_read(bwi_bytes *out, uint32_t *found, const char *folder, int level, uint64_t n,
                            uint32_t width, size_t limit_bytes, bw_error *err);
bw_status bwi_log_tile_write(const char *folder, int level, uint64_t n, uint32_t width, bwi_bytes bytes,
                             bw_error *err);
/* Removes the partial tiles that a full one took the place of. What cannot be removed stays. */
void bwi_log_tile_drop_partial(const char *folder, int level, uint64_t n);

#endif
