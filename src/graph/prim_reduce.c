/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions and scans. */
#include <math.h>

#include "graph/family.h"

/* The dtype of a sum or product: small integers widen to 32 bits. */
static bw_dtype sum_dtype(bw_dtype dtype) {
  switch (dtype) {
    case BW_BOOL:
    case BW_I8:
    case BW_I16: return BW_I32;
    case BW_U8:
    case BW_U16: return BW_U32;
    default: return dtype;
  }
}

static bw_status check_not_empty(const bwi_node *n, int64_t axis, bw_error *err) {
  if (n->shape.v[axis] > 0 || bwi_node_count(n) > 0) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "an empty axis has no least or greatest element");
}

static bw_status infer_reduce(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *axes = &params->v[0];
  BW_TRY(bwi_check_range(params->i[0], BWI_ALL, BWI_MAX, "kind", err));
  BW_TRY(bwi_check_axes(&params->v[0], in[0]->shape.n, err));
  const bwi_reduction kind = (bwi_reduction)params->i[0];
  out->dtype = in[0]->dtype;
  if (kind == BWI_ALL || kind == BWI_ANY) out->dtype = BW_BOOL;
  if (kind == BWI_SUM || kind == BWI_PRODUCT) out->dtype = sum_dtype(in[0]->dtype);
  out->shape = in[0]->shape;
  for (uint32_t k = 0; k < axes->n; k++) {
    if (kind == BWI_MIN || kind == BWI_MAX) BW_TRY(check_not_empty(in[0], axes->v[k], err));
    out->shape.v[axes->v[k]] = 1;
  }
  return BW_OK;
}

static bw_status infer_arg_reduce(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "kind", err));
  BW_TRY(bwi_check_axis(&params->i[1], in[0]->shape.n, err));
  BW_TRY(check_not_empty(in[0], params->i[1], err));
  *out = (bwi_typed_shape){BW_U32, in[0]->shape};
  out->shape.v[params->i[1]] = 1;
  return BW_OK;
}

