/* SPDX-License-Identifier: Apache-2.0 */
/* A reader with a window: whoever parses sees the next bytes before it takes them. */
#ifndef AGE_AGE_INPUT_H
#define AGE_AGE_INPUT_H

#include <bulwark/age.h>

#include "base/cursor.h"

#define BWI_AGE_WINDOW_BYTES ((size_t)256 << 10) /* holds a header, and a chunk with a byte more */

typedef struct bwi_age_input {
  bw_age_reader reader;
  uint8_t *window; /* unread bytes are window[at..size) */
  size_t at, size;
  uint64_t offset; /* of window[at] in the input */
  bool ended;      /* the reader has no more */
} bwi_age_input;

bw_status bwi_age_input_open(bwi_age_input *in, bw_age_reader reader, bw_error *err); /* BW_ENOMEM */
void bwi_age_input_close(bwi_age_input *in); /* wipes what it read; a closed one, or {0}, is fine */

/* The unread bytes, at least `wanted` (at most BWI_AGE_WINDOW_BYTES) unless the input ends before; borrowed
 * until the next call. */
bw_status bwi_age_input_peek(bwi_bytes *out, bwi_age_input *in, size_t wanted, bw_error *err);
/* Takes n of the bytes that were peeked at. */
void bwi_age_input_skip(bwi_age_input *in, size_t n);

#endif
