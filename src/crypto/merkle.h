/* SPDX-License-Identifier: Apache-2.0 */
/* The Merkle tree of RFC 6962, section 2.1, over SHA-256: heads, inclusion and consistency proofs, and how
 * they are checked (RFC 9162, sections 2.1.3.2 and 2.1.4.2). Leaves and inner nodes are hashed with
 * different first bytes, so that neither can be taken for the other. */
#ifndef CRYPTO_MERKLE_H
#define CRYPTO_MERKLE_H

#include "base/cursor.h"
#include "crypto/digest.h"

#define BWI_MERKLE_BYTES 32
#define BWI_MERKLE_MAX_SIZE ((uint64_t)INT64_MAX) /* leaves of a tree */
#define BWI_MERKLE_MAX_PROOF 64                   /* hashes of a proof */

typedef struct bwi_merkle_hash {
  uint8_t bytes[BWI_MERKLE_BYTES];
} bwi_merkle_hash;

bool bwi_merkle_equal(const bwi_merkle_hash *a, const bwi_merkle_hash *b);

/* `sha256` is the caller's, of that kind, between two messages. BW_EINTERNAL. */
bw_status bwi_merkle_leaf(bwi_merkle_hash *out, bwi_hash *sha256, bwi_bytes data, bw_error *err);
/* The same in pieces: what is added to the hash after this is the leaf, until bwi_hash_end. */
void bwi_merkle_begin_leaf(bwi_hash *sha256);
bw_status bwi_merkle_node(bwi_merkle_hash *out, bwi_hash *sha256, const bwi_merkle_hash *left,
                          const bwi_merkle_hash *right, bw_error *err);
/* The head of the tree whose leaves these `count` = 2^k hashes are; they are overwritten. */
bw_status bwi_merkle_fold(bwi_merkle_hash *out, bwi_hash *sha256, bwi_merkle_hash *hashes, size_t count,
                          bw_error *err);

/* Gives the head of the complete subtree over the leaves from index << level to (index + 1) << level. */
typedef bw_status (*bwi_merkle_subtree_fn)(bwi_merkle_hash *out, void *payload, uint32_t level,
                                           uint64_t index, bw_error *err);

typedef struct bwi_merkle_tree {
  bwi_merkle_subtree_fn subtree;
  void *payload;
  bwi_hash *sha256;
} bwi_merkle_tree;

/* From the leaf's neighbour to the root's child, as RFC 6962 orders them. */
typedef struct bwi_merkle_proof {
  uint32_t count;
  bwi_merkle_hash hashes[BWI_MERKLE_MAX_PROOF];
} bwi_merkle_proof;

/* The head of the first `size` leaves; 0 is the empty tree. */
bw_status bwi_merkle_head(bwi_merkle_hash *out, const bwi_merkle_tree *tree, uint64_t size, bw_error *err);
/* That leaf `index` is among the first `size` (index < size <= BWI_MERKLE_MAX_SIZE). */
bw_status bwi_merkle_inclusion(bwi_merkle_proof *out, const bwi_merkle_tree *tree, uint64_t index,
                               uint64_t size, bw_error *err);
/* That the first `old_size` of `size` leaves are those of the tree of old_size (old_size <= size); empty for
 * 0 and for equal sizes. */
bw_status bwi_merkle_consistency(bwi_merkle_proof *out, const bwi_merkle_tree *tree, uint64_t old_size,
                                 uint64_t size, bw_error *err);

/* *holds says whether the proof does; any proof, index and size may be asked about. */
bw_status bwi_merkle_check_inclusion(bool *holds, bwi_hash *sha256, const bwi_merkle_hash *leaf,
                                     uint64_t index, uint64_t size, const bwi_merkle_proof *proof,
                                     const bwi_merkle_hash *head, bw_error *err);
bw_status bwi_merkle_check_consistency(bool *holds, bwi_hash *sha256, uint64_t old_size,
                                       const bwi_merkle_hash *old_head, uint64_t size,
                                       const bwi_merkle_hash *head, const bwi_merkle_proof *proof,
                                       bw_error *err);

#endif
