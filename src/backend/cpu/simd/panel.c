/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loop of every float32 product: a tile of rows x vectors whose sums stay in registers while
 * all of k passes (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
 * Rows are addressed by pointers and segments, so a convolution needs no im2col copy. */
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

/* Most registers hold sums, one the broadcast left element, the others a row of the panel. */
#if LANES == 16
#define MAX_VECTORS 4
#define SUMS 24
#else
#define MAX_VECTORS 2
#define SUMS 12
#endif

enum { LINE = 16 }; /* floats of a cache line */

typedef struct tile {
  const float *rows[SUMS];
  float *out[SUMS];
  const float *residual[SUMS];
} tile;

/* Lanes of vector j that lie inside the panel's columns. */
INLINE uint32_t lanes_of(const bwi_panel *p, uint32_t vectors, uint32_t j) {
  return j + 1 < vectors ? LANES : p->n_columns - (vectors - 1) * LANES;
}

INLINE vf load_lanes(const float *at, uint32_t n) {
  return n == LANES ? vf_load(at) : vf_load_first(at, n);
}

INLINE void start_sums(vf (*sums)[MAX_VECTORS], const bwi_panel *p, const tile *t, uint32_t n_rows, uint32_t vectors) {
  UNROLL for (uint32_t j = 0; j < vectors; j++) {
    const uint32_t lanes = lanes_of(p, vectors, j);
    const vf bias = p->bias ? load_lanes(p->bias + p->first_column + j * LANES, lanes) : vf_all(0.0f);
    UNROLL for (uint32_t i = 0; i < n_rows; i++)
      sums[i][j] = p->accumulate ? load_lanes(t->out[i] + j * LANES, lanes) : bias;
  }
}

INLINE void finish_sums(vf (*sums)[MAX_VECTORS], const bwi_panel *p, const tile *t, uint32_t n_rows, uint32_t vectors) {
  UNROLL for (uint32_t j = 0; j < vectors; j++) {
    const uint32_t lanes = lanes_of(p, vectors, j);
    UNROLL for (uint32_t i = 0; i < n_rows; i++) {
      vf v = sums[i][j];
      if (p->residual) v += load_lanes(t->residual[i] + j * LANES, lanes);
      if (p->relu) v = vf_relu(v);
      if (lanes == LANES)
        vf_store(t->out[i] + j * LANES, v);
      else
        vf_store_first(t->out[i] + j * LANES, v, lanes);
    }
  }
}

/* Past second-level cache a panel comes in more slowly than the first tile reads it, so every tile fetches
 * a line of what comes next for each k. Returns where the next tile goes on. */
INLINE const float *run_tile(const bwi_panel *p, const tile *t, const float *ahead, const uint32_t n_rows,
                             const uint32_t vectors) {
  vf sums[SUMS][MAX_VECTORS];
  start_sums(sums, p, t, n_rows, vectors);
  const float *panel = p->panel;
  for (uint32_t s = 0; s < p->n_segments; s++) {
    const float *rows[SUMS];
    UNROLL for (uint32_t i = 0; i < n_rows; i++) rows[i] = t->rows[i] + p->segments[s].offset;
    const int64_t length = p->segments[s].length;
    for (int64_t k = 0; k < length; k++) {
      vf right[MAX_VECTORS];
      UNROLL for (uint32_t j = 0; j < vectors; j++) right[j] = vf_load(panel + j * LANES);
      panel += vectors * LANES;
      __builtin_prefetch(ahead + k * LINE, 0, 2);
      UNROLL for (uint32_t i = 0; i < n_rows; i++) {
        const vf left = vf_all(rows[i][k]);
        UNROLL for (uint32_t j = 0; j < vectors; j++) sums[i][j] += left * right[j];
      }
    }
    ahead += length * LINE;
  }
  finish_sums(sums, p, t, n_rows, vectors);
  return ahead;
}

/* Past the last row a tile repeats it and writes the copies to where nobody looks. */
INLINE void run_rows(const bwi_panel *p, const uint32_t n_rows, const uint32_t vectors) {
  float nowhere[MAX_VECTORS * LANES] = {0};
  const float *ahead = p->ahead;
  for (uint32_t first = 0; first < p->n_rows; first += n_rows) {
    tile t;
    UNROLL for (uint32_t i = 0; i < n_rows; i++) {
      const bool inside = first + i < p->n_rows;
      const uint32_t row = inside ? first + i : p->n_rows - 1;
      t.rows[i] = p->rows[row];
      t.out[i] = inside ? p->out[row] + p->first_column : nowhere;
      t.residual[i] = p->residual ? p->residual[row] + p->first_column : nowhere;
    }
    ahead = run_tile(p, &t, ahead, n_rows, vectors);
    if (ahead >= p->ahead_end) ahead = p->ahead;
  }
}

#if LANES == 16
void VARIANT(panel)(const bwi_panel *p) {
  switch (p->vectors) {
    case 1: run_rows(p, 12, 1); break;
    case 2: run_rows(p, 8, 2); break;
    case 3: run_rows(p, 8, 3); break;
    default: run_rows(p, 6, 4); break;
  }
}
#else
void VARIANT(panel)(const bwi_panel *p) {
  if (p->vectors == 1)
    run_rows(p, 12, 1);
  else
    run_rows(p, 6, 2);
}
#endif
