/* SPDX-License-Identifier: Apache-2.0 */
/* Rows times few filters as dot products: vectors run along a row, where the panel kernel, whose vectors run
 * along the filters, would leave most lanes empty. As many vectors of partial sums stay in registers as fill
 * whole trees, which add their lanes. */
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

enum { SUMS = LANES == 8 ? 8 : 16 };
_Static_assert(SUMS <= BWI_DOT_ROWS && SUMS % LANES == 0, "a tile's rows");

INLINE vf add_neighbours(vf a, vf b) {
  return __builtin_shufflevector(a, b, EVEN_LANES) + __builtin_shufflevector(a, b, ODD_LANES);
}

/* Four vectors' quarters, in their order, and so on: as many vectors as lanes become one of their totals. */
INLINE vf add_4(const vf *sums) {
  return add_neighbours(add_neighbours(sums[0], sums[1]), add_neighbours(sums[2], sums[3]));
}

INLINE vf add_8(const vf *sums) {
  return add_neighbours(add_4(sums), add_4(sums + 4));
}

INLINE vf totals_of(const vf *sums) {
  if (LANES == 4) return add_4(sums);
  if (LANES == 8) return add_8(sums);
  return add_neighbours(add_8(sums), add_8(sums + 8));
}

/* A vector of each row, of which n elements count. */
INLINE void add_products(vf *sums, const float *left, int64_t step, uint32_t n, const float *right,
                         const uint32_t n_rows, const uint32_t n_filters) {
  vf filters[BWI_DOT_FILTERS];
  UNROLL for (uint32_t f = 0; f < n_filters; f++) filters[f] = vf_load(right + f * LANES);
  UNROLL for (uint32_t i = 0; i < n_rows; i++, left += step) {
    const vf elements = n == LANES ? vf_load(left) : vf_load_first(left, n);
    UNROLL for (uint32_t f = 0; f < n_filters; f++) sums[i * n_filters + f] += elements * filters[f];
  }
}

INLINE void run_tile(const bwi_dot *p, const float *left, float *out, const uint32_t n_rows,
                     const uint32_t n_filters) {
  vf sums[SUMS];
  UNROLL for (uint32_t i = 0; i < SUMS; i++) sums[i] = vf_all(0.0f);
  const float *right = p->weights;
  for (uint32_t s = 0; s < p->n_segments; s++) {
    int64_t k = p->segments[s].offset;
    const int64_t end = k + p->segments[s].length;
    for (; k + LANES <= end; k += LANES, right += n_filters * LANES)
      add_products(sums, left + k, p->left_step, LANES, right, n_rows, n_filters);
    if (k == end) continue;
    add_products(sums, left + k, p->left_step, (uint32_t)(end - k) % LANES, right, n_rows, n_filters);
    right += n_filters * LANES;
  }
  UNROLL for (uint32_t i = 0; i < SUMS; i += LANES) vf_store(out + i, totals_of(sums + i));
}

INLINE void run_rows(const bwi_dot *p, const uint32_t n_rows, const uint32_t n_filters) {
  for (int64_t row = 0; row < p->n_rows; row += n_rows)
    run_tile(p, p->left + row * p->left_step, p->out + row * n_filters, n_rows, n_filters);
}

void VARIANT(dot)(const bwi_dot *p) {
  switch (p->n_filters) {
    case 1: run_rows(p, SUMS, 1); break;
    case 2: run_rows(p, SUMS / 2, 2); break;
    case 3: run_rows(p, SUMS / 3, 3); break;
    default: run_rows(p, SUMS / 4, 4); break;
  }
}
