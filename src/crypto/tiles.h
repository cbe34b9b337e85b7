/* SPDX-License-Identifier: Apache-2.0 */
/* A Merkle tree as rows of tiles (C2SP tlog-tiles): tile n of level l holds the heads of 256 subtrees of
 * 256^l leaves each, beginning with leaf n * 256^(l+1); the last tile of a level may hold fewer. Tiles come
 * from where nobody vouches for them. What is handed out here hashes up to the tree's head. */
#ifndef CRYPTO_TILES_H
#define CRYPTO_TILES_H

#include "crypto/merkle.h"

#define BWI_TILE_WIDTH 256
#define BWI_TILE_LEVELS 8 /* 256^8 leaves are more than a tree can have */
#define BWI_TILE_PATH_BYTES 64

typedef struct bwi_tile {
  bwi_merkle_hash hashes[BWI_TILE_WIDTH];
} bwi_tile;

/* Hashes in tile n of the level, in a tree of `size` leaves: 256, fewer at the right edge, 0 past it. */
uint32_t bwi_tile_width(uint64_t size, uint32_t level, uint64_t n);

/* "tile/0/x001/x234/067", with ".p/5" behind it if it is only 5 wide; level -1 is the entries themselves,
 * "tile/entries/...". */
void bwi_tile_path(char out[BWI_TILE_PATH_BYTES], int level, uint64_t n, uint32_t width);

/* Reads the `width` hashes of a tile. */
typedef bw_status (*bwi_tile_read_fn)(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t n,
                                      uint32_t width, bw_error *err);

typedef struct bwi_tiles bwi_tiles;

/* Reads the right edge and checks that it hashes to `head`, or asks for no proof if that is NULL: for who
 * made the tiles. payload must outlive *out. BW_EFORMAT if it does not; BW_ENOMEM. */
bw_status bwi_tiles_open(bwi_tiles **out, uint64_t size, const bwi_merkle_hash *head, bwi_tile_read_fn read,
                         void *payload, bw_error *err);
void bwi_tiles_free(bwi_tiles *tiles); /* NULL is fine */
uint64_t bwi_tiles_size(const bwi_tiles *tiles);
bwi_merkle_hash bwi_tiles_head(const bwi_tiles *tiles);

/* A tile of the tree, which stays until the next is asked for. BW_EFORMAT with level and number if it does
 * not hash to what stands above it. */
bw_status bwi_tiles_get(const bwi_tile **out, bwi_tiles *tiles, uint32_t level, uint64_t n, bw_error *err);

/* The tree for proofs, as long as the tiles are there. */
bwi_merkle_tree bwi_tiles_tree(bwi_tiles *tiles);

#endif
