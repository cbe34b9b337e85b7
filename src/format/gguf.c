/* SPDX-License-Identifier: Apache-2.0 */
#include "format/gguf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"

#define MAGIC 0x46554747u
#define DEFAULT_ALIGNMENT 32
#define MAX_ALIGNMENT 4096
#define MAX_NAME_BYTES 255
#define FEWEST_PAIR_BYTES 13   /* of a key's length, a type and a value */
#define FEWEST_TENSOR_BYTES 24 /* of a name's length, a rank, a type and an offset */

/* ---- metadata ---- */

enum { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64, VALUE_TYPES };

static const uint8_t value_bytes[VALUE_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

static bwi_bytes read_string(bwi_cursor *c, const char *what) {
  return bwi_cursor_take(c, bwi_cursor_count(c, 1, what), what);
}

/* A value that is no array; strings are *text, else untouched. */
static void read_plain(bwi_cursor *c, uint32_t type, bwi_bytes *text) {
  const size_t start = c->at;
  if (type == STRING) {
    *text = read_string(c, "string");
  } else if (type == BOOL) {
    (void)bwi_cursor_bool(c, "truth value");
  } else if (type < VALUE_TYPES && type != ARRAY) {
    (void)bwi_cursor_take(c, value_bytes[type], "value");
  } else if (c->status == BW_OK) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EUNSUPPORTED, "a value of type %" PRIu32 " is not supported here", type);
  }
}

static void read_array(bwi_cursor *c) {
  bwi_bytes text = {NULL, 0};
  const uint32_t type = bwi_cursor_u32le(c, "array type");
  const size_t width = type < VALUE_TYPES && value_bytes[type] > 0 ? value_bytes[type] : 1;
  const size_t count = bwi_cursor_count(c, type == STRING ? 8 : width, "array");
  if (type != STRING && type != BOOL && type < VALUE_TYPES && type != ARRAY)
    (void)bwi_cursor_take(c, count * width, "array");
  else
    for (size_t i = 0; i < count && c->status == BW_OK; i++) read_plain(c, type, &text);
}

static bool is_key(bwi_bytes key, const char *name) {
  return key.size == strlen(name) && memcmp(key.data, name, key.size) == 0;
}

static void read_alignment(bwi_cursor *c, uint32_t type, uint64_t *alignment) {
  const size_t start = c->at;
  const uint32_t value = type == U32 ? bwi_cursor_u32le(c, "alignment") : 0;
  *alignment = value;
  if (value >= 8 && value % 8 == 0 && value <= MAX_ALIGNMENT) return;
  if (c->status == BW_OK) c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "general.alignment is no multiple of 8, or above %d", MAX_ALIGNMENT);
}

static void read_pair(bwi_cursor *c, bwi_gguf *file, uint64_t *alignment) {
  const size_t start = c->at;
  bwi_gguf_text pair = {read_string(c, "key"), {NULL, 0}};
  const uint32_t type = bwi_cursor_u32le(c, "type");
  if (c->status == BW_OK && (pair.key.size == 0 || pair.key.size > UINT16_MAX)) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a key of %zu bytes", pair.key.size);
  }
  if (is_key(pair.key, "general.alignment"))
    read_alignment(c, type, alignment);
  else if (type == ARRAY)
    read_array(c);
  else
    read_plain(c, type, &pair.value);
  if (c->status == BW_OK) file->texts[file->n_texts++] = pair;
}

/* ---- tensors ---- */

