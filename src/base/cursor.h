/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded cursor over untrusted bytes. Readers touch bytes only through it. The first failure
 * latches: later reads return zero and leave the error as it was, so a reader may decode a group of
 * fields and check once. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>

#include "base/error.h"

typedef struct bwi_bytes {
  const uint8_t *data;
  size_t size;
} bwi_bytes;

typedef struct bwi_cursor {
  bwi_bytes bytes;
  size_t at;
  bw_status status; /* BW_OK until something went wrong */
  bw_error *err;    /* may be NULL */
} bwi_cursor;

bwi_cursor bwi_cursor_over(bwi_bytes bytes, bw_error *err);
size_t bwi_cursor_left(const bwi_cursor *c);
/* Latches a failure at the current offset (BW_FAIL_AT with c->at). Returns the latched status. */
bw_status bwi_cursor_fail(bwi_cursor *c, bw_status status, const char *format, ...) BW_PRINTF(3, 4);

/* `what` names the field for the error text: "truncated: <what> needs 8 bytes, 3 left". */
uint8_t bwi_cursor_u8(bwi_cursor *c, const char *what);
uint16_t bwi_cursor_u16le(bwi_cursor *c, const char *what);
uint32_t bwi_cursor_u32le(bwi_cursor *c, const char *what);
uint64_t bwi_cursor_u64le(bwi_cursor *c, const char *what);
uint32_t bwi_cursor_u32be(bwi_cursor *c, const char *what);
int32_t bwi_cursor_i32le(bwi_cursor *c, const char *what);
int64_t bwi_cursor_i64le(bwi_cursor *c, const char *what);
float bwi_cursor_f32le(bwi_cursor *c, const char *what);
double bwi_cursor_f64le(bwi_cursor *c, const char *what);
bool bwi_cursor_bool(bwi_cursor *c, const char *what); /* a byte that must be 0 or 1 */
/* A span of n bytes inside the input (borrowed); size 0 after a failure. */
bwi_bytes bwi_cursor_take(bwi_cursor *c, size_t n, const char *what);
/* A u64 count of items that each take at least min_bytes (>= 1) of what is left; 0 after a failure. */
size_t bwi_cursor_count(bwi_cursor *c, size_t min_bytes, const char *what);

#endif
