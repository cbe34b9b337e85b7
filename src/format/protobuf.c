/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf.h"

#include <inttypes.h>

uint64_t bwi_cursor_varint(bwi_cursor *c, const char *what) {
  const size_t start = c->at;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = bwi_cursor_u8(c, what);
    if (c->status != BW_OK) return 0;
    if (shift == 63 && byte > 1) break;
    value |= (uint64_t)(byte & 0x7Fu) << shift;
    if (byte < 0x80) return value;
  }
  c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "%s goes beyond 64 bits", what);
  return 0;
}

static bwi_bytes take_sized(bwi_cursor *c) {
  const uint64_t size = bwi_cursor_varint(c, "field size");
  if (c->status == BW_OK && size > bwi_cursor_left(c)) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: a field needs %" PRIu64 " bytes, %zu left", size,
                          bwi_cursor_left(c));
    return (bwi_bytes){NULL, 0};
  }
  return bwi_cursor_take(c, (size_t)size, "field");
}

bool bwi_field_next(bwi_cursor *c, bwi_field *field) {
  bwi_field f = {.offset = c->at};
  if (c->status != BW_OK || bwi_cursor_left(c) == 0) return false;
  const uint64_t tag = bwi_cursor_varint(c, "field tag");
  const uint64_t number = tag >> 3;
  if (c->status == BW_OK && (number == 0 || number > (UINT64_C(1) << 29) - 1)) {
    c->at = f.offset;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "field number %" PRIu64 " does not exist", number);
  }
  f.number = (uint32_t)number;
  f.wire = (bwi_wire)(tag & 7);
  switch (tag & 7) {
    case BWI_WIRE_VARINT: f.value = bwi_cursor_varint(c, "field"); break;
    case BWI_WIRE_I64: f.value = bwi_cursor_u64le(c, "field"); break;
    case BWI_WIRE_I32: f.value = bwi_cursor_u32le(c, "field"); break;
    case BWI_WIRE_BYTES: f.bytes = take_sized(c); break;
    default:
      if (c->status == BW_OK) c->at = f.offset;
      (void)bwi_cursor_fail(c, BW_EFORMAT, "wire type %u is not in use", (unsigned)(tag & 7));
  }
  if (c->status != BW_OK) return false;
  *field = f;
  return true;
}
