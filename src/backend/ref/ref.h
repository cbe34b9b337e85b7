/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the reference backend: a kernel is a plain function over row-major arrays, and ref.c holds the
 * table from primitive to function. Adding one: a function in the family's file, its declaration here, a
 * line in the table. Parameters and shapes were checked by inference; values were not. */
#ifndef REF_REF_H
#define REF_REF_H

#include "backend/ref/ref_element.h"
#include "graph/graph.h"

typedef struct bwi_ref_call {
  const bwi_node *node;           /* what to compute; its params */
  const bwi_node *const *operand; /* types of the operands */
  const void *const *in;
  void *out;
  void *scratch; /* as many bytes as the primitive's bwi_ref_scratch function said */
} bwi_ref_call;

/* BW_EFORMAT: an index among the values is out of range. */
typedef bw_status (*bwi_ref_run)(const bwi_ref_call *call);
typedef size_t (*bwi_ref_scratch)(const bwi_node *node, const bwi_node *const *operand);

/* ref_unary.c */
bw_status bwi_ref_unary(const bwi_ref_call *call);
bw_status bwi_ref_astype(const bwi_ref_call *call);
/* x[i] becomes prim(x[i]). parameter: the primitive's i0. */
void bwi_unary_real(bwi_prim prim, int64_t parameter, double *x, int64_t n);

/* ref_binary.c */
bw_status bwi_ref_binary(const bwi_ref_call *call);
bw_status bwi_ref_select(const bwi_ref_call *call);
/* a[i] becomes prim(a[i], b[i]), where both are values of dtype; comparisons give 0 or 1. */
void bwi_binary_real(bwi_prim prim, int64_t parameter, bw_dtype dtype, double *a, const double *b, int64_t n);

/* ref_reduce.c */
bw_status bwi_ref_reduce(const bwi_ref_call *call);
bw_status bwi_ref_arg_reduce(const bwi_ref_call *call);
bw_status bwi_ref_scan(const bwi_ref_call *call);
bw_status bwi_ref_softmax(const bwi_ref_call *call);
bw_status bwi_ref_logsumexp(const bwi_ref_call *call);
size_t bwi_ref_line_scratch(const bwi_node *node, const bwi_node *const *operand); /* a last axis of reals */

/* ref_shape.c */
bw_status bwi_ref_copy(const bwi_ref_call *call); /* every primitive that only renames the bytes */
bw_status bwi_ref_as_strided(const bwi_ref_call *call);
bw_status bwi_ref_as_strided_gradient(const bwi_ref_call *call);
bw_status bwi_ref_broadcast(const bwi_ref_call *call);
bw_status bwi_ref_concatenate(const bwi_ref_call *call);
bw_status bwi_ref_pad(const bwi_ref_call *call);
bw_status bwi_ref_slice(const bwi_ref_call *call);
bw_status bwi_ref_slice_update(const bwi_ref_call *call);
bw_status bwi_ref_transpose(const bwi_ref_call *call);
size_t bwi_ref_wide_out_scratch(const bwi_node *node,
                                const bwi_node *const *operand); /* the output, widened */

/* ref_index.c */
bw_status bwi_ref_dynamic_slice(const bwi_ref_call *call);
bw_status bwi_ref_dynamic_slice_update(const bwi_ref_call *call);
bw_status bwi_ref_gather(const bwi_ref_call *call);
bw_status bwi_ref_gather_axis(const bwi_ref_call *call);
bw_status bwi_ref_scatter(const bwi_ref_call *call);
bw_status bwi_ref_scatter_axis(const bwi_ref_call *call);
bw_status bwi_ref_masked_scatter(const bwi_ref_call *call);

/* ref_sort.c */
bw_status bwi_ref_sort(const bwi_ref_call *call);     /* Sort, Partition */
bw_status bwi_ref_arg_sort(const bwi_ref_call *call); /* ArgSort, ArgPartition */
size_t bwi_ref_sort_scratch(const bwi_node *node, const bwi_node *const *operand);
bw_status bwi_ref_search_sorted(const bwi_ref_call *call);

/* ref_matmul.c */
bw_status bwi_ref_matmul(const bwi_ref_call *call);
bw_status bwi_ref_addmm(const bwi_ref_call *call);
bw_status bwi_ref_fused_matmul(const bwi_ref_call *call);
bw_status bwi_ref_gather_mm(const bwi_ref_call *call);
bw_status bwi_ref_block_masked_mm(const bwi_ref_call *call);
size_t bwi_ref_matmul_scratch(const bwi_node *node, const bwi_node *const *operand); /* for all products */

/* ref_quantized.c */
bw_status bwi_ref_quantized_matmul(const bwi_ref_call *call);
bw_status bwi_ref_dequantize(const bwi_ref_call *call);

/* ref_hadamard.c */
bw_status bwi_ref_hadamard(const bwi_ref_call *call);

/* ref_convolution.c */
bw_status bwi_ref_convolution(const bwi_ref_call *call); /* Convolution, FusedConvolution */
size_t bwi_ref_convolution_scratch(const bwi_node *node, const bwi_node *const *operand);

/* ref_fast.c */
bw_status bwi_ref_layer_norm(const bwi_ref_call *call);
bw_status bwi_ref_rms_norm(const bwi_ref_call *call);
bw_status bwi_ref_rope(const bwi_ref_call *call);
bw_status bwi_ref_attention(const bwi_ref_call *call);
size_t bwi_ref_attention_scratch(const bwi_node *node, const bwi_node *const *operand);

/* ref_constant.c */
bw_status bwi_ref_arange(const bwi_ref_call *call);
bw_status bwi_ref_number_of_elements(const bwi_ref_call *call);

/* ref_pool.c */
bw_status bwi_ref_max_pool(const bwi_ref_call *call);
bw_status bwi_ref_max_pool_gradient(const bwi_ref_call *call);
bw_status bwi_ref_avg_pool_gradient(const bwi_ref_call *call);
bw_status bwi_ref_avg_pool(const bwi_ref_call *call);

/* ref_elementwise.c */
bw_status bwi_ref_elementwise(const bwi_ref_call *call);

#endif
