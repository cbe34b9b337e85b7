/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/build.h"

bwi_id bwi_unary(bwi_graph *g, bwi_prim prim, bwi_id a) {
  return bwi_apply(g, prim, NULL, 1, &a);
}

bwi_id bwi_binary(bwi_graph *g, bwi_prim prim, bwi_id a, bwi_id b) {
  return bwi_apply(g, prim, NULL, 2, (bwi_id[]){a, b});
}

bwi_id bwi_add(bwi_graph *g, bwi_id a, bwi_id b) {
  return bwi_binary(g, BWI_Add, a, b);
}

bwi_id bwi_subtract(bwi_graph *g, bwi_id a, bwi_id b) {
  return bwi_binary(g, BWI_Subtract, a, b);
}

bwi_id bwi_multiply(bwi_graph *g, bwi_id a, bwi_id b) {
  return bwi_binary(g, BWI_Multiply, a, b);
}

bwi_id bwi_divide(bwi_graph *g, bwi_id a, bwi_id b) {
  return bwi_binary(g, BWI_Divide, a, b);
}

bwi_id bwi_scale(bwi_graph *g, bwi_id a, double factor) {
  return factor == 1 ? a : bwi_multiply(g, a, bwi_scalar_like(g, a, factor));
}

bwi_id bwi_log(bwi_graph *g, bwi_id a) {
  return bwi_apply(g, BWI_Log, &(bwi_params){.i = {2}}, 1, &a);
}

bwi_id bwi_rsqrt(bwi_graph *g, bwi_id a) {
  return bwi_apply(g, BWI_Sqrt, &(bwi_params){.i = {1}}, 1, &a);
}

bwi_id bwi_select(bwi_graph *g, bwi_id condition, bwi_id then, bwi_id otherwise) {
  return bwi_apply(g, BWI_Select, NULL, 3, (bwi_id[]){condition, then, otherwise});
}

bwi_id bwi_mask(bwi_graph *g, bwi_id condition, bwi_id a) {
  return bwi_select(g, condition, a, bwi_scalar_like(g, a, 0));
}

bwi_id bwi_scalar_like(bwi_graph *g, bwi_id a, double value) {
  return a == BWI_NONE ? BWI_NONE : bwi_scalar(g, bwi_graph_node(g, a)->dtype, value);
}

bwi_id bwi_zeros_like(bwi_graph *g, bwi_id a) {
  if (a == BWI_NONE) return BWI_NONE;
  const bwi_node *n = bwi_graph_node(g, a);
  return bwi_zeros(g, n->dtype, &n->shape);
}

bwi_id bwi_zeros(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape) {
  return bwi_broadcast(g, bwi_scalar(g, dtype, 0), shape);
}

bwi_id bwi_astype(bwi_graph *g, bwi_id a, bw_dtype dtype) {
  if (a == BWI_NONE || bwi_graph_node(g, a)->dtype == dtype) return a;
  return bwi_apply(g, BWI_AsType, &(bwi_params){.dtype = dtype}, 1, &a);
}

bwi_id bwi_arange(bwi_graph *g, bw_dtype dtype, int64_t first, int64_t end) {
  const bwi_params params = {.f = {(double)first, (double)end, 1}, .dtype = dtype};
  return bwi_apply(g, BWI_Arange, &params, 0, NULL);
}

bwi_id bwi_reduce(bwi_graph *g, bwi_reduction kind, bwi_id a, const bwi_dims *axes) {
  return bwi_apply(g, BWI_Reduce, &(bwi_params){.i = {kind}, .v = {*axes}}, 1, &a);
}

bwi_id bwi_scan(bwi_graph *g, bwi_scan_kind kind, bwi_id a, int64_t axis, bool reverse, bool inclusive) {
  return bwi_apply(g, BWI_Scan, &(bwi_params){.i = {kind, axis, reverse, inclusive}}, 1, &a);
}

