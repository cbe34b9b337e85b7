/* SPDX-License-Identifier: Apache-2.0 */
/* Short names for the primitives that derivatives and rewriting rules build. All propagate BWI_NONE. */
#ifndef GRAPH_BUILD_H
#define GRAPH_BUILD_H

#include "graph/graph.h"

bwi_id bwi_unary(bwi_graph *g, bwi_prim prim, bwi_id a); /* primitives without parameters */
bwi_id bwi_binary(bwi_graph *g, bwi_prim prim, bwi_id a, bwi_id b);
bwi_id bwi_add(bwi_graph *g, bwi_id a, bwi_id b);
bwi_id bwi_subtract(bwi_graph *g, bwi_id a, bwi_id b);
bwi_id bwi_multiply(bwi_graph *g, bwi_id a, bwi_id b);
bwi_id bwi_divide(bwi_graph *g, bwi_id a, bwi_id b);
bwi_id bwi_scale(bwi_graph *g, bwi_id a, double factor); /* a itself when factor is 1 */
bwi_id bwi_log(bwi_graph *g, bwi_id a);                  /* to base e */
bwi_id bwi_rsqrt(bwi_graph *g, bwi_id a);                /* 1 / sqrt(a) */
bwi_id bwi_select(bwi_graph *g, bwi_id condition, bwi_id then, bwi_id otherwise);
bwi_id bwi_mask(bwi_graph *g, bwi_id condition, bwi_id a);    /* a where condition, else 0 */
bwi_id bwi_scalar_like(bwi_graph *g, bwi_id a, double value); /* rank 0, dtype of a */
bwi_id bwi_zeros_like(bwi_graph *g, bwi_id a);                /* Broadcast of a scalar */
bwi_id bwi_zeros(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape);
bwi_id bwi_astype(bwi_graph *g, bwi_id a, bw_dtype dtype); /* a itself when nothing changes */
bwi_id bwi_arange(bwi_graph *g, bw_dtype dtype, int64_t first, int64_t end); /* first, ..., end - 1 */

typedef enum bwi_reduction {
  BWI_ALL = 0,
  BWI_ANY = 1,
  BWI_SUM = 2,
  BWI_PRODUCT = 3,
  BWI_MIN = 4,
  BWI_MAX = 5
} bwi_reduction;
bwi_id bwi_reduce(bwi_graph *g, bwi_reduction kind, bwi_id a, const bwi_dims *axes); /* axes keep extent 1 */
typedef enum bwi_scan_kind {
  BWI_SCAN_MAX = 0,
  BWI_SCAN_MIN = 1,
  BWI_SCAN_SUM = 2,
  BWI_SCAN_PRODUCT = 3,
  BWI_SCAN_LOGADDEXP = 4
} bwi_scan_kind;
bwi_id bwi_scan(bwi_graph *g, bwi_scan_kind kind, bwi_id a, int64_t axis, bool reverse, bool inclusive);
/* Sums a down to `shape`, undoing NumPy broadcasting. */
bwi_id bwi_sum_to(bwi_graph *g, bwi_id a, const bwi_dims *shape);

bwi_id bwi_reshape(bwi_graph *g, bwi_id a, const bwi_dims *shape); /* a itself when nothing changes */
bwi_id bwi_broadcast(bwi_graph *g, bwi_id a, const bwi_dims *shape);
bwi_id bwi_transpose(bwi_graph *g, bwi_id a, const bwi_dims *axes);
bwi_id bwi_swap_last(bwi_graph *g, bwi_id a); /* the last two axes */
/* How Scatter and SliceUpdate combine what is there with what comes. */
typedef enum bwi_update {
  BWI_UPDATE_MAX = 0,
  BWI_UPDATE_MIN = 1,
  BWI_UPDATE_SUM = 2,
  BWI_UPDATE_PRODUCT = 3,
  BWI_UPDATE_NONE = 4 /* what comes replaces */
} bwi_update;
bwi_id bwi_matmul(bwi_graph *g, bwi_id a, bwi_id b);
/* x @ w, or x @ w^T where w is transposed; x may be a vector if w is one matrix. */
bwi_id bwi_matmul_rows(bwi_graph *g, bwi_id x, bwi_id w, bool transposed);
bwi_id bwi_slice_axis(bwi_graph *g, bwi_id a, uint32_t axis, int64_t start,
                      int64_t end); /* all of the other axes */
bwi_id bwi_slice(bwi_graph *g, bwi_id a, const bwi_dims *start, const bwi_dims *end, const bwi_dims *strides);

#endif
