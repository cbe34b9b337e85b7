/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's array file, versions 1.0 to 3.0 (NEP 1; numpy/lib/format.py describes it): a magic number, the
 * length of the header, the header as the text of a Python dict with exactly three keys, the elements.
 * Little-endian elements only; Fortran order is transposed while reading. */
#include "format/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "format/elements.h"
#include "format/formats.h"

#define PREAMBLE_BYTES 8             /* magic and version */
#define HEADER_LIMIT_BYTES (1 << 16) /* NumPy itself reads at most 10,000 from strangers */

/* ---- the header's text ---- */

/* The next character without taking it; NUL at the end and after a failure. */
static char peek(const bwi_cursor *c) {
  return c->status == BW_OK && bwi_cursor_left(c) > 0 ? (char)c->bytes.data[c->at] : '\0';
}

static void skip_blanks(bwi_cursor *c) {
  while (peek(c) == ' ') (void)bwi_cursor_u8(c, "blank");
}

static void expect(bwi_cursor *c, char wanted) {
  skip_blanks(c);
  if (peek(c) == wanted)
    (void)bwi_cursor_u8(c, "header");
  else
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the header lacks a '%c' here", wanted);
}

static bool accept(bwi_cursor *c, char wanted) {
  skip_blanks(c);
  if (peek(c) != wanted) return false;
  (void)bwi_cursor_u8(c, "header");
  return true;
}

/* A string literal without escapes, in quotes of either kind. */
static bwi_bytes read_string(bwi_cursor *c) {
  skip_blanks(c);
  const char quote = peek(c) == '"' ? '"' : '\'';
  expect(c, quote);
  const size_t start = c->at;
  while (c->status == BW_OK && peek(c) != quote) {
    const uint8_t next = bwi_cursor_u8(c, "string in the header");
    if (next < 0x20 || next > 0x7E || next == '\\')
      (void)bwi_cursor_fail(c, BW_EFORMAT, "a string in the header holds character %u", next);
  }
  const bwi_bytes text = {c->bytes.data + start, c->status == BW_OK ? c->at - start : 0};
  expect(c, quote);
  return text;
}