bwi_id bwi_sum_to(bwi_graph *g, bwi_id a, const bwi_dims *shape) {
  if (a == BWI_NONE) return BWI_NONE;
  const bwi_dims from = bwi_graph_node(g, a)->shape;
  if (bwi_dims_equal(&from, shape)) return a;
  if (shape->n > from.n)
    return bwi_graph_fail(g, BW_EINVAL, "cannot sum rank %u to rank %u", from.n, shape->n);
  const uint32_t extra = from.n - shape->n;
  bwi_dims axes = {0};
  for (uint32_t d = 0; d < from.n; d++)
    if (d < extra || (shape->v[d - extra] == 1 && from.v[d] != 1)) axes.v[axes.n++] = d;
  return bwi_reshape(g, bwi_reduce(g, BWI_SUM, a, &axes), shape);
}

bwi_id bwi_reshape(bwi_graph *g, bwi_id a, const bwi_dims *shape) {
  if (a == BWI_NONE || bwi_dims_equal(&bwi_graph_node(g, a)->shape, shape)) return a;
  return bwi_apply(g, BWI_Reshape, &(bwi_params){.v = {*shape}}, 1, &a);
}

bwi_id bwi_broadcast(bwi_graph *g, bwi_id a, const bwi_dims *shape) {
  if (a == BWI_NONE || bwi_dims_equal(&bwi_graph_node(g, a)->shape, shape)) return a;
  return bwi_apply(g, BWI_Broadcast, &(bwi_params){.v = {*shape}}, 1, &a);
}

bwi_id bwi_transpose(bwi_graph *g, bwi_id a, const bwi_dims *axes) {
  return bwi_apply(g, BWI_Transpose, &(bwi_params){.v = {*axes}}, 1, &a);
}

bwi_id bwi_swap_last(bwi_graph *g, bwi_id a) {
  if (a == BWI_NONE) return BWI_NONE;
  bwi_dims axes = {.n = bwi_graph_node(g, a)->shape.n};
  if (axes.n < 2) return bwi_graph_fail(g, BW_EINVAL, "a matrix needs two axes, not %u", axes.n);
  for (uint32_t d = 0; d < axes.n; d++) axes.v[d] = d;
  axes.v[axes.n - 1] = axes.n - 2;
  axes.v[axes.n - 2] = axes.n - 1;
  return bwi_transpose(g, a, &axes);
}

bwi_id bwi_matmul(bwi_graph *g, bwi_id a, bwi_id b) {
  return bwi_binary(g, BWI_Matmul, a, b);
}

bwi_id bwi_matmul_rows(bwi_graph *g, bwi_id x, bwi_id w, bool transposed) {
  const bwi_id right = transposed ? bwi_swap_last(g, w) : w;
  if (x == BWI_NONE || right == BWI_NONE) return BWI_NONE;
  const bwi_dims shape = bwi_graph_node(g, x)->shape, weights = bwi_graph_node(g, right)->shape;
  if (shape.n != 1 || weights.n != 2) return bwi_matmul(g, x, right);
  const bwi_id row = bwi_reshape(g, x, &(bwi_dims){2, {1, shape.v[0]}});
  return bwi_reshape(g, bwi_matmul(g, row, right), &(bwi_dims){1, {weights.v[1]}});
}

bwi_id bwi_slice_axis(bwi_graph *g, bwi_id a, uint32_t axis, int64_t start, int64_t end) {
  if (a == BWI_NONE) return BWI_NONE;
  const bwi_dims shape = bwi_graph_node(g, a)->shape;
  if (axis >= shape.n) return bwi_graph_fail(g, BW_EINVAL, "axis %u of an array of rank %u", axis, shape.n);
  if (start == 0 && end == shape.v[axis]) return a;
  bwi_dims first = {.n = shape.n}, last = shape, strides = {.n = shape.n};
  for (uint32_t d = 0; d < shape.n; d++) strides.v[d] = 1;
  first.v[axis] = start;
  last.v[axis] = end;
  return bwi_slice(g, a, &first, &last, &strides);
}

bwi_id bwi_slice(bwi_graph *g, bwi_id a, const bwi_dims *start, const bwi_dims *end,
                 const bwi_dims *strides) {
  return bwi_apply(g, BWI_Slice, &(bwi_params){.v = {*start, *end, *strides}}, 1, &a);
}
