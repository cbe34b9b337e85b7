/* SPDX-License-Identifier: Apache-2.0 */
/* Where a seal lies, and what a seal leaves out. */
#ifndef SEAL_SEAL_PATHS_H
#define SEAL_SEAL_PATHS_H

#include <stdbool.h>

#include "base/error.h"

/* A copy of `chosen`, or, if it is NULL, of path with ".sig" behind it: a seal lies beside what it seals.
 * *out is freed by bwi_free. BW_EIO, BW_ENOMEM. */
bw_status bwi_seal_beside(char **out, const char *path, const char *chosen, bw_error *err);

typedef struct bwi_ignore {
  const char **items; /* owned, as their texts are */
  size_t count;
} bwi_ignore;

/* Each adds copies. BW_ENOMEM. */
bw_status bwi_ignore_add(bwi_ignore *ignore, const char *path, bw_error *err);
/* What the format leaves out by itself: git's own files at the top. */
bw_status bwi_ignore_standard(bwi_ignore *ignore, bw_error *err);
bool bwi_ignore_is_standard(const char *path);
/* The file, if it lies below the folder. BW_EIO. */
bw_status bwi_ignore_file(bwi_ignore *ignore, const char *folder, const char *file, bw_error *err);
void bwi_ignore_clear(bwi_ignore *ignore);

#endif