static bool is_text(bwi_bytes text, const char *wanted) {
  return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static int64_t read_extent(bwi_cursor *c) {
  skip_blanks(c);
  int64_t value = 0;
  int digits = 0;
  for (; peek(c) >= '0' && peek(c) <= '9' && digits < 18; digits++)
    value = 10 * value + (bwi_cursor_u8(c, "extent") - '0');
  if (digits == 0 || (peek(c) >= '0' && peek(c) <= '9'))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the shape holds no number of 1 to 18 digits here");
  return value;
}

/* A tuple: "()", "(3,)", "(3, 4)"; a comma may follow the last of several. */
static void read_shape(bwi_cursor *c, bwi_dims *shape) {
  shape->n = 0;
  expect(c, '(');
  bool comma = true;
  while (c->status == BW_OK && !accept(c, ')')) {
    if (!comma) (void)bwi_cursor_fail(c, BW_EFORMAT, "the shape lacks a ',' here");
    if (shape->n == BW_MAX_RANK) {
      (void)bwi_cursor_fail(c, BW_EUNSUPPORTED, "more than %d dimensions", BW_MAX_RANK);
      return;
    }
    shape->v[shape->n++] = read_extent(c);
    comma = accept(c, ',');
  }
  if (shape->n == 1 && !comma) (void)bwi_cursor_fail(c, BW_EFORMAT, "the shape is a number and no tuple");
}

static bool read_truth(bwi_cursor *c) {
  skip_blanks(c);
  const bool is_true = peek(c) == 'T';
  const char *word = is_true ? "True" : "False";
  for (; *word != '\0' && c->status == BW_OK; word++)
    if (bwi_cursor_u8(c, "truth value") != (uint8_t)*word)
      (void)bwi_cursor_fail(c, BW_EFORMAT, "fortran_order is neither True nor False");
  return is_true;
}

static const struct {
  const char *descr;
  bw_dtype dtype;
} descrs[] = {
    {"|b1", BW_BOOL}, {"|u1", BW_U8},  {"<u2", BW_U16}, {"<u4", BW_U32}, {"<u8", BW_U64}, {"|i1", BW_I8},
    {"<i2", BW_I16},  {"<i4", BW_I32}, {"<i8", BW_I64}, {"<f2", BW_F16}, {"<f4", BW_F32}, {"<f8", BW_F64},
};

/* "<f4": byte order, kind, bytes; of kind U characters of four bytes. 0 if it says nothing. */
static size_t item_bytes_of(bwi_bytes descr) {
  size_t n = 0;
  if (descr.size < 3 || descr.size > 9) return 0;
  for (size_t i = 2; i < descr.size; i++) {
    if (descr.data[i] < '0' || descr.data[i] > '9') return 0;
    n = 10 * n + (size_t)(descr.data[i] - '0');
  }
  return descr.data[1] == 'U' ? 4 * n : n;
}

static void refuse(bwi_npy_header *h, size_t at, bwi_bytes descr, const char *reason) {
  (void)BW_FAIL_AT(&h->refusal, BW_EUNSUPPORTED, at, "dtype '%.*s' %s",
                   (int)(descr.size < 32 ? descr.size : 32), (const char *)descr.data, reason);
}

/* A list of fields up to its end; some may be objects. */
static void read_fields(bwi_cursor *c, bwi_npy_header *h) {
  int depth = 0;
  (void)BW_FAIL_AT(&h->refusal, BW_EUNSUPPORTED, c->at, "a structured dtype is not supported");
  do {
    skip_blanks(c);
    if (peek(c) == '\'' || peek(c) == '"') {
      const bwi_bytes text = read_string(c);
      h->objects = h->objects || (text.size > 0 && memchr(text.data, 'O', text.size) != NULL);
      continue;
    }
    const uint8_t next = bwi_cursor_u8(c, "structured dtype");
    depth += (next == '[' || next == '(') - (next == ']' || next == ')');
  } while (c->status == BW_OK && depth > 0);
}

static void read_descr(bwi_cursor *c, bwi_npy_header *h) {
  skip_blanks(c);
  if (peek(c) == '[') {
    read_fields(c, h);
    return;
  }
  const size_t start = c->at;
  const bwi_bytes text = read_string(c);
  if (c->status != BW_OK) return;
  h->item_bytes = item_bytes_of(text);
  for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++)
    if (is_text(text, descrs[i].descr)) {
      h->dtype = descrs[i].dtype;
      return;
    }
  h->objects = text.size > 0 && memchr(text.data, 'O', text.size) != NULL;
  if (h->objects)
    refuse(h, start, text, "means Python objects, which would have to be unpickled; that can run code");
  else if (text.size > 0 && text.data[0] == '>')
    refuse(h, start, text, "is big-endian, which is not supported");
  else if (memchr(text.data, 'c', text.size) != NULL)
    refuse(h, start, text, "is complex, which is not supported");
  else
    refuse(h, start, text, "is not supported");
}

static void read_entry(bwi_cursor *c, bwi_npy_header *header, bool seen[3]) {
  static const char *const keys[3] = {"descr", "fortran_order", "shape"};
  const size_t start = c->at;
  const bwi_bytes key = read_string(c);
  if (c->status != BW_OK) return;
  size_t k = 0;
  while (k < 3 && !is_text(key, keys[k])) k++;
  if (k == 3 || seen[k]) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the header has a key that is unknown or repeats");
    return;
  }
  seen[k] = true;
  expect(c, ':');
  if (k == 0)
    read_descr(c, header);
  else if (k == 1)
    header->fortran_order = read_truth(c);
  else
    read_shape(c, &header->shape);
}

