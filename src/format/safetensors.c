/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors (github.com/huggingface/safetensors, "Format"): the length of a JSON header, the header,
 * the elements. The header names each tensor with its dtype, shape and place; the places must cover what
 * follows the header exactly, without a hole and without an overlap. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/json.h"
#include "base/memory.h"
#include "format/elements.h"
#include "format/formats.h"
#include "format/safetensors.h"

#define HEADER_LIMIT_BYTES (100u << 20) /* the reference implementation's */
#define HEADER_LIMIT_NODES (1u << 20)

static const struct {
  const char *name;
  bool readable;
  bw_dtype dtype;
  uint8_t bits;
} types[] = {
    {"BOOL", true, BW_BOOL, 8},   {"U8", true, BW_U8, 8},       {"U16", true, BW_U16, 16},
    {"U32", true, BW_U32, 32},    {"U64", true, BW_U64, 64},    {"I8", true, BW_I8, 8},
    {"I16", true, BW_I16, 16},    {"I32", true, BW_I32, 32},    {"I64", true, BW_I64, 64},
    {"F16", true, BW_F16, 16},    {"F32", true, BW_F32, 32},    {"BF16", true, BW_BF16, 16},
    {"F64", true, BW_F64, 64},    {"C64", false, BW_U8, 64},    {"F8_E4M3", false, BW_U8, 8},
    {"F8_E5M2", false, BW_U8, 8}, {"F8_E8M0", false, BW_U8, 8}, {"F6_E2M3", false, BW_U8, 6},
    {"F6_E3M2", false, BW_U8, 6}, {"F4", false, BW_U8, 4},
};

typedef bwi_safetensors_tensor entry;

typedef struct document {
  const bwi_json *json;
  size_t base; /* offset of the text in the file */
} document;

static uint64_t offset_of(const document *d, bwi_json_at at) {
  return d->base + bwi_json_offset_of(d->json, at);
}

/* *bits are those of an element. */
static bw_status read_type(entry *e, size_t *bits, const document *d, bwi_json_at at, bw_error *err) {
  size_t size = 0;
  if (at < 0 || bwi_json_kind_of(d->json, at) != BWI_JSON_STRING)
    return BW_FAIL_AT(err, BW_EFORMAT, d->base, "a tensor's dtype is missing or no string");
  const char *text = bwi_json_text_of(d->json, at, &size);
  e->type_offset = offset_of(d, at);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strlen(types[i].name) == size && memcmp(types[i].name, text, size) == 0) {
      e->type = types[i].name;
      e->readable = types[i].readable;
      e->dtype = types[i].dtype;
      *bits = types[i].bits;
      return BW_OK;
    }
  return BW_FAIL_AT(err, BW_EUNSUPPORTED, e->type_offset, "dtype \"%.16s\" is not supported", text);
}

