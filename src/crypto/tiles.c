/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

struct bwi_tiles {
  uint64_t size;
  bwi_merkle_hash head;
  bwi_tile_read_fn read;
  void *payload;
  bwi_hash *sha256;
  bwi_tile edge[BWI_TILE_LEVELS];  /* the partial tiles, which the head vouches for */
  bwi_tile known[BWI_TILE_LEVELS]; /* of each level the full tile that was asked for last */
  uint64_t known_n[BWI_TILE_LEVELS];
};

#define NO_TILE UINT64_MAX

/* ---- where tiles stand ---- */

/* Complete subtrees of 256^level leaves. */
static uint64_t level_count(uint64_t size, uint32_t level) {
  return level < BWI_TILE_LEVELS ? size >> 8 * level : 0;
}

uint32_t bwi_tile_width(uint64_t size, uint32_t level, uint64_t n) {
  const uint64_t count = level_count(size, level), full = count / BWI_TILE_WIDTH;
  if (n < full) return BWI_TILE_WIDTH;
  return n == full ? (uint32_t)(count % BWI_TILE_WIDTH) : 0;
}

void bwi_tile_path(char out[BWI_TILE_PATH_BYTES], int level, uint64_t n, uint32_t width) {
  uint32_t groups[7]; /* of three digits, the last first */
  size_t count = 0;
  do {
    groups[count++] = (uint32_t)(n % 1000);
    n /= 1000;
  } while (n > 0);
  size_t at = level < 0 ? (size_t)snprintf(out, BWI_TILE_PATH_BYTES, "tile/entries")
                        : (size_t)snprintf(out, BWI_TILE_PATH_BYTES, "tile/%d", level);
  while (count > 0) {
    count--;
    at += (size_t)snprintf(out + at, BWI_TILE_PATH_BYTES - at, "/%s%03" PRIu32, count > 0 ? "x" : "",
                           groups[count]);
  }
  if (width < BWI_TILE_WIDTH) (void)snprintf(out + at, BWI_TILE_PATH_BYTES - at, ".p/%" PRIu32, width);
}

/* ---- reading ---- */

/* The tile, if it is here and vouched for. */
static const bwi_tile *held(const bwi_tiles *t, uint32_t level, uint64_t n) {
  if (bwi_tile_width(t->size, level, n) < BWI_TILE_WIDTH) return &t->edge[level];
  return t->known_n[level] == n ? &t->known[level] : NULL;
}

/* Reads a full tile, for which the hash above it vouches. */
static bw_status take_tile(bwi_tiles *t, uint32_t level, uint64_t n, const bwi_merkle_hash *above,
                           bw_error *err) {
  bwi_tile *tile = &t->known[level], folded;
  bwi_merkle_hash head;
  t->known_n[level] = NO_TILE;
  BW_TRY(t->read(tile->hashes, t->payload, level, n, BWI_TILE_WIDTH, err));
  memcpy(&folded, tile, sizeof folded);
  BW_TRY(bwi_merkle_fold(&head, t->sha256, folded.hashes, BWI_TILE_WIDTH, err));
  if (!bwi_merkle_equal(&head, above))
    return BW_FAIL(err, BW_EFORMAT,
                   "tile %" PRIu64 " of level %" PRIu32 " does not hash to what stands above it", n, level);
  t->known_n[level] = n;
  return BW_OK;
}

bw_status bwi_tiles_get(const bwi_tile **out, bwi_tiles *t, uint32_t level, uint64_t n, bw_error *err) {
  if (bwi_tile_width(t->size, level, n) == 0)
    return BW_FAIL(err, BW_EINVAL, "there is no tile %" PRIu64 " of level %" PRIu32, n, level);
  /* Up to one that is held, and down again. */
  uint32_t up = 0;
  while (held(t, level + up, n >> 8 * up) == NULL) up++;
  for (; up > 0; up--) {
    const uint64_t index = n >> 8 * (up - 1);
    const bwi_tile *above = held(t, level + up, index / BWI_TILE_WIDTH);
    BW_TRY(take_tile(t, level + up - 1, index, &above->hashes[index % BWI_TILE_WIDTH], err));
  }
  *out = held(t, level, n);
  return BW_OK;
}

static bw_status subtree(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t index, bw_error *err) {
  bwi_tiles *t = payload;
  const uint32_t height = level % 8; /* above the tile's bottom row */
  const uint64_t first = index << height;
  const bwi_tile *tile = NULL;
  bwi_tile part;
  BW_TRY(bwi_tiles_get(&tile, t, level / 8, first / BWI_TILE_WIDTH, err));
  const size_t count = (size_t)1 << height;
  memcpy(part.hashes, &tile->hashes[first % BWI_TILE_WIDTH], count * sizeof *part.hashes);
  return bwi_merkle_fold(out, t->sha256, part.hashes, count, err);
}

bwi_merkle_tree bwi_tiles_tree(bwi_tiles *tiles) {
  return (bwi_merkle_tree){subtree, tiles, tiles->sha256};
}

uint64_t bwi_tiles_size(const bwi_tiles *tiles) {
  return tiles->size;
}

bwi_merkle_hash bwi_tiles_head(const bwi_tiles *tiles) {
  return tiles->head;
}

static bw_status read_edge(bwi_tiles *t, bw_error *err) {
  for (uint32_t level = 0; level < BWI_TILE_LEVELS; level++) {
    const uint64_t n = level_count(t->size, level) / BWI_TILE_WIDTH;
    const uint32_t width = bwi_tile_width(t->size, level, n);
    if (width > 0) BW_TRY(t->read(t->edge[level].hashes, t->payload, level, n, width, err));
  }
  return BW_OK;
}

/* The head needs the edge alone: the bits of the size that a level stands for count its subtrees there. */
static bw_status check_head(bwi_tiles *t, const bwi_merkle_hash *head, bw_error *err) {
  const bwi_merkle_tree tree = bwi_tiles_tree(t);
  BW_TRY(bwi_merkle_head(&t->head, &tree, t->size, err));
  if (head != NULL && !bwi_merkle_equal(&t->head, head))
    return BW_FAIL(err, BW_EFORMAT,
                   "the tiles of the right edge do not hash to the head of %" PRIu64 " leaves", t->size);
  return BW_OK;
}

bw_status bwi_tiles_open(bwi_tiles **out, uint64_t size, const bwi_merkle_hash *head, bwi_tile_read_fn read,
                         void *payload, bw_error *err) {
  if (size > BWI_MERKLE_MAX_SIZE) return BW_FAIL(err, BW_ELIMIT, "a tree of %" PRIu64 " leaves", size);
  bwi_tiles *t = bwi_alloc(1, sizeof *t);
  if (t == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the edge of a tree");
  t->size = size;
  t->read = read;
  t->payload = payload;
  for (uint32_t level = 0; level < BWI_TILE_LEVELS; level++) t->known_n[level] = NO_TILE;
  bw_status status = bwi_hash_create(&t->sha256, BWI_SHA256, err);
  if (status == BW_OK) status = read_edge(t, err);
  if (status == BW_OK) status = check_head(t, head, err);
  if (status != BW_OK) {
    bwi_tiles_free(t);
    return status;
  }
  *out = t;
  return BW_OK;
}

void bwi_tiles_free(bwi_tiles *tiles) {
  if (tiles == NULL) return;
  bwi_hash_free(tiles->sha256);
  bwi_free(tiles);
}
