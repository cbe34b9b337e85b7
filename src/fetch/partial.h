/* SPDX-License-Identifier: Apache-2.0 */
/* A download on its way to its name: the hidden file ".<name>.part" beside it, and the digest of all it
 * holds. */
#ifndef FETCH_PARTIAL_H
#define FETCH_PARTIAL_H

#include "crypto/digest.h"

typedef struct bwi_partial {
  const char *path; /* borrowed: the name that it is to have */
  char *name;
  int file;
  uint64_t size;
  bwi_hash *hash;
} bwi_partial;

/* Opens what an earlier download left, or a new file, and hashes what it holds. More than max_bytes, it
 * begins anew. BW_EIO, also if somebody else writes it; BW_ENOMEM. */
bw_status bwi_partial_open(bwi_partial *out, const char *path, bwi_digest_kind kind, uint64_t max_bytes,
                           bw_error *err);
bw_status bwi_partial_add(bwi_partial *p, const void *data, size_t size, bw_error *err);
bw_status bwi_partial_restart(bwi_partial *p, bw_error *err); /* empties it */
/* The digest of all that it holds. */
bw_status bwi_partial_digest(bwi_partial *p, uint8_t *digest, bw_error *err);

/* One of these ends it. */
bw_status bwi_partial_commit(bwi_partial *p, bw_error *err); /* gives it its name */
void bwi_partial_discard(bwi_partial *p);
void bwi_partial_keep(bwi_partial *p); /* for the next download; not if it is empty */

#endif
