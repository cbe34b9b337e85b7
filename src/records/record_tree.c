/* SPDX-License-Identifier: Apache-2.0 */
/* How the file of a record tree is read. Its hashes stay on disk until they are needed. */
#include "records/record_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/memory.h"

/* ---- header ---- */

#define MAX_NODES 8192

static bw_status read_group(bwi_record_tree_header *h, const bwi_json *d, bwi_json_at at, size_t base,
                            bw_error *err) {
  const bwi_json_at records = bwi_json_find(d, at, "records"), layout = bwi_json_find(d, at, "layout");
  int64_t count = 0;
  size_t size = 0;
  if (records < 0 || layout < 0 || !bwi_json_int_of(d, records, &count) || count < 0 ||
      bwi_json_kind_of(d, layout) != BWI_JSON_STRING)
    return BW_FAIL_AT(err, BW_EFORMAT, base + bwi_json_offset_of(d, at),
                      "a group must have a number of records and a layout");
  const char *text = bwi_json_text_of(d, layout, &size);
  if (strlen(text) != size || (uint64_t)count > BWI_MERKLE_MAX_SIZE - h->count)
    return BW_FAIL_AT(err, BW_EFORMAT, base + bwi_json_offset_of(d, at),
                      "a layout with NUL, or too many records");
  h->groups[h->n_groups] = (bwi_record_group){(uint64_t)count, bwi_strdup(text)};
  if (h->groups[h->n_groups].layout == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a layout");
  h->n_groups++;
  h->count += (uint64_t)count;
  return BW_OK;
}

static bw_status read_groups(bwi_record_tree_header *h, const bwi_json *d, bwi_json_at list, size_t base,
                             bw_error *err) {
  size_t n = 0;
  for (bwi_json_at at = bwi_json_first(d, list); at >= 0; at = bwi_json_next(d, at)) n++;
  h->groups = bwi_alloc(n, sizeof *h->groups);
  if (h->groups == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu groups", n);
  for (bwi_json_at at = bwi_json_first(d, list); at >= 0; at = bwi_json_next(d, at))
    BW_TRY(read_group(h, d, at, base, err));
  return BW_OK;
}

static const char *string_of(const bwi_json *d, const char *key, size_t *size) {
  const bwi_json_at at = bwi_json_find(d, 0, key);
  if (at < 0 || bwi_json_kind_of(d, at) != BWI_JSON_STRING) return NULL;
  return bwi_json_text_of(d, at, size);
}

static bw_status read_members(bwi_record_tree_header *h, const bwi_json *d, size_t base, bw_error *err) {
  size_t size = 0;
  const char *format = string_of(d, "format", &size);
  if (format == NULL) return BW_FAIL_AT(err, BW_EFORMAT, base, "no \"format\" in the header");
  h->format = bwi_record_format_find(format);
  if (h->format == NULL)
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, base, "records of format \"%.32s\" are not known", format);
  const char *head = string_of(d, "head", &size);
  if (head == NULL || !bwi_hex_decode(h->head.bytes, sizeof h->head.bytes, head, size))
    return BW_FAIL_AT(err, BW_EFORMAT, base, "\"head\" must be 64 hexadecimal digits");
  const bwi_json_at groups = bwi_json_find(d, 0, "groups");
  if (groups < 0 || bwi_json_kind_of(d, groups) != BWI_JSON_ARRAY)
    return BW_FAIL_AT(err, BW_EFORMAT, base, "no list \"groups\" in the header");
  return read_groups(h, d, groups, base, err);
}

static bw_status check_size(const bwi_record_tree_header *h, uint64_t file_bytes, bw_error *err) {
  const uint64_t n_hashes = bwi_record_tree_start(h->count, BWI_TILE_LEVELS), left = file_bytes - h->n_bytes;
  if (left % BWI_MERKLE_BYTES != 0 || left / BWI_MERKLE_BYTES != n_hashes)
    return BW_FAIL_AT(err, BW_EFORMAT, h->n_bytes,
                      "%" PRIu64 " records have %" PRIu64 " hashes of 32 bytes; %" PRIu64 " bytes are left",
                      h->count, n_hashes, left);
  return BW_OK;
}

bw_status bwi_record_tree_read_header(bwi_record_tree_header *out, bwi_bytes start, uint64_t file_bytes,
                                      bw_error *err) {
  static const char magic[] = BWI_RECORD_TREE_MAGIC;
  const size_t base = sizeof magic - 1;
  if (start.size < base || memcmp(start.data, magic, base) != 0)
    return BW_FAIL_AT(err, BW_EFORMAT, 0, "no record tree: it must begin with \"bulwark-records v1\"");
  const uint8_t *end = memchr(start.data + base, '\n', start.size - base);
  if (end == NULL) return BW_FAIL_AT(err, BW_EFORMAT, base, "the header has no end");
  bwi_record_tree_header h = {.n_bytes = (size_t)(end - start.data) + 1};
  bwi_json *d = NULL;
  bw_error why = {.offset = 0};
  bw_status status =
      bwi_json_parse(&d, (bwi_bytes){start.data + base, h.n_bytes - base - 1}, MAX_NODES, &why);
  if (status != BW_OK) return BW_FAIL_AT(err, status, base + why.offset, "%s", why.text);
  status = read_members(&h, d, base, err);
  bwi_json_free(d);
  if (status == BW_OK) status = check_size(&h, file_bytes, err);
  if (status == BW_OK)
    *out = h;
  else
    bwi_record_tree_header_clear(&h);
  return status;
}

void bwi_record_tree_header_clear(bwi_record_tree_header *header) {
  for (size_t g = 0; g < header->n_groups; g++) bwi_free(header->groups[g].layout);
  bwi_free(header->groups);
  *header = (bwi_record_tree_header){0};
}

/* ---- file ---- */

struct bw_record_tree {
  bwi_record_tree_header header;
  int file;
  bwi_tiles *tiles;
  bwi_hash *sha256;
};

/* Up to size bytes; fewer only at the end of the file, or after an error, which *reason then says. */
static size_t read_at(int file, void *to, size_t size, uint64_t offset, int *reason) {
  size_t done = 0;
  *reason = 0;
  while (done < size) {
    const ssize_t got = pread(file, (uint8_t *)to + done, size - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) *reason = errno;
    if (got <= 0) break;
    done += (size_t)got;
  }
  return done;
}

static bw_status read_tile(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t n, uint32_t width,
                           bw_error *err) {
  const bw_record_tree *t = payload;
  const uint64_t first = bwi_record_tree_start(t->header.count, level) + n * BWI_TILE_WIDTH;
  const uint64_t offset = t->header.n_bytes + first * sizeof *out;
  int reason = 0;
  if (read_at(t->file, out, width * sizeof *out, offset, &reason) != width * sizeof *out)
    return BW_FAIL_AT(err, BW_EIO, offset, "cannot read hashes of the tree: %s",
                      reason != 0 ? strerror(reason) : "the file became shorter");
  return BW_OK;
}

static bw_status open_header(bw_record_tree *t, const char *path, bw_error *err) {
  struct stat info;
  int reason = 0;
  uint8_t *start = bwi_alloc(BWI_RECORD_TREE_HEADER_BYTES, 1);
  if (start == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a header");
  bw_status status = BW_OK;
  if (fstat(t->file, &info) != 0) {
    status = bwi_fail_system(err, "read", path, errno);
  } else {
    const size_t size = read_at(t->file, start, BWI_RECORD_TREE_HEADER_BYTES, 0, &reason);
    status = reason != 0 ? bwi_fail_system(err, "read", path, reason)
                         : bwi_record_tree_read_header(&t->header, (bwi_bytes){start, size},
                                                       (uint64_t)info.st_size, err);
  }
  bwi_free(start);
  return status;
}

bw_status bw_record_tree_open(bw_record_tree **out, const char *tree_path, bw_error *err) {
  if (out == NULL || tree_path == NULL) return BW_FAIL(err, BW_EINVAL, "a path is missing");
  bw_record_tree *t = bwi_alloc(1, sizeof *t);
  if (t == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a record tree");
  t->file = open(tree_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  bw_status status =
      t->file < 0 ? bwi_fail_system(err, "open", tree_path, errno) : open_header(t, tree_path, err);
  if (status == BW_OK) status = bwi_hash_create(&t->sha256, BWI_SHA256, err);
  if (status == BW_OK)
    status = bwi_tiles_open(&t->tiles, t->header.count, &t->header.head, read_tile, t, err);
  if (status != BW_OK) {
    bw_record_tree_free(t);
    return status;
  }
  *out = t;
  return BW_OK;
}

void bw_record_tree_free(bw_record_tree *tree) {
  if (tree == NULL) return;
  bwi_tiles_free(tree->tiles);
  bwi_hash_free(tree->sha256);
  bwi_record_tree_header_clear(&tree->header);
  if (tree->file >= 0) (void)close(tree->file);
  bwi_free(tree);
}

uint64_t bw_record_tree_count(const bw_record_tree *tree) {
  return tree->header.count;
}

const char *bw_record_tree_format(const bw_record_tree *tree) {
  return tree->header.format->name;
}

void bw_record_tree_head(const bw_record_tree *tree, char hex[65]) {
  bwi_hex_encode(hex, tree->header.head.bytes, sizeof tree->header.head.bytes);
}

const bwi_record_tree_header *bwi_record_tree_header_of(const bw_record_tree *tree) {
  return &tree->header;
}

/* ---- checking ---- */

static bw_status leaf_at(bwi_merkle_hash *out, bw_record_tree *t, uint64_t i, bw_error *err) {
  const bwi_tile *tile = NULL;
  BW_TRY(bwi_tiles_get(&tile, t->tiles, 0, i / BWI_TILE_WIDTH, err));
  *out = tile->hashes[i % BWI_TILE_WIDTH];
  return BW_OK;
}

bw_status bw_record_tree_check(uint64_t *n_right, bw_record_tree *tree, uint64_t first, uint64_t count,
                               const bw_record_part *parts, size_t n_parts, bw_error *err) {
  if (n_right == NULL || tree == NULL || (parts == NULL && count > 0 && n_parts > 0))
    return BW_FAIL(err, BW_EINVAL, "no tree, records or place for the answer");
  if (first > tree->header.count || count > tree->header.count - first)
    return BW_FAIL(err, BW_EINVAL, "records %" PRIu64 " to %" PRIu64 " of %" PRIu64, first, first + count,
                   tree->header.count);
  uint64_t k = 0;
  for (; k < count; k++) {
    const char *layout = bwi_record_layout(tree->header.groups, tree->header.n_groups, first + k);
    bwi_merkle_hash wanted, found;
    BW_TRY(leaf_at(&wanted, tree, first + k, err));
    bwi_record_begin(tree->sha256, layout);
    for (size_t p = 0; p < n_parts; p++)
      bwi_hash_add(tree->sha256, parts[k * n_parts + p].data, parts[k * n_parts + p].n_bytes);
    BW_TRY(bwi_hash_end(tree->sha256, found.bytes, err));
    if (!bwi_merkle_equal(&wanted, &found)) break;
  }
  *n_right = k;
  return BW_OK;
}

bw_status bwi_record_tree_leaves(bwi_merkle_hash *leaves, bw_record_tree *tree, bw_error *err) {
  for (uint64_t i = 0; i < tree->header.count; i++) BW_TRY(leaf_at(&leaves[i], tree, i, err));
  return BW_OK;
}
