/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bwi_cursor bwi_cursor_over(bwi_bytes bytes, bw_error *err) {
  return (bwi_cursor){.bytes = bytes, .status = BW_OK, .err = err};
}

size_t bwi_cursor_left(const bwi_cursor *c) {
  return c->bytes.size - c->at;
}

bw_status bwi_cursor_fail(bwi_cursor *c, bw_status status, const char *format, ...) {
  if (c->status != BW_OK) return c->status;
  char text[BW_ERROR_TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  if (vsnprintf(text, sizeof text, format, arguments) < 0) text[0] = '\0';
  va_end(arguments);
  c->status = status;
  return BW_FAIL_AT(c->err, status, c->at, "%s", text);
}

bwi_bytes bwi_cursor_take(bwi_cursor *c, size_t n, const char *what) {
  const bwi_bytes none = {NULL, 0};
  if (c->status != BW_OK) return none;
  const size_t left = bwi_cursor_left(c);
  if (n > left) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: %s needs %zu bytes, %zu left", what, n, left);
    return none;
  }
  /* An empty input may have no address to add to. */
  const bwi_bytes span = {n == 0 ? c->bytes.data : c->bytes.data + c->at, n};
  c->at += n;
  return span;
}

/* n <= 8 bytes, least significant first. */
static uint64_t little_endian(bwi_cursor *c, size_t n, const char *what) {
  const bwi_bytes span = bwi_cursor_take(c, n, what);
  uint64_t value = 0;
  for (size_t i = 0; i < span.size; i++) value |= (uint64_t)span.data[i] << (8 * i);
  return value;
}

uint8_t bwi_cursor_u8(bwi_cursor *c, const char *what) {
  return (uint8_t)little_endian(c, 1, what);
}

uint16_t bwi_cursor_u16le(bwi_cursor *c, const char *what) {
  return (uint16_t)little_endian(c, 2, what);
}

uint32_t bwi_cursor_u32le(bwi_cursor *c, const char *what) {
  return (uint32_t)little_endian(c, 4, what);
}

uint64_t bwi_cursor_u64le(bwi_cursor *c, const char *what) {
  return little_endian(c, 8, what);
}

uint32_t bwi_cursor_u32be(bwi_cursor *c, const char *what) {
  const bwi_bytes span = bwi_cursor_take(c, 4, what);
  uint32_t value = 0;
  for (size_t i = 0; i < span.size; i++) value = value << 8 | span.data[i];
  return value;
}

int32_t bwi_cursor_i32le(bwi_cursor *c, const char *what) {
  const uint32_t bits = bwi_cursor_u32le(c, what);
  int32_t value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

int64_t bwi_cursor_i64le(bwi_cursor *c, const char *what) {
  const uint64_t bits = bwi_cursor_u64le(c, what);
  int64_t value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float bwi_cursor_f32le(bwi_cursor *c, const char *what) {
  const uint32_t bits = bwi_cursor_u32le(c, what);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double bwi_cursor_f64le(bwi_cursor *c, const char *what) {
  const uint64_t bits = bwi_cursor_u64le(c, what);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

bool bwi_cursor_bool(bwi_cursor *c, const char *what) {
  const size_t start = c->at;
  const uint8_t value = bwi_cursor_u8(c, what);
  if (value <= 1) return value == 1;
  c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "%s is %u; a truth value is 0 or 1", what, (unsigned)value);
  return false;
}

size_t bwi_cursor_count(bwi_cursor *c, size_t min_bytes, const char *what) {
  const size_t start = c->at;
  const uint64_t count = bwi_cursor_u64le(c, what);
  if (c->status != BW_OK) return 0;
  const size_t left = bwi_cursor_left(c);
  if (count <= left / min_bytes) return (size_t)count;
  c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: %s is %" PRIu64 " items of at least %zu bytes, %zu left",
                        what, count, min_bytes, left);
  return 0;
}
