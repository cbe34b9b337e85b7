/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions and scans. */
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

typedef enum scan_kind {
  SCAN_MAX = 0,
  SCAN_MIN = 1,
  SCAN_SUM = 2,
  SCAN_PRODUCT = 3,
  SCAN_LOGADDEXP = 4
} scan_kind;

static bw_status infer_scan(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], SCAN_MAX, SCAN_LOGADDEXP, "kind", err));
  BW_TRY(bwi_check_axis(&params->i[1], in[0]->shape.n, err));
  BW_TRY(bwi_check_range(params->i[2], 0, 1, "reverse", err));
  BW_TRY(bwi_check_range(params->i[3], 0, 1, "inclusive", err));
  if (params->i[0] == SCAN_LOGADDEXP) BW_TRY(bwi_check_float(in[0], "the operand", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  if (params->i[0] == SCAN_SUM && in[0]->dtype == BW_BOOL) out->dtype = BW_I32;
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

BWI_PRIMITIVE(ArgReduce, false, infer_arg_reduce, NULL);
BWI_PRIMITIVE(LogSumExp, false, infer_logsumexp, bwi_vjp_none);
BWI_PRIMITIVE(Reduce, false, infer_reduce, bwi_vjp_none);
BWI_PRIMITIVE(Scan, false, infer_scan, bwi_vjp_none);
BWI_PRIMITIVE(Softmax, false, infer_over_last, bwi_vjp_none);
