/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out of compressed data, within bounds. */
#ifndef GATE_UNPACK_H
#define GATE_UNPACK_H

#include "format/source.h"
#include "gate/gate.h"

typedef struct bwi_unpacked {
  bwi_bytes bytes;
  uint8_t *owned;   /* freed by bwi_free; NULL: the bytes lie elsewhere */
  uint64_t encoded; /* bytes that they were made of */
} bwi_unpacked;

/* Above 100 : 1 and 256 MiB; less does no harm, and arrays of zeros have any ratio. */
bool bwi_is_bomb(uint64_t encoded_bytes, uint64_t decoded_bytes);

/* As much as comes out of a stream whose size nobody knows; a bomb is found and cut off. BW_ENOMEM. */
bw_status bwi_unpack_stream(bwi_unpacked *out, bw_gate *g, const bwi_subject *s, bwi_encoding encoding,
                            bwi_bytes encoded, bw_error *err);

#endif
