/* SPDX-License-Identifier: Apache-2.0 */
/* What the convolution kernels know of a node: Convolution or FusedConvolution of one or two spatial axes
 * with constant weights; one axis is taken as an image of height 1. */
#ifndef BACKEND_CPU_CONVOLUTION_H
#define BACKEND_CPU_CONVOLUTION_H

#include "backend/cpu/simd/simd.h"
#include "backend/plan.h"

typedef struct bwi_convolution {
  int64_t batch, groups;
  int64_t channels, out_channels; /* of all groups */
  int64_t in[2], out[2], kernel[2];
  int64_t stride[2], low[2], dilation[2], input_dilation[2];
  bool flip;
  const float *weights;          /* (O, kernel[0], kernel[1], C / groups), constant */
  uint32_t bias, residual, mask; /* operands, or 0 for none */
  bool relu;
} bwi_convolution;

/* What is combined with the sums: NULL for none. */
typedef struct bwi_convolution_epilogue {
  const float *bias, *residual;
  const uint8_t *mask;
} bwi_convolution_epilogue;

bwi_convolution_epilogue bwi_convolution_epilogue_of(const bwi_convolution *c, const void *const *in);

/* BW_EUNSUPPORTED: not such a node. */
bw_status bwi_convolution_of(bwi_convolution *out, const bwi_graph *g, bwi_id id, bw_error *err);

/* Each BW_EUNSUPPORTED where it does not apply. simd: what multiplies; updates: whether the kernel's update
 * is wanted, where there is one. */
bw_status bwi_bind_direct(bwi_kernel *out, const bwi_convolution *c, const bwi_simd *simd, bool updates,
                          bwi_weights *weights, bw_error *err);
/* The weights packed as that kernel has them: tap after tap, and each of them as bwi_gemm packs it, where the
 * convolution has no dilation and one group, and channels are a multiple of BWI_GEMM_DEPTH. */
bw_status bwi_direct_weights(const float **out, const bwi_convolution *c, const bwi_simd *simd,
                             bwi_weights *weights, bw_error *err);
bw_status bwi_bind_winograd(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err);
bw_status bwi_bind_dots(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err);

/* A number that differs for convolutions which pack the same weights differently. */
uint64_t bwi_convolution_variant(const bwi_convolution *c);

#endif