/* Bytes of a shape whose elements have that many bits each. */
static bw_status size_of(size_t *out, const entry *e, size_t bits, bw_error *err) {
  size_t count = 0, all_bits = 0;
  BW_TRY(bwi_elements_bytes(&count, BW_U8, &e->shape, e->offset, err));
  if (!bwi_mul_size(&all_bits, count, bits % 8 == 0 ? bits / 8 : bits) ||
      (bits % 8 != 0 && all_bits % 8 != 0))
    return BW_FAIL_AT(err, BW_EFORMAT, e->offset,
                      "tensor \"%.64s\" overflows or takes no whole number of bytes", e->name);
  *out = bits % 8 == 0 ? all_bits : all_bits / 8;
  return BW_OK;
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
  size_t fields = 0, bytes = 0, bits = 0;
  if (bwi_json_kind_of(d->json, at) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset, "tensor \"%.64s\" is not described by an object", e.name);
  for (bwi_json_at field = bwi_json_first(d->json, at); field >= 0; field = bwi_json_next(d->json, field))
    fields++;
  BW_TRY(read_type(&e, &bits, d, bwi_json_find(d->json, at, "dtype"), err));
  BW_TRY(read_list(&e.shape, d, bwi_json_find(d->json, at, "shape"), "shape", err));
  BW_TRY(read_list(&range, d, bwi_json_find(d->json, at, "data_offsets"), "data_offsets", err));
  if (fields != 3 || range.n != 2)
    return BW_FAIL_AT(err, BW_EFORMAT, e.offset,
                      "tensor \"%.64s\" needs dtype, shape, two data_offsets, no more", e.name);
  BW_TRY(size_of(&bytes, &e, bits, err));
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

/* ---- the header ---- */

bw_status bwi_safetensors_header_bytes(uint64_t *out, bwi_bytes head, uint64_t file_bytes, bw_error *err) {
  bwi_cursor c = bwi_cursor_over(head, err);
  const uint64_t length = bwi_cursor_u64le(&c, "safetensors header");
  BW_TRY(c.status);
  if (length > file_bytes - c.at)
    return BW_FAIL_AT(err, BW_EFORMAT, 0,
                      "truncated: safetensors header needs %" PRIu64 " bytes, %" PRIu64 " left", length,
                      file_bytes - c.at);
  if (length > HEADER_LIMIT_BYTES)
    return BW_FAIL_AT(err, BW_ELIMIT, 0, "a header of %" PRIu64 " bytes; the limit is %u", length,
                      HEADER_LIMIT_BYTES);
  *out = c.at + length;
  return BW_OK;
}

/* Reads all but out->json, which is d's. */
static bw_status read_document(bwi_safetensors_header *out, const document *d, size_t data_bytes,
                               bw_error *err) {
  size_t members = 0;
  if (bwi_json_kind_of(d->json, 0) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, d->base, "the header is no JSON object");
  for (bwi_json_at at = bwi_json_first(d->json, 0); at >= 0; at = bwi_json_next(d->json, at)) members++;
  out->tensors = bwi_alloc(members, sizeof *out->tensors);
  if (out->tensors == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu tensors", members);
  BW_TRY(read_entries(out->tensors, &out->count, d, data_bytes, err));
  return check_places(out->tensors, out->count, data_bytes, out->data_offset, err);
}

bw_status bwi_safetensors_read_header(bwi_safetensors_header *out, bwi_bytes head, uint64_t file_bytes,
                                      bw_error *err) {
  bwi_safetensors_header header = {0};
  BW_TRY(bwi_safetensors_header_bytes(&header.data_offset, head, file_bytes, err));
  if (file_bytes > PTRDIFF_MAX || head.size < header.data_offset)
    return BW_FAIL_AT(err, BW_ELIMIT, 0, "a file of %" PRIu64 " bytes is too large here", file_bytes);
  document d = {NULL, 8};
  const bwi_bytes text = {head.data + d.base, (size_t)header.data_offset - d.base};
  bw_status status = bwi_json_parse(&header.json, text, HEADER_LIMIT_NODES, err);
  if (status != BW_OK) {
    if (err != NULL && err->offset != BW_NO_OFFSET) err->offset += d.base;
    return status;
  }
  d.json = header.json;
  status = read_document(&header, &d, (size_t)(file_bytes - header.data_offset), err);
  if (status == BW_OK)
    *out = header;
  else
    bwi_safetensors_header_clear(&header);
  return status;
}

void bwi_safetensors_header_clear(bwi_safetensors_header *header) {
  bwi_json_free(header->json);
  bwi_free(header->tensors);
  *header = (bwi_safetensors_header){0};
}

/* ---- the elements ---- */

static bw_status read_tensor(bw_array **out, const entry *e, bwi_bytes data, uint64_t base,
                             size_t *budget_bytes, bw_error *err) {
  bw_array *array = NULL;
  const size_t bytes = e->end - e->begin;
  if (!e->readable)
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, e->type_offset, "dtype \"%.16s\" is not supported", e->type);
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

bw_status bwi_safetensors_read(bwi_archive *out, bwi_bytes bytes, size_t max_bytes, bw_error *err) {
  bwi_safetensors_header header;
  BW_TRY(bwi_safetensors_read_header(&header, bytes, bytes.size, err));
  const bwi_bytes data = {bytes.data + header.data_offset, bytes.size - (size_t)header.data_offset};
  const bw_status status =
      read_tensors(out, header.tensors, header.count, data, header.data_offset, max_bytes, err);
  bwi_safetensors_header_clear(&header);
  return status;
}
