/* SPDX-License-Identifier: Apache-2.0 */
/* Bools are bytes in memory, 0 and 1 among float32 numbers. */
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

void VARIANT(from_bools)(int64_t n, const uint8_t *x, float *y) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) vf_store(y + i, vf_where(x + i, LANES, vf_all(1.0f)));
  for (; i < n; i++) y[i] = x[i] != 0 ? 1.0f : 0.0f;
}

INLINE void store_bools(uint8_t *y, vi truth) {
  *(vb_anywhere *)y = __builtin_convertvector(truth & 1, vb);
}

void VARIANT(to_bools)(int64_t n, const float *x, uint8_t *y) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) store_bools(y + i, vf_load(x + i) != vf_all(0.0f));
  for (; i < n; i++) y[i] = x[i] != 0;
}

void VARIANT(are_positive)(int64_t n, const float *x, uint8_t *y) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) store_bools(y + i, vf_load(x + i) > vf_all(0.0f));
  for (; i < n; i++) y[i] = x[i] > 0;
}