static const struct {
  const char *name;
  uint32_t number, block, bytes; /* elements of a block, and what they take */
  bool readable;
  bw_dtype dtype;
} types[] = {
    {"F32", 0, 1, 4, true, BW_F32},         {"F16", 1, 1, 2, true, BW_F16},
    {"Q4_0", 2, 32, 18, false, BW_U8},      {"Q4_1", 3, 32, 20, false, BW_U8},
    {"Q5_0", 6, 32, 22, false, BW_U8},      {"Q5_1", 7, 32, 24, false, BW_U8},
    {"Q8_0", 8, 32, 34, false, BW_U8},      {"Q2_K", 10, 256, 84, false, BW_U8},
    {"Q3_K", 11, 256, 110, false, BW_U8},   {"Q4_K", 12, 256, 144, false, BW_U8},
    {"Q5_K", 13, 256, 176, false, BW_U8},   {"Q6_K", 14, 256, 210, false, BW_U8},
    {"Q8_K", 15, 256, 292, false, BW_U8},   {"IQ2_XXS", 16, 256, 66, false, BW_U8},
    {"IQ2_XS", 17, 256, 74, false, BW_U8},  {"IQ3_XXS", 18, 256, 98, false, BW_U8},
    {"IQ1_S", 19, 256, 50, false, BW_U8},   {"IQ4_NL", 20, 32, 18, false, BW_U8},
    {"IQ3_S", 21, 256, 110, false, BW_U8},  {"IQ2_S", 22, 256, 82, false, BW_U8},
    {"IQ4_XS", 23, 256, 136, false, BW_U8}, {"I8", 24, 1, 1, true, BW_I8},
    {"I16", 25, 1, 2, true, BW_I16},        {"I32", 26, 1, 4, true, BW_I32},
    {"I64", 27, 1, 8, true, BW_I64},        {"F64", 28, 1, 8, true, BW_F64},
    {"IQ1_M", 29, 256, 56, false, BW_U8},   {"BF16", 30, 1, 2, true, BW_BF16},
    {"TQ1_0", 34, 256, 54, false, BW_U8},   {"TQ2_0", 35, 256, 66, false, BW_U8},
    {"MXFP4", 39, 32, 17, false, BW_U8},    {"NVFP4", 40, 64, 36, false, BW_U8},
    {"Q1_0", 41, 128, 18, false, BW_U8},
};

static void read_shape(bwi_cursor *c, bwi_dims *shape) {
  const size_t start = c->at;
  const uint32_t rank = bwi_cursor_u32le(c, "rank");
  if (rank > BWI_GGUF_MAX_RANK) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "%" PRIu32 " dimensions; %d are the most", rank, BWI_GGUF_MAX_RANK);
    return;
  }
  shape->n = rank;
  for (uint32_t i = 0; i < rank; i++) shape->v[i] = bwi_cursor_i64le(c, "extent");
}

/* What shape and type take; false if they overflow or do not fit together. */
static bool size_tensor(bwi_gguf_tensor *t, size_t row) {
  int64_t count = 0;
  size_t bytes = 0;
  if (!bwi_shape_count(&count, t->shape.v, t->shape.n) || (uint64_t)count > SIZE_MAX) return false;
  if (t->shape.n > 0 && t->shape.v[0] % types[row].block != 0) return false;
  if (t->shape.n == 0 && types[row].block != 1) return false;
  if (!bwi_mul_size(&bytes, (size_t)count / types[row].block, types[row].bytes)) return false;
  t->bytes = bytes;
  return bytes <= INT64_MAX;
}

static void read_tensor(bwi_cursor *c, bwi_gguf_tensor *t) {
  const size_t start = c->at;
  t->offset = start;
  t->name = read_string(c, "tensor name");
  read_shape(c, &t->shape);
  const uint32_t number = bwi_cursor_u32le(c, "tensor type");
  t->begin = bwi_cursor_u64le(c, "tensor offset");
  if (c->status != BW_OK) return;
  size_t row = 0;
  while (row < sizeof types / sizeof *types && types[row].number != number) row++;
  const bool known = row < sizeof types / sizeof *types;
  const size_t end = c->at;
  c->at = start;
  if (t->name.size == 0 || t->name.size > MAX_NAME_BYTES)
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a tensor's name has %zu bytes", t->name.size);
  else if (!known)
    (void)bwi_cursor_fail(c, BW_EUNSUPPORTED, "tensor type %" PRIu32 " is not supported", number);
  else if (!size_tensor(t, row))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a tensor's shape overflows or is no whole number of blocks");
  else
    c->at = end;
  if (c->status != BW_OK) return;
  t->type = types[row].name;
  t->readable = types[row].readable;
  t->dtype = types[row].dtype;
}

/* ---- how the parts fit together ---- */

