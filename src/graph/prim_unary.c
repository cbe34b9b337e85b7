/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise primitives of one operand. */
#include "graph/family.h"

#define TWO_OVER_SQRT_PI 1.12837916709551257390
#define LN_2 0.693147180559945309417
#define LN_10 2.30258509299404568402

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

/* --- derivatives: each gives the operand's cotangent from operand x, result y and the result's c --- */

typedef bwi_id derivative(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c);

static bwi_id square_plus(bwi_graph *g, bwi_id x, double addend) {
  return bwi_add(g, bwi_unary(g, BWI_Square, x), bwi_scalar_like(g, x, addend));
}

static bwi_id one_minus(bwi_graph *g, bwi_id x) {
  return bwi_subtract(g, bwi_scalar_like(g, x, 1), x);
}

static bwi_id d_abs(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_unary(g, BWI_Sign, x));
}

static bwi_id d_arccos(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  const bwi_id root = bwi_rsqrt(g, one_minus(g, bwi_unary(g, BWI_Square, x)));
  return bwi_multiply(g, c, bwi_unary(g, BWI_Negative, root));
}

static bwi_id d_arccosh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_rsqrt(g, square_plus(g, x, -1)));
}

static bwi_id d_arcsin(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_rsqrt(g, one_minus(g, bwi_unary(g, BWI_Square, x))));
}

static bwi_id d_arcsinh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_rsqrt(g, square_plus(g, x, 1)));
}

static bwi_id d_arctan(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_divide(g, c, square_plus(g, x, 1));
}

static bwi_id d_arctanh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_divide(g, c, one_minus(g, bwi_unary(g, BWI_Square, x)));
}

static bwi_id d_astype(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_astype(g, c, bwi_graph_node(g, x)->dtype);
}

static bwi_id d_cos(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_unary(g, BWI_Negative, bwi_unary(g, BWI_Sin, x)));
}

static bwi_id d_cosh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_unary(g, BWI_Sinh, x));
}

static bwi_id d_erf(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  const bwi_id bell = bwi_unary(g, BWI_Exp, bwi_unary(g, BWI_Negative, bwi_unary(g, BWI_Square, x)));
  return bwi_multiply(g, bwi_scale(g, c, TWO_OVER_SQRT_PI), bell);
}

static bwi_id d_erfinv(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)x;
  const bwi_id inverse_bell = bwi_unary(g, BWI_Exp, bwi_unary(g, BWI_Square, y));
  return bwi_multiply(g, bwi_scale(g, c, 1 / TWO_OVER_SQRT_PI), inverse_bell);
}

static bwi_id d_exp(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)x;
  return bwi_multiply(g, c, y);
}

static bwi_id d_expm1(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)x;
  return bwi_multiply(g, c, bwi_add(g, y, bwi_scalar_like(g, y, 1)));
}

static bwi_id d_log(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  static const double per_base[] = {1 / LN_2, 1 / LN_10, 1};
  return bwi_scale(g, bwi_divide(g, c, x), per_base[bwi_graph_node(g, y)->params->i[0]]);
}

static bwi_id d_log1p(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_divide(g, c, bwi_add(g, x, bwi_scalar_like(g, x, 1)));
}

static bwi_id d_negative(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)x, (void)y;
  return bwi_unary(g, BWI_Negative, c);
}

static bwi_id d_sigmoid(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)x;
  return bwi_multiply(g, c, bwi_multiply(g, y, one_minus(g, y)));
}

static bwi_id d_sin(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_unary(g, BWI_Cos, x));
}

static bwi_id d_sinh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, c, bwi_unary(g, BWI_Cosh, x));
}

static bwi_id d_sqrt(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  if (bwi_graph_node(g, y)->params->i[0] == 1)
    return bwi_multiply(g, bwi_scale(g, c, -0.5), bwi_divide(g, y, x));
  return bwi_divide(g, bwi_scale(g, c, 0.5), y);
}

static bwi_id d_square(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_multiply(g, bwi_scale(g, c, 2), x);
}

static bwi_id d_tan(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_divide(g, c, bwi_unary(g, BWI_Square, bwi_unary(g, BWI_Cos, x)));
}

/* By the hyperbolic cosine, as MLX does: 1 - y^2 would be 0 long before the derivative is. */
static bwi_id d_tanh(bwi_graph *g, bwi_id x, bwi_id y, bwi_id c) {
  (void)y;
  return bwi_divide(g, c, bwi_unary(g, BWI_Square, bwi_unary(g, BWI_Cosh, x)));
}

static derivative *const derivatives[BWI_PRIM_COUNT] = {
    [BWI_Abs] = d_abs,         [BWI_ArcCos] = d_arccos,     [BWI_ArcCosh] = d_arccosh,
    [BWI_ArcSin] = d_arcsin,   [BWI_ArcSinh] = d_arcsinh,   [BWI_ArcTan] = d_arctan,
    [BWI_ArcTanh] = d_arctanh, [BWI_AsType] = d_astype,     [BWI_Cos] = d_cos,
    [BWI_Cosh] = d_cosh,       [BWI_Erf] = d_erf,           [BWI_ErfInv] = d_erfinv,
    [BWI_Exp] = d_exp,         [BWI_Expm1] = d_expm1,       [BWI_Log] = d_log,
    [BWI_Log1p] = d_log1p,     [BWI_Negative] = d_negative, [BWI_Sigmoid] = d_sigmoid,
    [BWI_Sin] = d_sin,         [BWI_Sinh] = d_sinh,         [BWI_Sqrt] = d_sqrt,
    [BWI_Square] = d_square,   [BWI_Tan] = d_tan,           [BWI_Tanh] = d_tanh,
};

static void vjp_unary(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  cotangents[0] = derivatives[n->prim](g, n->in[0], node, cotangent);
}

BWI_PRIMITIVE(Abs, true, infer_same, vjp_unary);
BWI_PRIMITIVE(ArcCos, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ArcCosh, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ArcSin, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ArcSinh, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ArcTan, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ArcTanh, true, infer_float, vjp_unary);
BWI_PRIMITIVE(AsType, true, infer_astype, vjp_unary);
BWI_PRIMITIVE(BitwiseInvert, true, infer_bitwise_invert, NULL);
BWI_PRIMITIVE(Ceil, true, infer_same, NULL);
BWI_PRIMITIVE(Cos, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Cosh, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Erf, true, infer_float, vjp_unary);
BWI_PRIMITIVE(ErfInv, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Exp, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Expm1, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Floor, true, infer_same, NULL);
BWI_PRIMITIVE(Log, true, infer_log, vjp_unary);
BWI_PRIMITIVE(Log1p, true, infer_float, vjp_unary);
BWI_PRIMITIVE(LogicalNot, true, infer_logical_not, NULL);
BWI_PRIMITIVE(Negative, true, infer_negative, vjp_unary);
BWI_PRIMITIVE(Round, true, infer_same, NULL);
BWI_PRIMITIVE(Sigmoid, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Sign, true, infer_same, NULL);
BWI_PRIMITIVE(Sin, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Sinh, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Sqrt, true, infer_sqrt, vjp_unary);
BWI_PRIMITIVE(Square, true, infer_same, vjp_unary);
BWI_PRIMITIVE(StopGradient, true, infer_same, NULL);
BWI_PRIMITIVE(Tan, true, infer_float, vjp_unary);
BWI_PRIMITIVE(Tanh, true, infer_float, vjp_unary);
