/* SPDX-License-Identifier: Apache-2.0 */
/* How the file of a record tree is made. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/memory.h"
#include "records/record_tree.h"

void bwi_record_begin(bwi_hash *sha256, const char *layout) {
  bwi_merkle_begin_leaf(sha256);
  if (layout[0] == '\0') return;
  bwi_hash_add(sha256, layout, strlen(layout));
  bwi_hash_add(sha256, "\n", 1);
}

static bw_status hash_record(bwi_merkle_hash *out, bwi_record_source *source, const char *layout, uint64_t i,
                             bwi_hash *sha256, bw_error *err) {
  const bwi_bytes *parts = NULL;
  size_t n_parts = 0;
  BW_TRY(source->format->get(&parts, &n_parts, source, i, err));
  bwi_record_begin(sha256, layout);
  for (size_t p = 0; p < n_parts; p++) bwi_hash_add(sha256, parts[p].data, parts[p].size);
  return bwi_hash_end(sha256, out->bytes, err);
}

bw_status bwi_record_leaves(bwi_merkle_hash *leaves, bwi_record_source *source, bw_error *err) {
  bwi_hash *sha256 = NULL;
  BW_TRY(bwi_hash_create(&sha256, BWI_SHA256, err));
  bw_status status = BW_OK;
  uint64_t i = 0;
  for (size_t g = 0; g < source->n_groups && status == BW_OK; g++)
    for (uint64_t k = 0; k < source->groups[g].count && status == BW_OK; k++, i++)
      status = hash_record(&leaves[i], source, source->groups[g].layout, i, sha256, err);
  bwi_hash_free(sha256);
  return status;
}

/* ---- levels ---- */

uint64_t bwi_record_tree_start(uint64_t count, uint32_t level) {
  uint64_t start = 0;
  for (uint32_t l = 0; l < level; l++) start += count >> 8 * l;
  return start;
}

typedef struct levels {
  bwi_merkle_hash *hashes;
  uint64_t count; /* of records */
} levels;

static bwi_merkle_hash *row(const levels *l, uint32_t level) {
  return l->hashes + bwi_record_tree_start(l->count, level);
}

static bw_status read_tile(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t n, uint32_t width,
                           bw_error *err) {
  (void)err;
  memcpy(out, row(payload, level) + n * BWI_TILE_WIDTH, width * sizeof *out);
  return BW_OK;
}

static bw_status fold_levels(const levels *l, bwi_hash *sha256, bw_error *err) {
  for (uint32_t level = 1; level < BWI_TILE_LEVELS; level++)
    for (uint64_t i = 0; i < l->count >> 8 * level; i++) {
      bwi_tile tile;
      memcpy(tile.hashes, row(l, level - 1) + i * BWI_TILE_WIDTH, sizeof tile.hashes);
      BW_TRY(bwi_merkle_fold(row(l, level) + i, sha256, tile.hashes, BWI_TILE_WIDTH, err));
    }
  return BW_OK;
}

static bw_status head_of(bwi_merkle_hash *out, levels *l, bw_error *err) {
  bwi_tiles *tiles = NULL;
  BW_TRY(bwi_tiles_open(&tiles, l->count, NULL, read_tile, l, err));
  *out = bwi_tiles_head(tiles);
  bwi_tiles_free(tiles);
  return BW_OK;
}

static bw_status fill_levels(levels *l, bwi_merkle_hash *head, bwi_record_source *source, bw_error *err) {
  bwi_hash *sha256 = NULL;
  BW_TRY(bwi_record_leaves(l->hashes, source, err));
  BW_TRY(bwi_hash_create(&sha256, BWI_SHA256, err));
  const bw_status status = fold_levels(l, sha256, err);
  bwi_hash_free(sha256);
  return status == BW_OK ? head_of(head, l, err) : status;
}

/* ---- the file ---- */

static void put_header(bwi_buffer *out, const bwi_record_source *source, const bwi_merkle_hash *head) {
  char hex[2 * BWI_MERKLE_BYTES + 1];
  bwi_hex_encode(hex, head->bytes, sizeof head->bytes);
  bwi_buffer_text(out, BWI_RECORD_TREE_MAGIC);
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "format", source->format->name);
  bwi_json_text(&w, "head", hex);
  bwi_json_key(&w, "groups");
  bwi_json_open(&w, '[');
  for (size_t g = 0; g < source->n_groups; g++) {
    bwi_json_open(&w, '{');
    bwi_json_key(&w, "records");
    bwi_json_int(&w, (int64_t)source->groups[g].count);
    bwi_json_text(&w, "layout", source->groups[g].layout);
    bwi_json_close(&w, '}');
  }
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}

static bw_status write_tree(bwi_buffer *out, bwi_record_source *source, bw_error *err) {
  const size_t n_hashes = (size_t)bwi_record_tree_start(source->count, BWI_TILE_LEVELS);
  levels l = {bwi_alloc(n_hashes, sizeof *l.hashes), source->count};
  bwi_merkle_hash head;
  if (l.hashes == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu hashes", n_hashes);
  bw_status status = fill_levels(&l, &head, source, err);
  if (status == BW_OK) {
    put_header(out, source, &head);
    if (out->size > BWI_RECORD_TREE_HEADER_BYTES)
      status = BW_FAIL(err, BW_ELIMIT, "the arrays' names and shapes take %zu bytes; the limit is %zu",
                       out->size, BWI_RECORD_TREE_HEADER_BYTES);
    bwi_buffer_put(out, l.hashes, n_hashes * sizeof *l.hashes);
  }
  bwi_free(l.hashes);
  if (status == BW_OK && out->failed) status = BW_FAIL(err, BW_ENOMEM, "no memory for %zu hashes", n_hashes);
  return status;
}

bw_status bwi_record_tree_write(bwi_buffer *out, const char *data_path, bw_error *err) {
  bwi_record_source source;
  BW_TRY(bwi_record_source_open(&source, data_path, NULL, err));
  const bw_status status = write_tree(out, &source, err);
  bwi_record_source_close(&source);
  return status;
}

bw_status bw_record_tree_make(const char *data_path, const char *tree_path, bw_error *err) {
  if (data_path == NULL || tree_path == NULL) return BW_FAIL(err, BW_EINVAL, "a path is missing");
  bwi_buffer out = {0};
  bw_status status = bwi_record_tree_write(&out, data_path, err);
  if (status == BW_OK) status = bwi_file_write(tree_path, out.data, out.size, err);
  bwi_buffer_free(&out);
  return status;
}
