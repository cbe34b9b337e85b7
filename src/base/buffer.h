/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer for writers (JSON, HTML, npz). Failure latches; check once at the end. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>

#include "base/error.h"

typedef struct bwi_buffer {
  char *data; /* always NUL-terminated once something was written */
  size_t size, capacity;
  bool failed; /* out of memory, or JSON nested too deep */
} bwi_buffer;

void bwi_buffer_put(bwi_buffer *b, const void *data, size_t size);
void bwi_buffer_text(bwi_buffer *b, const char *text);
/* Text that nobody vouched for, for a terminal: control characters and what is no UTF-8 become '?'. */
void bwi_buffer_plain(bwi_buffer *b, const char *text);
void bwi_buffer_format(bwi_buffer *b, const char *format, ...) BW_PRINTF(2, 3);
/* Hands what was written over as a C string, freed by bwi_free; the buffer is empty afterwards. BW_ENOMEM. */
bw_status bwi_buffer_take(char **out, bwi_buffer *b, bw_error *err);
void bwi_buffer_free(bwi_buffer *b);

#endif
