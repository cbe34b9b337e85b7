/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors (github.com/huggingface/safetensors, "Format"): the length of a JSON header, the header,
 * the elements. The header names each tensor with its dtype, shape and place; the places must cover what
 * follows the header exactly, without a hole and without an overlap. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "format/elements.h"
#include "format/formats.h"

#define HEADER_LIMIT_BYTES (100u << 20) /* the reference implementation's */
#define HEADER_LIMIT_NODES (1u << 20)

static const struct {
  const char *name;
  bw_dtype dtype;
} dtypes[] = {
    {"BOOL", BW_BOOL}, {"U8", BW_U8},     {"U16", BW_U16}, {"U32", BW_U32}, {"U64", BW_U64},
    {"I8", BW_I8},     {"I16", BW_I16},   {"I32", BW_I32}, {"I64", BW_I64}, {"F16", BW_F16},
    {"F32", BW_F32},   {"BF16", BW_BF16}, {"F64", BW_F64},
};

/* A tensor as the header describes it. */
typedef struct entry {
  const char *name;
  bw_dtype dtype;
  bwi_dims shape;
  size_t begin, end; /* in the data */
  uint64_t offset;   /* of the description, in the file */
} entry;

typedef struct document {
  const bwi_json *json;
  uint64_t base; /* offset of the text in the file */
} document;

static uint64_t offset_of(const document *d, bwi_json_at at) {
  return d->base + bwi_json_offset_of(d->json, at);
}

static bw_status read_dtype(bw_dtype *out, const document *d, bwi_json_at at, bw_error *err) {
  size_t size = 0;
  if (at < 0 || bwi_json_kind_of(d->json, at) != BWI_JSON_STRING)
    return BW_FAIL_AT(err, BW_EFORMAT, d->base, "a tensor's dtype is missing or no string");
  const char *text = bwi_json_text_of(d->json, at, &size);
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (strlen(dtypes[i].name) == size && memcmp(dtypes[i].name, text, size) == 0) {
      *out = dtypes[i].dtype;
      return BW_OK;
    }
  return BW_FAIL_AT(err, BW_EUNSUPPORTED, offset_of(d, at), "dtype \"%.16s\" is not supported", text);
}

/* A list of integers >= 0, at most BW_MAX_RANK. */
static bw_status read_list(bwi_dims *out, const document *d, bwi_json_at list, const char *what,
                           bw_error *err) {
  if (list < 0 || bwi_json_kind_of(d->json, list) != BWI_JSON_ARRAY)
    return BW_FAIL_AT(err, BW_EFORMAT, d->base, "a tensor's %s is missing or no list", what);
  bwi_dims dims = {0};
  for (bwi_json_at at = bwi_json_first(d->json, list); at >= 0; at = bwi_json_next(d->json, at)) {
    int64_t value = 0;
    if (!bwi_json_int_of(d->json, at, &value) || value < 0)
      return BW_FAIL_AT(err, BW_EFORMAT, offset_of(d, at), "%s holds something other than an integer >= 0",
                        what);
    if (dims.n == BW_MAX_RANK)
      return BW_FAIL_AT(err, BW_EUNSUPPORTED, offset_of(d, at), "%s has more than %d items", what,
                        BW_MAX_RANK);
    dims.v[dims.n++] = value;
  }
  *out = dims;
  return BW_OK;
}

static bw_status read_entry(entry *out, const document *d, bwi_json_at at, size_t data_bytes, bw_error *err) {
  entry e = {.name = bwi_json_key_of(d->json, at), .offset = offset_of(d, at)};
  bwi_dims range = {0};
  size_t fields = 0, bytes = 0;
  if (bwi_json_kind_of(d->json, at) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset, "tensor \"%.64s\" is not described by an object", e.name);
  for (bwi_json_at field = bwi_json_first(d->json, at); field >= 0; field = bwi_json_next(d->json, field))
    fields++;
  BW_TRY(read_dtype(&e.dtype, d, bwi_json_find(d->json, at, "dtype"), err));
  BW_TRY(read_list(&e.shape, d, bwi_json_find(d->json, at, "shape"), "shape", err));
  BW_TRY(read_list(&range, d, bwi_json_find(d->json, at, "data_offsets"), "data_offsets", err));
  if (fields != 3 || range.n != 2)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset,
                      "tensor \"%.64s\" needs dtype, shape, two data_offsets, no more", e.name);
  BW_TRY(bwi_elements_bytes(&bytes, e.dtype, &e.shape, e.offset, err));
  if (range.v[0] > range.v[1] || (uint64_t)range.v[1] > data_bytes)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset, "tensor \"%.64s\" lies outside the %zu bytes of data",
                      e.name, data_bytes);
  e.begin = (size_t)range.v[0];
  e.end = (size_t)range.v[1];
  if (e.end - e.begin != bytes)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset, "tensor \"%.64s\" has %zu bytes; its shape takes %zu",
                      e.name, e.end - e.begin, bytes);
  *out = e;
  return BW_OK;
}

static bw_status check_metadata(const document *d, bwi_json_at at, bw_error *err) {
  if (bwi_json_kind_of(d->json, at) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, offset_of(d, at), "__metadata__ is no object");
  for (bwi_json_at value = bwi_json_first(d->json, at); value >= 0; value = bwi_json_next(d->json, value))
    if (bwi_json_kind_of(d->json, value) != BWI_JSON_STRING)
      return BW_FAIL_AT(err, BW_EFORMAT, offset_of(d, value),
                        "__metadata__ holds something other than strings");
  return BW_OK;
}

