/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on numbers that come from files: every operation says whether it overflowed. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns false on overflow and then leaves *out alone. */
static inline bool bwi_add_size(size_t *out, size_t a, size_t b) {
  if (a > SIZE_MAX - b) return false;
  *out = a + b;
  return true;
}

static inline bool bwi_mul_size(size_t *out, size_t a, size_t b) {
  if (b != 0 && a > SIZE_MAX / b) return false;
  *out = a * b;
  return true;
}

/* Product of extents, each of which must be >= 0; false on overflow of int64_t or a negative one. */
static inline bool bwi_shape_count(int64_t *out, const int64_t *shape, uint32_t rank) {
  int64_t count = 1;
  bool empty = false;
  for (uint32_t i = 0; i < rank; i++) {
    if (shape[i] < 0) return false;
    if (shape[i] == 0) {
      empty = true;
      continue;
    }
    if (count > INT64_MAX / shape[i]) return false;
    count *= shape[i];
  }
  *out = empty ? 0 : count;
  return true;
}

#endif
