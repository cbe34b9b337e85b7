/* SPDX-License-Identifier: Apache-2.0 */
/* What lies below a folder. Nothing is followed: a symlink is reported, and whoever opens a file goes
 * through bwi_walk_open_below, so that a folder swapped for a symlink leads nowhere. */
#ifndef BASE_WALK_H
#define BASE_WALK_H

#include <stdbool.h>

#include "base/error.h"

typedef enum bwi_walk_kind {
  BWI_WALK_FILE,
  BWI_WALK_FOLDER,
  BWI_WALK_SYMLINK,
  BWI_WALK_SPECIAL /* device, pipe, socket */
} bwi_walk_kind;

typedef struct bwi_walk_entry {
  const char *path; /* below the folder, parts joined by '/'; any bytes but NUL, as the system has them */
  bwi_walk_kind kind;
  uint32_t mode;    /* permission bits, with set-user-ID, set-group-ID and sticky: at most 07777 */
  uint64_t n_bytes; /* of a file */
  uint32_t owner, group;
} bwi_walk_entry;

typedef struct bwi_walk {
  bwi_walk_entry *entries; /* sorted by path, byte by byte: for UTF-8 that is by code point */
  size_t count, capacity;
} bwi_walk;

#define BWI_WALK_MAX_DEPTH 64         /* folders inside each other */
#define BWI_WALK_MAX_ENTRIES 10000000 /* in one walk */

/* True for an entry that is not to be reported and, if it is a folder, not to be entered. */
typedef bool (*bwi_walk_skip_fn)(const bwi_walk_entry *entry, void *payload);

/* Lists what lies below the open folder `root`, which stays open; skip may be NULL. *out is freed by
 * bwi_walk_clear. BW_EIO with the path, BW_ELIMIT past the two limits, BW_ENOMEM. */
bw_status bwi_walk_below(bwi_walk *out, int root, bwi_walk_skip_fn skip, void *payload, bw_error *err);
/* The same with one entry: what `name` is in the folder. BW_EIO, BW_ENOMEM. */
bw_status bwi_walk_one(bwi_walk *out, int root, const char *name, bw_error *err);
void bwi_walk_clear(bwi_walk *walk);

/* A folder for the above, by a path that may lead through symlinks: its owner chose it. BW_EIO. */
bw_status bwi_walk_open_root(int *out, const char *path, bw_error *err);

/* Opens root/path for reading, no part of which may be a symlink or "..", and waits for nobody. What it is
 * is for the caller to ask. path "" is root again. *out is closed by close. BW_EIO. */
bw_status bwi_walk_open_below(int *out, int root, const char *path, bw_error *err);

#endif