static bw_status parse_header(bwi_npy_header *out, bwi_bytes text, bw_error *err) {
  bwi_cursor c = bwi_cursor_over(text, err);
  bwi_npy_header header = {.refusal = {BW_OK, BW_NO_OFFSET, ""}};
  bool seen[3] = {false, false, false};
  expect(&c, '{');
  bool comma = true;
  while (c.status == BW_OK && !accept(&c, '}')) {
    if (!comma) (void)bwi_cursor_fail(&c, BW_EFORMAT, "the header lacks a ',' here");
    read_entry(&c, &header, seen);
    comma = accept(&c, ',');
  }
  if (!seen[0] || !seen[1] || !seen[2]) (void)bwi_cursor_fail(&c, BW_EFORMAT, "the header lacks a key");
  skip_blanks(&c);
  if (bwi_cursor_left(&c) != 1 || peek(&c) != '\n')
    (void)bwi_cursor_fail(&c, BW_EFORMAT, "the header does not end with blanks and a newline here");
  if (c.status == BW_OK) *out = header;
  return c.status;
}

/* ---- reading ---- */

/* The header's length is 16 bits wide in version 1 and 32 later. */
static bw_status read_length(size_t *out, bwi_source *s, bw_error *err) {
  static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  uint8_t raw[PREAMBLE_BYTES] = {0}, length[4] = {0};
  const uint64_t start = bwi_source_offset(s);
  BW_TRY(bwi_source_read(s, raw, sizeof raw, "npy preamble", err));
  if (memcmp(raw, magic, sizeof magic) != 0) return BW_FAIL_AT(err, BW_EFORMAT, start, "no npy file");
  if (raw[6] < 1 || raw[6] > 3 || raw[7] != 0)
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, start, "npy version %u.%u is not supported", raw[6], raw[7]);
  const size_t width = raw[6] == 1 ? 2 : 4;
  BW_TRY(bwi_source_read(s, length, width, "npy header length", err));
  const size_t value =
      (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
  if (value > HEADER_LIMIT_BYTES)
    return BW_FAIL_AT(err, BW_ELIMIT, start, "an npy header of %zu bytes; the limit is %d", value,
                      HEADER_LIMIT_BYTES);
  *out = value;
  return BW_OK;
}

