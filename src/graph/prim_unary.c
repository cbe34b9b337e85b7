/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise primitives of one operand. */
#include "graph/family.h"

static bw_status infer_same(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)params, (void)err;
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_float(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_float(in[0], "the operand", err));
  return infer_same(g, n_in, in, params, out, err);
}

static bw_status infer_log(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                           bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_range(params->i[0], 0, 2, "base", err));
  return infer_float(g, n_in, in, params, out, err);
}

static bw_status infer_sqrt(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "reciprocal", err));
  return infer_float(g, n_in, in, params, out, err);
}

static bw_status infer_negative(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  if (in[0]->dtype == BW_BOOL) return BW_FAIL(err, BW_EFORMAT, "a bool has no negative");
  return infer_same(g, n_in, in, params, out, err);
}

static bw_status infer_logical_not(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  if (in[0]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "the operand must be bool, not %s", bw_dtype_name(in[0]->dtype));
  return infer_same(g, n_in, in, params, out, err);
}

static bw_status infer_bitwise_invert(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                      bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_index(in[0], "the operands", err));
  return infer_same(g, n_in, in, params, out, err);
}

static bw_status infer_astype(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  if (bw_dtype_bytes(params->dtype) == 0)
    return BW_FAIL(err, BW_EFORMAT, "%d is not a dtype", (int)params->dtype);
  *out = (bwi_typed_shape){params->dtype, in[0]->shape};
  return BW_OK;
}

BWI_PRIMITIVE(Abs, true, infer_same, bwi_vjp_none);
BWI_PRIMITIVE(ArcCos, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ArcCosh, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ArcSin, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ArcSinh, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ArcTan, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ArcTanh, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(AsType, true, infer_astype, bwi_vjp_none);
BWI_PRIMITIVE(BitwiseInvert, true, infer_bitwise_invert, NULL);
BWI_PRIMITIVE(Ceil, true, infer_same, NULL);
BWI_PRIMITIVE(Cos, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Cosh, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Erf, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(ErfInv, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Exp, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Expm1, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Floor, true, infer_same, NULL);
BWI_PRIMITIVE(Log, true, infer_log, bwi_vjp_none);
BWI_PRIMITIVE(Log1p, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(LogicalNot, true, infer_logical_not, NULL);
BWI_PRIMITIVE(Negative, true, infer_negative, bwi_vjp_none);
BWI_PRIMITIVE(Round, true, infer_same, NULL);
BWI_PRIMITIVE(Sigmoid, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Sign, true, infer_same, NULL);
BWI_PRIMITIVE(Sin, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Sinh, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Sqrt, true, infer_sqrt, bwi_vjp_none);
BWI_PRIMITIVE(Square, true, infer_same, bwi_vjp_none);
BWI_PRIMITIVE(StopGradient, true, infer_same, NULL);
BWI_PRIMITIVE(Tan, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(Tanh, true, infer_float, bwi_vjp_none);
