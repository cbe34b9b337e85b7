/* SPDX-License-Identifier: Apache-2.0 */
/* Matmul and FusedMatmul of float32. */
#ifndef BACKEND_CPU_MATMUL_H
#define BACKEND_CPU_MATMUL_H

#include "backend/cpu/gemm.h"
#include "backend/plan.h"

/* n_rows rows of a product: those of a and out lie their strides apart, those of residual (NULL: none) like
 * out's. */
void bwi_multiply_rows(const bwi_gemm *gemm, int64_t n_rows, const float *a, int64_t a_stride, float *out,
                       int64_t out_stride, const float *residual, bwi_epilogue epilogue);

bw_status bwi_bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights,
                          bw_error *err);

#endif
