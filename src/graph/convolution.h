/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of Convolution and FusedConvolution. */
#ifndef GRAPH_CONVOLUTION_H
#define GRAPH_CONVOLUTION_H

#include "graph/graph.h"

/* Which vector of bwi_params holds what, one number a spatial axis. */
enum {
  BWI_CONVOLUTION_STRIDES = 0,
  BWI_CONVOLUTION_LOW = 1, /* padding before and after, of the dilated input; >= 0 */
  BWI_CONVOLUTION_HIGH = 2,
  BWI_CONVOLUTION_KERNEL_DILATION = 3,
  BWI_CONVOLUTION_INPUT_DILATION = 4
};

/* The output's shape. BW_EFORMAT: operands and parameters do not fit together. */
bw_status bwi_convolution_shape(bwi_dims *out, const bwi_dims *x, const bwi_dims *w, const bwi_params *params,
                                bw_error *err);

#endif