static bw_status infer_scan(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], BWI_SCAN_MAX, BWI_SCAN_LOGADDEXP, "kind", err));
  BW_TRY(bwi_check_axis(&params->i[1], in[0]->shape.n, err));
  BW_TRY(bwi_check_range(params->i[2], 0, 1, "reverse", err));
  BW_TRY(bwi_check_range(params->i[3], 0, 1, "inclusive", err));
  if (params->i[0] == BWI_SCAN_LOGADDEXP) BW_TRY(bwi_check_float(in[0], "the operand", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  if (params->i[0] == BWI_SCAN_SUM && in[0]->dtype == BW_BOOL) out->dtype = BW_I32;
  return BW_OK;
}

static bw_status infer_over_last(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "precise", err));
  BW_TRY(bwi_check_float(in[0], "the operand", err));
  BW_TRY(bwi_check_rank(in[0], 1, BW_MAX_RANK, "the operand", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_logsumexp(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  BW_TRY(infer_over_last(g, n_in, in, params, out, err));
  out->shape.v[out->shape.n - 1] = 1;
  return BW_OK;
}

/* --- derivatives of reductions --- */

/* The least or greatest elements share the cotangent equally, as in MLX. */
static bwi_id share_among_ties(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  const bwi_id chosen = bwi_binary(g, BWI_Equal, n->in[0], y);
  const bwi_id ties = bwi_reduce(g, BWI_SUM, chosen, &n->params->v[0]);
  return bwi_mask(g, chosen, bwi_divide(g, c, bwi_astype(g, ties, n->dtype)));
}

/* The order of axes that puts the reduced ones last; returns how many stay in front. */
static uint32_t reduced_last(bwi_dims *order, uint32_t rank, const bwi_dims *axes) {
  bool reduced[BW_MAX_RANK] = {false};
  order->n = 0;
  for (uint32_t k = 0; k < axes->n; k++) reduced[axes->v[k]] = true;
  for (uint32_t d = 0; d < rank; d++)
    if (!reduced[d]) order->v[order->n++] = d;
  const uint32_t n_kept = order->n;
  for (uint32_t d = 0; d < rank; d++)
    if (reduced[d]) order->v[order->n++] = d;
  return n_kept;
}

/* Times the product of all other elements, without dividing by an element that may be 0: products of those
 * before and of those after, along one axis that the reduced axes are gathered in. */
static bwi_id product_of_others(bwi_graph *g, const bwi_node *n, bwi_id c) {
  const bwi_node *operand = bwi_graph_node(g, n->in[0]);
  if (bwi_node_count(operand) == 0) return BWI_NONE;
  bwi_dims order, back = {.n = operand->shape.n}, moved = {.n = operand->shape.n};
  const uint32_t n_kept = reduced_last(&order, operand->shape.n, &n->params->v[0]);
  for (uint32_t d = 0; d < order.n; d++) {
    back.v[order.v[d]] = d;
    moved.v[d] = operand->shape.v[order.v[d]];
  }
  bwi_dims flat = moved, column = moved;
  flat.n = column.n = n_kept + 1;
  flat.v[n_kept] = -1;
  column.v[n_kept] = 1;
  const bwi_id x = bwi_reshape(g, bwi_transpose(g, n->in[0], &order), &flat);
  const bwi_id before = bwi_scan(g, BWI_SCAN_PRODUCT, x, -1, false, false);
  const bwi_id after = bwi_scan(g, BWI_SCAN_PRODUCT, x, -1, true, false);
  const bwi_id slope = bwi_multiply(g, bwi_reshape(g, c, &column), bwi_multiply(g, before, after));
  return bwi_transpose(g, bwi_reshape(g, slope, &moved), &back);
}

static void vjp_reduce(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  if (n->params->i[0] == BWI_SUM || n->params->v[0].n == 0) {
    cotangents[0] = bwi_broadcast(g, c, &bwi_graph_node(g, n->in[0])->shape);
  } else if (n->params->i[0] == BWI_PRODUCT) {
    cotangents[0] = product_of_others(g, n, c);
  } else {
    cotangents[0] = share_among_ties(g, n, node, c);
  }
}

static void vjp_logsumexp(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  cotangents[0] = bwi_multiply(g, c, bwi_apply(g, BWI_Softmax, &(bwi_params){.i = {1}}, 1, n->in));
}

static void vjp_softmax(bwi_graph *g, bwi_id y, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_id weighted = bwi_multiply(g, c, y);
  const bwi_dims last = {1, {-1}};
  const bwi_id mean = bwi_reduce(g, BWI_SUM, weighted, &last);
  cotangents[0] = bwi_subtract(g, weighted, bwi_multiply(g, y, mean));
}

/* --- derivatives of scans: element i gets the cotangents of all results that it is part of --- */

/* Results are products; those past the first 0 are 0, and that 0 alone changes them: its slope is the
 * product of the others, found by putting 1 in its place. */
static bwi_id scan_product(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  const bwi_id x = n->in[0], zero = bwi_scalar_like(g, x, 0), one = bwi_scalar_like(g, x, 1);
  const int64_t axis = n->params->i[1];
  const bool reverse = n->params->i[2] == 1, inclusive = n->params->i[3] == 1;
  const bwi_id through =
      bwi_binary(g, BWI_Equal, bwi_scan(g, BWI_SCAN_PRODUCT, x, axis, reverse, true), zero);
  const bwi_id not_yet =
      bwi_binary(g, BWI_NotEqual, bwi_scan(g, BWI_SCAN_PRODUCT, x, axis, reverse, false), zero);
  const bwi_id first_zero = bwi_binary(g, BWI_LogicalAnd, through, not_yet);
  const bwi_id replaced =
      bwi_scan(g, BWI_SCAN_PRODUCT, bwi_select(g, first_zero, one, x), axis, reverse, inclusive);
  const bwi_id at_zero = bwi_scan(g, BWI_SCAN_SUM, bwi_multiply(g, c, replaced), axis, !reverse, inclusive);
  const bwi_id before =
      bwi_divide(g, bwi_scan(g, BWI_SCAN_SUM, bwi_multiply(g, c, y), axis, !reverse, inclusive), x);
  return bwi_select(g, first_zero, at_zero, bwi_select(g, through, zero, before));
}

/* 0, 1, ..., shape[axis] - 1 along the axis, plus first; other extents are 1. */
static bwi_id count_along(bwi_graph *g, const bwi_dims *shape, int64_t axis, int64_t first) {
  bwi_dims along = {.n = shape->n};
  for (uint32_t d = 0; d < shape->n; d++) along.v[d] = d == axis ? shape->v[d] : 1;
  return bwi_reshape(g, bwi_arange(g, BW_I32, first, first + shape->v[axis]), &along);
}

/* Each result is one element: the last met of those equal to it. Its place is found by a scan of places.
 * An exclusive scan is an inclusive one moved by one, and its first result is constant. */
static bwi_id scan_extremum(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  const bwi_dims shape = n->shape;
  const int64_t axis = n->params->i[1], extent = shape.v[axis], skipped = n->params->i[3] == 0 ? 1 : 0;
  const bool reverse = n->params->i[2] == 1;
  if (bwi_node_count(n) == 0 || extent == skipped) return BWI_NONE;
  const int64_t from = reverse ? skipped : 0, to = reverse ? 0 : skipped; /* first operand, first result */
  const bwi_id x = bwi_slice_axis(g, n->in[0], (uint32_t)axis, from, from + extent - skipped);
  y = bwi_slice_axis(g, y, (uint32_t)axis, to, to + extent - skipped);
  c = bwi_slice_axis(g, c, (uint32_t)axis, to, to + extent - skipped);
  if (x == BWI_NONE) return BWI_NONE;
  const bwi_id places = count_along(g, &bwi_graph_node(g, x)->shape, axis, from);
  const bwi_id worst = bwi_scalar(g, BW_I32, reverse ? (double)(extent - 1) : 0);
  const bwi_id found = bwi_select(g, bwi_binary(g, BWI_Equal, x, y), places, worst);
  const bwi_id chosen = bwi_scan(g, reverse ? BWI_SCAN_MIN : BWI_SCAN_MAX, found, axis, reverse, true);
  return bwi_apply(g, BWI_ScatterAxis, &(bwi_params){.i = {0, axis}}, 3,
                   (bwi_id[]){bwi_zeros_like(g, n->in[0]), chosen, c});
}

/* sum_j c_j exp(x - y_j), in logarithms and for each sign of c by itself. */
static bwi_id scan_log_add_exp(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  const bwi_id x = n->in[0], zero = bwi_scalar_like(g, c, 0), none = bwi_scalar_like(g, c, -(double)INFINITY);
  const bwi_id logarithm = bwi_subtract(g, bwi_log(g, bwi_unary(g, BWI_Abs, c)), y);
  static const bwi_prim signs[] = {BWI_Greater, BWI_Less};
  bwi_id parts[2];
  for (uint32_t k = 0; k < 2; k++) {
    const bwi_id terms = bwi_select(g, bwi_binary(g, signs[k], c, zero), logarithm, none);
    const bwi_id sum =
        bwi_scan(g, BWI_SCAN_LOGADDEXP, terms, n->params->i[1], n->params->i[2] == 0, n->params->i[3] == 1);
    parts[k] = bwi_unary(g, BWI_Exp, bwi_add(g, sum, x));
  }
  return bwi_subtract(g, parts[0], parts[1]);
}

static void vjp_scan(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  switch ((bwi_scan_kind)n->params->i[0]) {
    case BWI_SCAN_SUM:
      cotangents[0] =
          bwi_scan(g, BWI_SCAN_SUM, c, n->params->i[1], n->params->i[2] == 0, n->params->i[3] == 1);
      break;
    case BWI_SCAN_PRODUCT: cotangents[0] = scan_product(g, n, node, c); break;
    case BWI_SCAN_LOGADDEXP: cotangents[0] = scan_log_add_exp(g, n, node, c); break;
    case BWI_SCAN_MAX:
    case BWI_SCAN_MIN: cotangents[0] = scan_extremum(g, n, node, c); break;
  }
}

BWI_PRIMITIVE(ArgReduce, false, infer_arg_reduce, NULL);
BWI_PRIMITIVE(LogSumExp, false, infer_logsumexp, vjp_logsumexp);
BWI_PRIMITIVE(Reduce, false, infer_reduce, vjp_reduce);
BWI_PRIMITIVE(Scan, false, infer_scan, vjp_scan);
BWI_PRIMITIVE(Softmax, false, infer_over_last, vjp_softmax);