bw_status bwi_npy_read_header(bwi_npy_header *out, bwi_source *s, bw_error *err) {
  size_t length = 0;
  BW_TRY(read_length(&length, s, err));
  const uint64_t start = bwi_source_offset(s);
  uint8_t *text = bwi_alloc(length, 1);
  if (text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an npy header of %zu bytes", length);
  bw_status status = bwi_source_read(s, text, length, "npy header", err);
  if (status == BW_OK) {
    status = parse_header(out, (bwi_bytes){text, length}, err);
    /* Deflated, a single character has no offset. */
    if (status != BW_OK && err != NULL) err->offset = start + (s->encoding == BWI_STORED ? err->offset : 0);
    if (status == BW_OK) out->refusal.offset = start + (s->encoding == BWI_STORED ? out->refusal.offset : 0);
  }
  bwi_free(text);
  return status;
}

/* Elements in Fortran order (first index fastest) into C order (last index fastest). */
static void transpose(uint8_t *to, const uint8_t *from, const bwi_dims *shape, size_t width, size_t count) {
  int64_t index[BW_MAX_RANK] = {0};
  for (size_t i = 0; i < count; i++) {
    size_t at = 0;
    for (uint32_t k = shape->n; k-- > 0;) at = at * (size_t)shape->v[k] + (size_t)index[k];
    memcpy(to + i * width, from + at * width, width);
    for (uint32_t k = shape->n; k-- > 0 && ++index[k] == shape->v[k];) index[k] = 0;
  }
}

static bw_status read_fortran(bw_array *array, const bwi_dims *shape, bwi_source *s, bw_error *err) {
  const size_t bytes = bw_array_bytes(array);
  uint8_t *stored = bwi_alloc(bytes, 1);
  if (stored == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to transpose %zu bytes", bytes);
  const bw_status status = bwi_source_read(s, stored, bytes, "npy elements", err);
  if (status == BW_OK)
    transpose(bw_array_data(array), stored, shape, bw_dtype_bytes(bw_array_dtype(array)),
              (size_t)bw_array_count(array));
  bwi_free(stored);
  return status;
}

static bw_status read_elements(bw_array *array, const bwi_npy_header *header, bwi_source *s, bw_error *err) {
  const uint64_t start = bwi_source_offset(s);
  if (header->fortran_order && header->shape.n > 1)
    BW_TRY(read_fortran(array, &header->shape, s, err));
  else
    BW_TRY(bwi_source_read(s, bw_array_data(array), bw_array_bytes(array), "npy elements", err));
  const size_t bytes = bw_array_bytes(array);
  if (header->dtype == BW_BOOL && bwi_elements_first_untruth(bw_array_view(array), bytes) < bytes)
    return BW_FAIL_AT(err, BW_EFORMAT, start, "an array of type bool holds other bytes than 0 and 1");
  return bwi_source_end(s, err);
}

bw_status bwi_npy_read_source(bw_array **out, bwi_source *s, uint64_t size, size_t *budget_bytes,
                              bw_error *err) {
  bwi_npy_header header;
  size_t bytes = 0;
  bw_array *array = NULL;
  BW_TRY(bwi_npy_read_header(&header, s, err));
  if (header.refusal.status != BW_OK)
    return BW_FAIL_AT(err, header.refusal.status, header.refusal.offset, "%s", header.refusal.text);
  const uint64_t offset = bwi_source_offset(s);
  BW_TRY(bwi_elements_bytes(&bytes, header.dtype, &header.shape, offset, err));
  const uint64_t left = size < s->decoded ? 0 : size - s->decoded;
  if (bytes != left)
    return BW_FAIL_AT(err, BW_EFORMAT, offset, "the shape takes %zu bytes and the file holds %" PRIu64, bytes,
                      left);
  BW_TRY(bwi_elements_create(&array, header.dtype, &header.shape, budget_bytes, offset, err));
  const bw_status status = read_elements(array, &header, s, err);
  if (status == BW_OK)
    *out = array;
  else
    bw_array_free(array);
  return status;
}

bw_status bwi_npy_read(bw_array **out, bwi_bytes bytes, size_t max_bytes, bw_error *err) {
  bwi_source s;
  BW_TRY(bwi_source_open(&s, bytes, 0, BWI_STORED, err));
  const bw_status status = bwi_npy_read_source(out, &s, bytes.size, &max_bytes, err);
  bwi_source_close(&s);
  return status;
}

/* ---- writing ---- */

bw_status bwi_npy_write_header(bwi_buffer *out, const bw_array *array, bw_error *err) {
  const char *descr = NULL;
  for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++)
    if (descrs[i].dtype == bw_array_dtype(array)) descr = descrs[i].descr;
  if (descr == NULL)
    return BW_FAIL(err, BW_EUNSUPPORTED, "npy has no type for %s", bw_dtype_name(bw_array_dtype(array)));
  char text[512]; /* ten extents of at most 19 digits fit */
  const uint32_t rank = bw_array_rank(array);
  const int64_t *shape = bw_array_shape(array);
  size_t n = (size_t)snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (uint32_t i = 0; i < rank; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "%" PRId64 "%s", shape[i],
                          i + 1 < rank ? ", "
                          : rank == 1  ? ","
                                       : "");
  n += (size_t)snprintf(text + n, sizeof text - n, "), }");
  while ((PREAMBLE_BYTES + 2 + n + 1) % 64 != 0) text[n++] = ' '; /* elements aligned, as NumPy does */
  text[n++] = '\n';
  const uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(n & 0xFF), (uint8_t)(n >> 8)};
  bwi_buffer_put(out, start, sizeof start);
  bwi_buffer_put(out, text, n);
  return BW_OK;
}

bw_status bwi_npy_write(bwi_buffer *out, const bw_array *array, bw_error *err) {
  BW_TRY(bwi_npy_write_header(out, array, err));
  bwi_buffer_put(out, bw_array_view(array), bw_array_bytes(array));
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory to write an npy file") : BW_OK;
}
