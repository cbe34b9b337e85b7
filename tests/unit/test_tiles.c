/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles: where they stand, and that nothing comes out of them that the tree's head does not vouch for. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/tiles.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The specification's own example of 70,000 leaves, and its example of a path. */
static void has_the_widths_of_the_specification(void **state) {
  (void)state;
  static const struct {
    uint64_t size, n;
    uint32_t level, width;
  } rows[] = {
      {70000, 0, 0, 256},     {70000, 272, 0, 256}, {70000, 273, 0, 112}, {70000, 274, 0, 0},
      {70000, 0, 1, 256},     {70000, 1, 1, 17},    {70000, 2, 1, 0},     {70000, 0, 2, 1},
      {70000, 0, 3, 0},       {256, 0, 0, 256},     {256, 1, 0, 0},       {256, 0, 1, 1},
      {0, 0, 0, 0},           {1, 0, 0, 1},         {1, 0, 8, 0},         {1, 0, 70, 0},
      {INT64_MAX, 0, 7, 127},
  };
  for (size_t k = 0; k < COUNT(rows); k++)
    if (bwi_tile_width(rows[k].size, rows[k].level, rows[k].n) != rows[k].width)
      fail_msg("tile %u/%llu of %llu is %u wide", rows[k].level, (unsigned long long)rows[k].n,
               (unsigned long long)rows[k].size, bwi_tile_width(rows[k].size, rows[k].level, rows[k].n));
}

static void has_the_paths_of_the_specification(void **state) {
  (void)state;
  static const struct {
    int level;
    uint32_t width;
    uint64_t n;
    const char *path;
  } rows[] = {
      {0, 256, 0, "tile/0/000"},
      {0, 1, 0, "tile/0/000.p/1"},
      {1, 256, 1234067, "tile/1/x001/x234/067"},
      {-1, 8, 1234067, "tile/entries/x001/x234/067.p/8"},
      {-1, 256, 1000, "tile/entries/x001/000"},
      {0, 255, UINT64_MAX, "tile/0/x018/x446/x744/x073/x709/x551/615.p/255"},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    char path[BWI_TILE_PATH_BYTES];
    bwi_tile_path(path, rows[k].level, rows[k].n, rows[k].width);
    assert_string_equal(path, rows[k].path);
  }
}

/* ---- a tree in memory ---- */

#define SIZE \
  UINT64_C(66000) /* three levels: 257 full tiles and one of 208; one full and one of 1; one of 1 */

typedef struct shelf {
  bwi_merkle_hash *levels[3];
  bwi_merkle_hash head;
  uint64_t bad_n; /* this tile has a wrong bit, where bad_level is below 3 */
  uint32_t bad_level;
  size_t n_reads;
} shelf;

static bw_status read_tile(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t n, uint32_t width,
                           bw_error *err) {
  (void)err;
  shelf *s = payload;
  s->n_reads++;
  memcpy(out, s->levels[level] + n * BWI_TILE_WIDTH, width * sizeof *out);
  if (level == s->bad_level && n == s->bad_n) out[width / 2].bytes[7] ^= 0x40;
  return BW_OK;
}

typedef struct plain_tree {
  const bwi_merkle_hash *leaves;
  bwi_hash *sha256;
} plain_tree;

/* Without tiles, from the leaves alone. */
static bw_status plain_subtree(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t index,
                               bw_error *err) {
  static bwi_merkle_hash part[1 << 16];
  const plain_tree *t = payload;
  memcpy(part, t->leaves + (index << level), sizeof *part << level);
  return bwi_merkle_fold(out, t->sha256, part, (size_t)1 << level, err);
}

static int fill(void **state) {
  static shelf s;
  *state = &s;
  bwi_hash *sha256 = NULL;
  if (bwi_hash_create(&sha256, BWI_SHA256, NULL) != BW_OK) return 1;
  for (int l = 0; l < 3; l++) s.levels[l] = bwi_alloc(SIZE >> 8 * l, sizeof *s.levels[l]);
  for (uint32_t i = 0; i < SIZE; i++) {
    const bwi_bytes leaf = {(const uint8_t *)&i, sizeof i};
    if (bwi_merkle_leaf(&s.levels[0][i], sha256, leaf, NULL) != BW_OK) return 1;
  }
  for (int l = 1; l < 3; l++)
    for (size_t i = 0; i < SIZE >> 8 * l; i++) {
      bwi_tile tile;
      memcpy(tile.hashes, s.levels[l - 1] + i * BWI_TILE_WIDTH, sizeof tile);
      if (bwi_merkle_fold(&s.levels[l][i], sha256, tile.hashes, BWI_TILE_WIDTH, NULL) != BW_OK) return 1;
    }
  plain_tree plain = {s.levels[0], sha256};
  const bwi_merkle_tree tree = {plain_subtree, &plain, sha256};
  const bw_status status = bwi_merkle_head(&s.head, &tree, SIZE, NULL);
  bwi_hash_free(sha256);
  return status == BW_OK ? 0 : 1;
}

static int empty(void **state) {
  for (int l = 0; l < 3; l++) bwi_free(((shelf *)*state)->levels[l]);
  return 0;
}

static bwi_tiles *open_tiles(shelf *s) {
  bwi_tiles *tiles = NULL;
  s->bad_level = 3;
  assert_int_equal(bwi_tiles_open(&tiles, SIZE, &s->head, read_tile, s, NULL), BW_OK);
  return tiles;
}

