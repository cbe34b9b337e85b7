/* SPDX-License-Identifier: Apache-2.0 */
/* A short list of integers by value: shapes, axes, strides. */
#ifndef BASE_DIMS_H
#define BASE_DIMS_H

#include <bulwark/array.h>
#include <stdbool.h>

typedef struct bwi_dims {
  uint32_t n;
  int64_t v[BW_MAX_RANK];
} bwi_dims;

static inline bool bwi_dims_equal(const bwi_dims *a, const bwi_dims *b) {
  if (a->n != b->n) return false;
  for (uint32_t i = 0; i < a->n; i++)
    if (a->v[i] != b->v[i]) return false;
  return true;
}

/* "(2, 3)", "(7,)", "()"; truncated to fit. Returns text. */
char *bwi_dims_text(char *text, size_t text_bytes, const bwi_dims *dims);

#endif
