/* SPDX-License-Identifier: Apache-2.0 */
/* Matmul, FusedMatmul and AddMM (with factors of 1) of float32 matrices. */
#ifndef BACKEND_CPU_MATMUL_H
#define BACKEND_CPU_MATMUL_H

#include "backend/cpu/gemm.h"
#include "backend/plan.h"

/* Rows of a product, each array's a stride apart. */
typedef struct bwi_row_block {
  int64_t n_rows;
  const float *left, *residual; /* residual: added to the product; NULL: nothing */
  const uint8_t *mask;          /* where 0, so is the result; rows as far apart as out's; NULL: nothing */
  float *out;
  int64_t left_stride, residual_stride, out_stride;
} bwi_row_block;
void bwi_multiply_rows(const bwi_gemm *gemm, const bwi_row_block *block, bwi_epilogue epilogue);

/* simd: what multiplies with a constant. */
bw_status bwi_bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, const bwi_simd *simd,
                          bwi_weights *weights, bw_error *err);

#endif