/* The tensors of the header; entries has room for all its members. */
static bw_status read_entries(entry *entries, size_t *count, const document *d, size_t data_bytes,
                              bw_error *err) {
  for (bwi_json_at at = bwi_json_first(d->json, 0); at >= 0; at = bwi_json_next(d->json, at)) {
    if (strcmp(bwi_json_key_of(d->json, at), "__metadata__") == 0) {
      BW_TRY(check_metadata(d, at, err));
      continue;
    }
    BW_TRY(read_entry(&entries[*count], d, at, data_bytes, err));
    (*count)++;
  }
  return BW_OK;
}

static int by_place(const void *a, const void *b) {
  const entry *x = *(const entry *const *)a, *y = *(const entry *const *)b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

/* The data begins at `base` in the file. */
static bw_status check_places(const entry *entries, size_t count, size_t data_bytes, uint64_t base,
                              bw_error *err) {
  const entry **sorted = bwi_alloc(count, sizeof *sorted);
  if (sorted == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu tensors", count);
  for (size_t i = 0; i < count; i++) sorted[i] = &entries[i];
  qsort(sorted, count, sizeof *sorted, by_place);
  bw_status status = BW_OK;
  size_t covered = 0;
  for (size_t i = 0; i < count && status == BW_OK; i++) {
    if (sorted[i]->begin != covered)
      status = BW_FAIL_AT(err, BW_EFORMAT, sorted[i]->offset,
                          "tensor \"%.64s\" starts at %zu, not where the last ends: %zu", sorted[i]->name,
                          sorted[i]->begin, covered);
    covered = sorted[i]->end;
  }
  bwi_free(sorted);
  if (status == BW_OK && covered != data_bytes)
    status =
        BW_FAIL_AT(err, BW_EFORMAT, base + covered, "%zu bytes follow the last tensor", data_bytes - covered);
  return status;
}

static bw_status read_tensor(bw_array **out, const entry *e, bwi_bytes data, uint64_t base,
                             size_t *budget_bytes, bw_error *err) {
  bw_array *array = NULL;
  const size_t bytes = e->end - e->begin;
  BW_TRY(bwi_elements_create(&array, e->dtype, &e->shape, budget_bytes, e->offset, err));
  if (bytes > 0) memcpy(bw_array_data(array), data.data + e->begin, bytes);
  const size_t untruth =
      e->dtype == BW_BOOL ? bwi_elements_first_untruth(bw_array_view(array), bytes) : bytes;
  if (untruth < bytes) {
    bw_array_free(array);
    return BW_FAIL_AT(err, BW_EFORMAT, base + e->begin + untruth,
                      "tensor \"%.64s\" of type BOOL holds another byte than 0 and 1", e->name);
  }
  *out = array;
  return BW_OK;
}

static bw_status read_tensors(bwi_archive *out, const entry *entries, size_t count, bwi_bytes data,
                              uint64_t base, size_t max_bytes, bw_error *err) {
  bwi_archive archive;
  BW_TRY(bwi_archive_create(&archive, count, err));
  bw_status status = BW_OK;
  for (size_t i = 0; i < count && status == BW_OK; i++) {
    status = read_tensor(&archive.arrays[i], &entries[i], data, base, &max_bytes, err);
    archive.names[i] = status == BW_OK ? bwi_strdup(entries[i].name) : NULL;
    if (status == BW_OK && archive.names[i] == NULL)
      status = BW_FAIL(err, BW_ENOMEM, "no memory for a tensor's name");
  }
  if (status == BW_OK)
    *out = archive;
  else
    bwi_archive_clear(&archive);
  return status;
}

static bw_status read_document(bwi_archive *out, const document *d, bwi_bytes data, uint64_t base,
                               size_t max_bytes, bw_error *err) {
  size_t members = 0, count = 0;
  if (bwi_json_kind_of(d->json, 0) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, d->base, "the header is no JSON object");
  for (bwi_json_at at = bwi_json_first(d->json, 0); at >= 0; at = bwi_json_next(d->json, at)) members++;
  entry *entries = bwi_alloc(members, sizeof *entries);
  if (entries == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu tensors", members);
  bw_status status = read_entries(entries, &count, d, data.size, err);
  if (status == BW_OK) status = check_places(entries, count, data.size, base, err);
  if (status == BW_OK) status = read_tensors(out, entries, count, data, base, max_bytes, err);
  bwi_free(entries);
  return status;
}

bw_status bwi_safetensors_read(bwi_archive *out, bwi_bytes bytes, size_t max_bytes, bw_error *err) {
  bwi_cursor c = bwi_cursor_over(bytes, err);
  const size_t length = bwi_cursor_count(&c, 1, "safetensors header");
  if (length > HEADER_LIMIT_BYTES)
    return BW_FAIL_AT(err, BW_ELIMIT, 0, "a header of %zu bytes; the limit is %u", length,
                      HEADER_LIMIT_BYTES);
  document d = {NULL, c.at};
  const bwi_bytes text = bwi_cursor_take(&c, length, "safetensors header");
  const uint64_t base = c.at;
  const bwi_bytes data = bwi_cursor_take(&c, bwi_cursor_left(&c), "data");
  BW_TRY(c.status);
  bwi_json *json = NULL;
  bw_status status = bwi_json_parse(&json, text, HEADER_LIMIT_NODES, err);
  if (status != BW_OK) {
    if (err != NULL && err->offset != BW_NO_OFFSET) err->offset += d.base;
    return status;
  }
  d.json = json;
  status = read_document(out, &d, data, base, max_bytes, err);
  bwi_json_free(json);
  return status;
}
