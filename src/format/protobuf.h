/* SPDX-License-Identifier: Apache-2.0 */
/* The wire format of protocol buffers (protobuf.dev, "Encoding"), field by field. */
#ifndef FORMAT_PROTOBUF_H
#define FORMAT_PROTOBUF_H

#include "base/cursor.h"

typedef enum bwi_wire {
  BWI_WIRE_VARINT = 0,
  BWI_WIRE_I64 = 1,
  BWI_WIRE_BYTES = 2,
  BWI_WIRE_I32 = 5
} bwi_wire;

typedef struct bwi_field {
  uint32_t number;
  bwi_wire wire;
  uint64_t value;  /* of a varint or a fixed number */
  bwi_bytes bytes; /* of BWI_WIRE_BYTES */
  size_t offset;   /* of the field, in what the cursor is over */
} bwi_field;

/* The next field; false at the end and after a failure: BW_EFORMAT for what is truncated, for groups, for the
 * field number 0 and for varints beyond 64 bits. */
bool bwi_field_next(bwi_cursor *c, bwi_field *field);

/* A varint; 0 after a failure. */
uint64_t bwi_cursor_varint(bwi_cursor *c, const char *what);

#endif
