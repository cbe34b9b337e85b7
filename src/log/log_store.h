/* SPDX-License-Identifier: Apache-2.0 */
/* A transparency log in a folder, in the layout of c2sp.org/tlog-tiles: `checkpoint`, tile/<level>/<n>,
 * tile/entries/<n>, and beside these `key`, the text of the key that signs checkpoints, and `lock`. Entries
 * are any bytes. What is read hashes up to the signed checkpoint. */
#ifndef LOG_LOG_STORE_H
#define LOG_LOG_STORE_H

#include "crypto/tiles.h"
#include "log/checkpoint.h"
#include "log/entries.h"

typedef struct bwi_log_store {
  char *path;
  bwi_note_key key; /* its private part only where entries are to be added */
  bwi_bytes note;   /* the checkpoint as it is signed */
  bwi_checkpoint checkpoint;
  bwi_tiles *tiles;
} bwi_log_store;

/* Makes the folder of an empty log that the key signs, whose name is its origin. BW_EIO, also if it exists.
 */
bw_status bwi_log_store_create(const char *path, const bwi_note_key *key, bw_error *err);

/* The key that the log names itself. Nobody vouches for it. BW_EIO, BW_EFORMAT, BW_ENOMEM. */
bw_status bwi_log_store_own_key(bwi_note_key *out, const char *path, bw_error *err);

/* Reads the checkpoint and the right edge of the tree. Takes the key over, also on failure. BW_EIO,
 * BW_EFORMAT, BW_EUNTRUSTED, BW_ENOMEM. */
bw_status bwi_log_store_open(bwi_log_store *out, const char *path, bwi_note_key *key, bw_error *err);
void bwi_log_store_close(bwi_log_store *store);

/* The entries of bundle n, whose first is entry 256 n; *count of them, *spans in *bytes, both freed by
 * bwi_free. Each hashes to its leaf. BW_EIO, BW_EFORMAT, BW_ENOMEM. */
bw_status bwi_log_store_bundle(bwi_bytes *bytes, bwi_bytes spans[BWI_TILE_WIDTH], uint32_t *count,
                               bwi_log_store *store, uint64_t n, bw_error *err);

/* Between the two no other process adds to the log. BW_EIO. */
bw_status bwi_log_store_lock(int *lock, const char *path, bw_error *err);
void bwi_log_store_unlock(int lock);

/* Adds an entry and signs the new checkpoint, which is what makes it part of the log; under the lock.
 * BW_ELIMIT past BWI_ENTRY_MAX_BYTES, BW_EINVAL for an empty entry or without a private key; BW_EIO,
 * BW_ENOMEM. */
bw_status bwi_log_store_add(bwi_log_store *store, bwi_bytes entry, bw_error *err);

#endif