static uint64_t align(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

static int by_begin(const void *a, const void *b) {
  const bwi_gguf_tensor *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int compare_bytes(bwi_bytes a, bwi_bytes b) {
  const size_t size = a.size < b.size ? a.size : b.size;
  const int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_key(const void *a, const void *b) {
  return compare_bytes(((const bwi_gguf_text *)a)->key, ((const bwi_gguf_text *)b)->key);
}

static int by_name(const void *a, const void *b) {
  return compare_bytes(((const bwi_gguf_tensor *)a)->name, ((const bwi_gguf_tensor *)b)->name);
}

static void check_names(bwi_cursor *c, bwi_gguf *file) {
  qsort(file->texts, file->n_texts, sizeof *file->texts, by_key);
  for (size_t i = 1; i < file->n_texts; i++)
    if (by_key(&file->texts[i - 1], &file->texts[i]) == 0)
      (void)bwi_cursor_fail(c, BW_EFORMAT, "two metadata have one key");
  qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_name);
  for (size_t i = 1; i < file->n_tensors; i++)
    if (by_name(&file->tensors[i - 1], &file->tensors[i]) == 0)
      (void)bwi_cursor_fail(c, BW_EFORMAT, "two tensors have one name");
}

/* Leaves the tensors in the order of their places. */
static void check_places(bwi_cursor *c, bwi_gguf *file, uint64_t file_bytes, uint64_t alignment) {
  const uint64_t data_bytes = file_bytes - file->data_offset;
  uint64_t end = 0; /* of the tensors so far */
  qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_begin);
  for (size_t i = 0; i < file->n_tensors && c->status == BW_OK; i++) {
    const bwi_gguf_tensor *t = &file->tensors[i];
    c->at = (size_t)t->offset;
    if (t->begin != align(end, alignment))
      (void)bwi_cursor_fail(c, BW_EFORMAT,
                            "a tensor starts at %" PRIu64 ", not where the last one ends: %" PRIu64, t->begin,
                            align(end, alignment));
    else if (t->begin > data_bytes || t->bytes > data_bytes - t->begin)
      (void)bwi_cursor_fail(c, BW_EFORMAT, "a tensor of %" PRIu64 " bytes goes beyond the file", t->bytes);
    end = t->begin + t->bytes;
  }
  if (c->status == BW_OK && data_bytes != end && data_bytes != align(end, alignment))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "%" PRIu64 " bytes follow the last tensor", data_bytes - end);
}

/* ---- the file ---- */

static void read_preamble(bwi_cursor *c, bwi_gguf *file) {
  if (bwi_cursor_u32le(c, "magic") != MAGIC && c->status == BW_OK) {
    c->at = 0;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "no GGUF file");
  }
  file->version = bwi_cursor_u32le(c, "version");
  if (c->status == BW_OK && file->version != 2 && file->version != 3) {
    c->at = 4;
    (void)bwi_cursor_fail(c, BW_EUNSUPPORTED, "GGUF version %" PRIu32 " is not supported", file->version);
  }
}

static void read_parts(bwi_cursor *c, bwi_gguf *file, uint64_t file_bytes) {
  uint64_t alignment = DEFAULT_ALIGNMENT;
  read_preamble(c, file);
  const size_t n_tensors = bwi_cursor_count(c, FEWEST_TENSOR_BYTES, "tensors");
  const size_t n_pairs = bwi_cursor_count(c, FEWEST_PAIR_BYTES, "metadata");
  file->texts = bwi_alloc(n_pairs, sizeof *file->texts);
  file->tensors = bwi_alloc(n_tensors, sizeof *file->tensors);
  if (file->texts == NULL || file->tensors == NULL) {
    (void)bwi_cursor_fail(c, BW_ENOMEM, "no memory for %zu tensors and %zu metadata", n_tensors, n_pairs);
    return;
  }
  for (size_t i = 0; i < n_pairs && c->status == BW_OK; i++) read_pair(c, file, &alignment);
  for (size_t i = 0; i < n_tensors && c->status == BW_OK; i++)
    read_tensor(c, &file->tensors[file->n_tensors++]);
  if (c->status != BW_OK) return;
  check_names(c, file);
  file->data_offset = align(c->at, alignment);
  if (file->n_tensors == 0 && file->data_offset > file_bytes) file->data_offset = file_bytes;
  if (file->data_offset > file_bytes)
    (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: no data behind the header");
  if (c->status == BW_OK) check_places(c, file, file_bytes, alignment);
}

bw_status bwi_gguf_read(bwi_gguf *out, bwi_bytes head, uint64_t file_bytes, bw_error *err) {
  bwi_gguf file = {0};
  bwi_cursor c = bwi_cursor_over(head, err);
  read_parts(&c, &file, file_bytes);
  if (c.status == BW_OK)
    *out = file;
  else
    bwi_gguf_clear(&file);
  return c.status;
}

void bwi_gguf_clear(bwi_gguf *file) {
  bwi_free(file->texts);
  bwi_free(file->tensors);
  *file = (bwi_gguf){0};
}
