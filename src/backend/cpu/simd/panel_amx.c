/* SPDX-License-Identifier: Apache-2.0 */
/* Products of bfloat16 numbers with sums in float32, in the tile registers of Intel's AMX: two by two tiles
 * of 16 rows and 16 columns, 32 elements deep. */
#include <immintrin.h>
#include <string.h>

#include "backend/cpu/simd/epilogue.h"
#include "backend/cpu/simd/table.h"

enum { TILE = BWI_NARROW_ROWS, DEEP = BWI_NARROW_DEPTH };

/* --- left rows --- */

INLINE __m512i narrow_32(const float *x, uint32_t n) {
  const __mmask16 low = n < 16 ? (__mmask16)((1u << n) - 1) : 0xffff;
  const __mmask16 high = n > 16 ? (n < 32 ? (__mmask16)((1u << (n - 16)) - 1) : 0xffff) : 0;
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + 16), _mm512_maskz_loadu_ps(low, x));
}

static void narrow_row(uint16_t *out, const float *row, const bwi_narrow *p) {
  int64_t k = 0;
  for (uint32_t s = 0; s < p->n_segments; s++) {
    const float *x = row + p->segments[s].offset;
    const int64_t length = p->segments[s].length;
    int64_t i = 0;
    for (; i + DEEP <= length; i += DEEP) _mm512_storeu_si512(out + k + i, narrow_32(x + i, DEEP));
    const uint32_t rest = (uint32_t)(length - i);
    if (rest > 0) _mm512_mask_storeu_epi16(out + k + i, (1u << rest) - 1, narrow_32(x + i, rest));
    k += length;
  }
  memset(out + k, 0, (size_t)(p->depth - k) * sizeof *out);
}

void VARIANT(narrow)(const bwi_narrow *p) {
  uint32_t r = 0;
  for (; r < p->n_rows; r++) narrow_row(p->out + r * p->depth, p->rows[r], p);
  for (; r % TILE != 0; r++) memset(p->out + r * p->depth, 0, (size_t)p->depth * sizeof *p->out);
}

/* --- the panel --- */

/* All eight tiles: 16 lines of 64 bytes. */
static void configure(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t line_bytes[16];
    uint8_t lines[16];
  } c = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    c.line_bytes[i] = 64;
    c.lines[i] = TILE;
  }
  _tile_loadconfig(&c);
}

/* One or two tiles of rows by one or two of columns. */
INLINE void multiply(float *sums, const bwi_panel *p, uint32_t row, const bool two_rows,
                     const bool two_columns) {
  const uint16_t *left = p->narrow + row * p->depth;
  const int64_t stride = p->depth * (int64_t)sizeof *left, width = (two_columns ? 2 : 1) * TILE;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < p->depth; k += DEEP) {
    const float *panel = p->panel + k / 2 * width;
    _tile_loadd(4, left + k, stride);
    _tile_loadd(6, panel, width * (int64_t)sizeof *panel);
    _tile_dpbf16ps(0, 4, 6);
    if (two_columns) {
      _tile_loadd(7, panel + TILE, width * (int64_t)sizeof *panel);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (two_rows) {
      _tile_loadd(5, left + TILE * p->depth + k, stride);
      _tile_dpbf16ps(2, 5, 6);
      if (two_columns) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, sums, 2 * TILE * sizeof *sums);
  _tile_stored(1, sums + TILE, 2 * TILE * sizeof *sums);
  _tile_stored(2, sums + 2 * TILE * TILE, 2 * TILE * sizeof *sums);
  _tile_stored(3, sums + 2 * TILE * TILE + TILE, 2 * TILE * sizeof *sums);
}

INLINE void finish_row(const bwi_panel *p, uint32_t row, const float *sums) {
  for (uint32_t at = 0; at < p->n_columns; at += LANES) {
    const uint32_t left = p->n_columns - at, lanes = left < LANES ? left : LANES;
    const int64_t column = p->first_column + at;
    float *out = p->out[row] + column;
    const vf start = p->accumulate ? vf_load_n(out, lanes) : bias_of(p, at, lanes);
    finish_lanes(start + vf_load(sums + at), out, p->residual != NULL ? p->residual[row] + column : NULL,
                 p->relu, p->mask != NULL ? p->mask[row] + column : NULL, lanes);
  }
}

void VARIANT(panel)(const bwi_panel *p) {
  _Alignas(64) float sums[2 * TILE][2 * TILE];
  configure();
  for (uint32_t row = 0; row < p->n_rows; row += 2 * TILE) {
    const bool two_rows = row + TILE < p->n_rows;
    if (p->vectors == 2 && two_rows)
      multiply(sums[0], p, row, true, true);
    else
      multiply(sums[0], p, row, two_rows, p->vectors == 2);
    for (uint32_t r = 0; r < 2 * TILE && row + r < p->n_rows; r++) finish_row(p, row + r, sums[r]);
  }
  _tile_release();
}

const bwi_simd VARIANT(simd) = {
    .name = "amx",
    .bfloat16 = true,
    .lanes = LANES,
    .max_vectors = 2,
    .panel = VARIANT(panel),
    .narrow = VARIANT(narrow),
};