static void hands_out_every_tile(void **state) {
  shelf *s = *state;
  bwi_tiles *tiles = open_tiles(s);
  assert_int_equal(bwi_tiles_size(tiles), SIZE);
  for (uint32_t level = 0; level < 3; level++)
    for (uint64_t n = 0; n <= (SIZE >> 8 * level) / BWI_TILE_WIDTH; n++) {
      const bwi_tile *tile = NULL;
      const uint32_t width = bwi_tile_width(SIZE, level, n);
      if (width == 0) continue;
      assert_int_equal(bwi_tiles_get(&tile, tiles, level, n, NULL), BW_OK);
      assert_memory_equal(tile->hashes, s->levels[level] + n * BWI_TILE_WIDTH, width * sizeof *tile->hashes);
    }
  const bwi_tile *tile = NULL;
  bw_error err;
  assert_int_equal(bwi_tiles_get(&tile, tiles, 0, 258, &err), BW_EINVAL);
  bwi_tiles_free(tiles);
}

/* Batches are checked one after another: a tile is read once for all its leaves, those above it too. */
static void reads_a_tile_once_in_a_row(void **state) {
  shelf *s = *state;
  bwi_tiles *tiles = open_tiles(s);
  const bwi_tile *tile = NULL;
  s->n_reads = 0;
  for (int k = 0; k < 5; k++) assert_int_equal(bwi_tiles_get(&tile, tiles, 0, 0, NULL), BW_OK);
  assert_int_equal(s->n_reads, 2); /* itself and the full tile of level 1 */
  assert_int_equal(bwi_tiles_get(&tile, tiles, 0, 1, NULL), BW_OK);
  assert_int_equal(s->n_reads, 3);
  assert_int_equal(bwi_tiles_get(&tile, tiles, 0, 256, NULL), BW_OK); /* below the edge of level 1 */
  assert_int_equal(s->n_reads, 4);
  bwi_tiles_free(tiles);
}

static void names_a_tile_that_was_changed(void **state) {
  shelf *s = *state;
  static const struct {
    uint64_t n;
    uint32_t level;
    const char *text;
  } rows[] = {{0, 0, "tile 0 of level 0 does not hash to what stands above it"},
              {256, 0, "tile 256 of level 0"},
              {0, 1, "tile 0 of level 1"}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_tiles *tiles = open_tiles(s);
    const bwi_tile *tile = NULL;
    bw_error err;
    s->bad_level = rows[k].level;
    s->bad_n = rows[k].n;
    assert_int_equal(bwi_tiles_get(&tile, tiles, 0, rows[k].n, &err), BW_EFORMAT);
    assert_non_null(strstr(err.text, rows[k].text));
    s->bad_level = 3;
    assert_int_equal(bwi_tiles_get(&tile, tiles, 0, rows[k].n, NULL), BW_OK);
    bwi_tiles_free(tiles);
  }
}

static void refuses_an_edge_that_was_changed(void **state) {
  shelf *s = *state;
  static const uint64_t edges[] = {257, 1, 0};
  for (uint32_t level = 0; level < 3; level++) {
    bwi_tiles *tiles = NULL;
    bw_error err;
    s->bad_level = level;
    s->bad_n = edges[level];
    assert_int_equal(bwi_tiles_open(&tiles, SIZE, &s->head, read_tile, s, &err), BW_EFORMAT);
    assert_non_null(strstr(err.text, "do not hash to the head of 66000 leaves"));
    assert_null(tiles);
  }
  assert_int_equal(bwi_tiles_open(&(bwi_tiles *){NULL}, UINT64_MAX, &s->head, read_tile, s, NULL), BW_ELIMIT);
}

static void proves_through_tiles(void **state) {
  shelf *s = *state;
  static const uint64_t indices[] = {0, 1, 255, 256, 65535, 65536, 65999};
  bwi_tiles *tiles = open_tiles(s);
  const bwi_merkle_tree tree = bwi_tiles_tree(tiles);
  bwi_merkle_proof proof;
  bool holds = false;
  for (size_t k = 0; k < COUNT(indices); k++) {
    assert_int_equal(bwi_merkle_inclusion(&proof, &tree, indices[k], SIZE, NULL), BW_OK);
    assert_int_equal(bwi_merkle_check_inclusion(&holds, tree.sha256, &s->levels[0][indices[k]], indices[k],
                                                SIZE, &proof, &s->head, NULL),
                     BW_OK);
    assert_true(holds);
    if (indices[k] == 0) continue;
    bwi_merkle_hash old_head;
    assert_int_equal(bwi_merkle_head(&old_head, &tree, indices[k], NULL), BW_OK);
    assert_int_equal(bwi_merkle_consistency(&proof, &tree, indices[k], SIZE, NULL), BW_OK);
    assert_int_equal(bwi_merkle_check_consistency(&holds, tree.sha256, indices[k], &old_head, SIZE, &s->head,
                                                  &proof, NULL),
                     BW_OK);
    assert_true(holds);
  }
  bwi_tiles_free(tiles);
}

static bw_status open_and_free(void *payload) {
  shelf *s = payload;
  bwi_tiles *tiles = NULL;
  s->bad_level = 3;
  const bw_status status = bwi_tiles_open(&tiles, SIZE, &s->head, read_tile, s, NULL);
  bwi_tiles_free(tiles);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  assert_true(sweep_allocations(open_and_free, *state) >= 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_widths_of_the_specification),
      cmocka_unit_test(has_the_paths_of_the_specification),
      cmocka_unit_test(hands_out_every_tile),
      cmocka_unit_test(reads_a_tile_once_in_a_row),
      cmocka_unit_test(names_a_tile_that_was_changed),
      cmocka_unit_test(refuses_an_edge_that_was_changed),
      cmocka_unit_test(proves_through_tiles),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, fill, empty);
}
