/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loop of every float32 product: a tile of rows x vectors whose sums stay in registers while
 * all of k passes (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
 * Rows are addressed by pointers and segments, so a convolution needs no im2col copy. */
#include "backend/cpu/simd/epilogue.h"
#include "backend/cpu/simd/table.h"

/* Most registers hold sums, one the broadcast left element, the others a row of the panel; more than eight
 * rows would not have their addresses in registers. */
enum { MAX_ROWS = 8, MAX_VECTORS = LANES == 16 ? 4 : 2 };
enum { LINE = 16 }; /* floats of a cache line */

/* As many rows as a tile has; out, residual and mask begin `column` floats on. ahead: what to fetch
 * meanwhile, this many floats on for each k. */
typedef struct tile {
  const float *const *rows;
  float *const *out;
  const float *const *residual;
  const uint8_t *const *mask;
  int64_t column;
  const float *ahead;
  int64_t ahead_step;
} tile;

/* Lanes of vector j that lie inside the panel's columns. */
INLINE uint32_t lanes_of(const bwi_panel *p, uint32_t vectors, uint32_t j) {
  return j + 1 < vectors ? LANES : p->n_columns - (vectors - 1) * LANES;
}

INLINE void start_sums(vf (*sums)[MAX_VECTORS], const bwi_panel *p, const tile *t, uint32_t n_rows,
                       uint32_t vectors) {
  UNROLL for (uint32_t j = 0; j < vectors; j++) {
    const uint32_t lanes = lanes_of(p, vectors, j);
    const vf bias = bias_of(p, j * LANES, lanes);
    UNROLL for (uint32_t i = 0; i < n_rows; i++) sums[i][j] =
        p->accumulate ? vf_load_n(t->out[i] + t->column + j * LANES, lanes) : bias;
  }
}

INLINE void finish_sums(vf (*sums)[MAX_VECTORS], const bwi_panel *p, const tile *t, uint32_t n_rows,
                        uint32_t vectors) {
  UNROLL for (uint32_t j = 0; j < vectors; j++) {
    const uint32_t lanes = lanes_of(p, vectors, j);
    const int64_t column = t->column + j * LANES;
    UNROLL for (uint32_t i = 0; i < n_rows; i++)
        finish_lanes(sums[i][j], t->out[i] + column, t->residual != NULL ? t->residual[i] + column : NULL,
                     p->relu, t->mask != NULL ? t->mask[i] + column : NULL, lanes);
  }
}

INLINE void run_tile(const bwi_panel *p, const tile *t, const uint32_t n_rows, const uint32_t vectors) {
  vf sums[MAX_ROWS][MAX_VECTORS];
  start_sums(sums, p, t, n_rows, vectors);
  const float *panel = p->panel, *ahead = t->ahead;
  for (uint32_t s = 0; s < p->n_segments; s++) {
    const float *rows[MAX_ROWS];
    UNROLL for (uint32_t i = 0; i < n_rows; i++) rows[i] = t->rows[i] + p->segments[s].offset;
    const int64_t length = p->segments[s].length;
    for (int64_t k = 0; k < length; k++) {
      vf right[MAX_VECTORS];
      UNROLL for (uint32_t j = 0; j < vectors; j++) right[j] = vf_load(panel + j * LANES);
      panel += vectors * LANES;
      if (vectors > 1) { /* a panel of one vector keeps the loads busy */
        __builtin_prefetch(ahead, 0, 2);
        ahead += t->ahead_step;
      }
      UNROLL for (uint32_t i = 0; i < n_rows; i++) {
        const vf left = vf_all(rows[i][k]);
        UNROLL for (uint32_t j = 0; j < vectors; j++) sums[i][j] += left * right[j];
      }
    }
  }
  finish_sums(sums, p, t, n_rows, vectors);
}

/* Past the last row a tile repeats it and writes the copies to where nobody looks. */
INLINE void run_last_tile(const bwi_panel *p, uint32_t first, tile t, const uint32_t n_rows,
                          const uint32_t vectors) {
  float nowhere[MAX_VECTORS * LANES] = {0};
  const float *rows[MAX_ROWS], *residual[MAX_ROWS];
  const uint8_t *mask[MAX_ROWS];
  float *out[MAX_ROWS];
  for (uint32_t i = 0; i < n_rows; i++) {
    const bool inside = first + i < p->n_rows;
    const uint32_t row = inside ? first + i : p->n_rows - 1;
    rows[i] = p->rows[row];
    out[i] = inside ? p->out[row] + p->first_column : nowhere;
    residual[i] = t.residual != NULL ? p->residual[row] + p->first_column : NULL;
    mask[i] = t.mask != NULL ? p->mask[row] + p->first_column : NULL;
  }
  t = (tile){rows,    out,         t.residual != NULL ? residual : NULL, t.mask != NULL ? mask : NULL, 0,
             t.ahead, t.ahead_step};
  run_tile(p, &t, n_rows, vectors);
}

/* Past second-level cache a panel comes in more slowly than the first tile reads it. So the tiles share the
 * fetching of the next one, each its part and some floats for every k, lines being fetched more than once. */
INLINE void run_rows(const bwi_panel *p, const uint32_t n_rows, const uint32_t vectors) {
  const uint32_t n_tiles = (p->n_rows + n_rows - 1) / n_rows,
                 per_k = (vectors * LANES + n_tiles - 1) / n_tiles;
  tile t = {p->rows, p->out, p->residual, p->mask, p->first_column, p->ahead, per_k < LINE ? per_k : LINE};
  const int64_t per_tile = p->depth * t.ahead_step;
  uint32_t row = 0;
  for (; row + n_rows <= p->n_rows; row += n_rows) {
    run_tile(p, &t, n_rows, vectors);
    t.rows += n_rows;
    t.out += n_rows;
    if (t.residual != NULL) t.residual += n_rows;
    if (t.mask != NULL) t.mask += n_rows;
    t.ahead += per_tile;
  }
  if (row < p->n_rows) run_last_tile(p, row, t, n_rows, vectors);
}

void VARIANT(panel)(const bwi_panel *p) {
  switch (p->vectors) {
    case 1: run_rows(p, 8, 1); break;
    case 2: run_rows(p, LANES == 16 ? 8 : 6, 2); break;
    case 3: run_rows(p, 8, MAX_VECTORS < 3 ? MAX_VECTORS : 3); break;
    default: run_rows(p, 6, MAX_VECTORS); break;
  }
}
