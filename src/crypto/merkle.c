/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/merkle.h"

#include <string.h>

static const uint8_t leaf_mark = 0, node_mark = 1;

bool bwi_merkle_equal(const bwi_merkle_hash *a, const bwi_merkle_hash *b) {
  return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void bwi_merkle_begin_leaf(bwi_hash *sha256) {
  bwi_hash_add(sha256, &leaf_mark, 1);
}

bw_status bwi_merkle_leaf(bwi_merkle_hash *out, bwi_hash *sha256, bwi_bytes data, bw_error *err) {
  bwi_merkle_begin_leaf(sha256);
  bwi_hash_add(sha256, data.data, data.size);
  return bwi_hash_end(sha256, out->bytes, err);
}

bw_status bwi_merkle_node(bwi_merkle_hash *out, bwi_hash *sha256, const bwi_merkle_hash *left,
                          const bwi_merkle_hash *right, bw_error *err) {
  bwi_hash_add(sha256, &node_mark, 1);
  bwi_hash_add(sha256, left->bytes, sizeof left->bytes);
  bwi_hash_add(sha256, right->bytes, sizeof right->bytes);
  return bwi_hash_end(sha256, out->bytes, err);
}

bw_status bwi_merkle_fold(bwi_merkle_hash *out, bwi_hash *sha256, bwi_merkle_hash *hashes, size_t count,
                          bw_error *err) {
  for (; count > 1; count /= 2)
    for (size_t i = 0; i < count / 2; i++)
      BW_TRY(bwi_merkle_node(&hashes[i], sha256, &hashes[2 * i], &hashes[2 * i + 1], err));
  *out = hashes[0];
  return BW_OK;
}

/* ---- making ---- */

/* The head of n > 0 leaves from `first`, which is a multiple of the power of two that n does not exceed: the
 * complete subtrees that the bits of n stand for, joined from the smallest up. */
static bw_status range_head(bwi_merkle_hash *out, const bwi_merkle_tree *tree, uint64_t first, uint64_t n,
                            bw_error *err) {
  uint64_t end = first + n;
  bwi_merkle_hash head = {{0}};
  bool begun = false;
  for (uint32_t level = 0; n >> level != 0; level++) {
    if ((n >> level & 1) == 0) continue;
    bwi_merkle_hash subtree;
    end -= (uint64_t)1 << level;
    BW_TRY(tree->subtree(&subtree, tree->payload, level, end >> level, err));
    if (begun)
      BW_TRY(bwi_merkle_node(&head, tree->sha256, &subtree, &head, err));
    else
      head = subtree;
    begun = true;
  }
  *out = head;
  return BW_OK;
}

bw_status bwi_merkle_head(bwi_merkle_hash *out, const bwi_merkle_tree *tree, uint64_t size, bw_error *err) {
  if (size == 0) return bwi_hash_end(tree->sha256, out->bytes, err);
  return range_head(out, tree, 0, size, err);
}

/* The largest power of two below n > 1. */
static uint64_t split(uint64_t n) {
  uint64_t k = 1;
  while (k < n - k) k *= 2;
  return k;
}

static void reverse(bwi_merkle_proof *proof) {
  for (uint32_t i = 0; i < proof->count / 2; i++) {
    const bwi_merkle_hash other = proof->hashes[proof->count - 1 - i];
    proof->hashes[proof->count - 1 - i] = proof->hashes[i];
    proof->hashes[i] = other;
  }
}

/* A stretch of leaves on the way down from the root. */
typedef struct stretch {
  uint64_t first, n;
} stretch;

/* Goes to the half of *s that is wanted; the head of the other half is the proof's next hash. */
static bw_status descend(bwi_merkle_proof *proof, stretch *s, bool to_right, const bwi_merkle_tree *tree,
                         bw_error *err) {
  const uint64_t k = split(s->n);
  const stretch left = {s->first, k}, right = {s->first + k, s->n - k}, other = to_right ? left : right;
  *s = to_right ? right : left;
  return range_head(&proof->hashes[proof->count++], tree, other.first, other.n, err);
}

bw_status bwi_merkle_inclusion(bwi_merkle_proof *out, const bwi_merkle_tree *tree, uint64_t index,
                               uint64_t size, bw_error *err) {
  bwi_merkle_proof proof = {0};
  stretch s = {0, size};
  while (s.n > 1) BW_TRY(descend(&proof, &s, index - s.first >= split(s.n), tree, err));
  reverse(&proof);
  *out = proof;
  return BW_OK;
}

bw_status bwi_merkle_consistency(bwi_merkle_proof *out, const bwi_merkle_tree *tree, uint64_t old_size,
                                 uint64_t size, bw_error *err) {
  bwi_merkle_proof proof = {0};
  stretch s = {0, size};
  if (old_size > 0) {
    while (old_size - s.first != s.n) BW_TRY(descend(&proof, &s, old_size - s.first > split(s.n), tree, err));
    /* Who checks knows the old head, so where it is the subtree itself it is left out. */
    if (s.first != 0) BW_TRY(range_head(&proof.hashes[proof.count++], tree, s.first, s.n, err));
  }
  reverse(&proof);
  *out = proof;
  return BW_OK;
}

/* ---- checking ---- */

/* Leaf `at` of the tree whose last leaf is `last`, and the same of its ancestors on the way up. */
typedef struct position {
  uint64_t at, last;
} position;

static void rise(position *p) {
  p->at >>= 1;
  p->last >>= 1;
}

/* Whether the next hash stands on the left. The right edge then rises past levels where it has no
 * neighbour. */
static bool neighbour_on_left(position *p) {
  if ((p->at & 1) == 0 && p->at != p->last) return false;
  while ((p->at & 1) == 0 && p->at != 0) rise(p);
  return true;
}

bw_status bwi_merkle_check_inclusion(bool *holds, bwi_hash *sha256, const bwi_merkle_hash *leaf,
                                     uint64_t index, uint64_t size, const bwi_merkle_proof *proof,
                                     const bwi_merkle_hash *head, bw_error *err) {
  *holds = false;
  if (index >= size) return BW_OK;
  position p = {index, size - 1};
  bwi_merkle_hash hash = *leaf;
  for (uint32_t i = 0; i < proof->count; i++) {
    const bwi_merkle_hash *next = &proof->hashes[i];
    if (p.last == 0) return BW_OK;
    const bool left = neighbour_on_left(&p);
    BW_TRY(bwi_merkle_node(&hash, sha256, left ? next : &hash, left ? &hash : next, err));
    rise(&p);
  }
  *holds = p.last == 0 && bwi_merkle_equal(&hash, head);
  return BW_OK;
}

bw_status bwi_merkle_check_consistency(bool *holds, bwi_hash *sha256, uint64_t old_size,
                                       const bwi_merkle_hash *old_head, uint64_t size,
                                       const bwi_merkle_hash *head, const bwi_merkle_proof *proof,
                                       bw_error *err) {
  *holds = false;
  if (old_size > size) return BW_OK;
  if (old_size == 0 || old_size == size) {
    bwi_merkle_hash expected = *head;
    if (old_size == 0) BW_TRY(bwi_hash_end(sha256, expected.bytes, err));
    *holds = proof->count == 0 && bwi_merkle_equal(&expected, old_head);
    return BW_OK;
  }
  position p = {old_size - 1, size - 1};
  while ((p.at & 1) != 0) rise(&p);
  /* An old tree that is complete is a subtree of the new one: its head is where the proof begins. */
  const uint32_t first = p.at == 0 ? 0 : 1;
  if (proof->count < first) return BW_OK;
  bwi_merkle_hash before = first == 0 ? *old_head : proof->hashes[0], now = before;
  for (uint32_t i = first; i < proof->count; i++) {
    const bwi_merkle_hash *next = &proof->hashes[i];
    if (p.last == 0) return BW_OK;
    if (neighbour_on_left(&p)) {
      BW_TRY(bwi_merkle_node(&before, sha256, next, &before, err));
      BW_TRY(bwi_merkle_node(&now, sha256, next, &now, err));
    } else {
      BW_TRY(bwi_merkle_node(&now, sha256, &now, next, err));
    }
    rise(&p);
  }
  *holds = p.last == 0 && bwi_merkle_equal(&before, old_head) && bwi_merkle_equal(&now, head);
  return BW_OK;
}
