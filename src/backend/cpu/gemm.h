/* SPDX-License-Identifier: Apache-2.0 */
/* float32 or bfloat16 products of float32 matrices with a constant right side: packed once into panels, then
 * multiplied with rows that may be scattered. Matrix products, convolutions and Winograd's inner products all
 * end here.
 *
 * Each output is one chain of sums over k in a fixed order, whatever the number of rows. */
#ifndef BACKEND_CPU_GEMM_H
#define BACKEND_CPU_GEMM_H

#include "backend/cpu/simd/simd.h"
#include "base/error.h"

/* At most this many rows go through bwi_gemm_rows at once: what stays in second-level cache with a
 * panel while all panels pass. A multiple of every tile's rows. */
#define BWI_GEMM_ROWS 96
/* No segment is longer, so that a panel's part stays in cache while the rows pass. */
#define BWI_GEMM_DEPTH 256

/* A run of the right side's rows: element (k, column) is data[offset + k * k_stride + column * column_stride]
 * for k < length. */
typedef struct bwi_right_run {
  int64_t offset, length;
} bwi_right_run;

/* A right matrix somewhere in memory: its rows are those of the runs, in order. */
typedef struct bwi_right {
  const float *data;
  int64_t k_stride, column_stride;
  int64_t n_columns; /* at most those of the product; the others are zero */
  uint32_t n_runs;
  const bwi_right_run *runs;
} bwi_right;

typedef struct bwi_gemm {
  const bwi_simd *simd;
  int64_t n_columns;
  uint32_t n_segments;
  const bwi_segment *segments; /* of the left rows; lengths <= BWI_GEMM_DEPTH; together the runs' lengths */
  const float *packed;         /* bwi_gemm_pack's */
} bwi_gemm;

/* Appends the pieces of a run of left elements to segments, none longer than BWI_GEMM_DEPTH; returns
 * the new count. bwi_segments_needed(length) is how many are added. */
uint32_t bwi_segments_add(bwi_segment *segments, uint32_t count, int64_t offset, int64_t length);
uint32_t bwi_segments_needed(int64_t length);

/* Columns [first, first + count) of a product that share a panel, `width` floats or so many vectors wide. */
typedef struct bwi_gemm_columns {
  int64_t first, count, width;
  uint32_t vectors;
} bwi_gemm_columns;

/* first: that of a panel; past the last column there are none. */
bwi_gemm_columns bwi_gemm_columns_from(const bwi_gemm *p, int64_t first);

/* Floats that the packed form of p takes, whose simd, segments and n_columns are set. */
int64_t bwi_gemm_packed_count(const bwi_gemm *p);
/* Where in it a line begins, one element of all columns, of the panel whose first column that is. */
int64_t bwi_gemm_packed_at(const bwi_gemm *p, int64_t line, int64_t column);
/* Tells packed forms of the same weights apart: by variant, a number of the caller's, and by precision. */
uint64_t bwi_gemm_variant(const bwi_simd *simd, uint64_t variant);
/* Packs right for p (whose segments and n_columns are set) into packed, which holds zeros. */
void bwi_gemm_pack(float *packed, const bwi_gemm *p, const bwi_right *right);
/* Packs only the columns that share a vector: those of right, at most `lanes`, are p's from `first` on, a
 * multiple of lanes. */
void bwi_gemm_pack_lanes(float *packed, const bwi_gemm *p, const bwi_right *right, int64_t first);

/* What happens to the sums. bias: n_columns, or NULL. */
typedef struct bwi_epilogue {
  const float *bias;
  bool relu;
} bwi_epilogue;

/* n_rows <= BWI_GEMM_ROWS left rows, where their products go, and what is combined with those: residual is
 * added before max(., 0), and where mask is 0 so is the result. */
typedef struct bwi_gemm_block {
  uint32_t n_rows;
  const float *const *rows;
  float *const *out;
  const float *const *residual; /* NULL: none */
  const uint8_t *const *mask;   /* NULL: none */
} bwi_gemm_block;

void bwi_gemm_rows(const bwi_gemm *p, const bwi_gemm_block *block, bwi_epilogue epilogue);

#endif
