/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise primitives of two or three operands, with NumPy broadcasting. Operands have one dtype:
 * MLX writes the promotion as AsType. */
#include "graph/family.h"

static bw_status infer_arithmetic(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)params;
  BW_TRY(bwi_check_same_dtype(in[0], in[1], err));
  out->dtype = in[0]->dtype;
  return bwi_check_broadcast(&out->shape, &in[0]->shape, &in[1]->shape, err);
}

static bw_status infer_float(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_float(in[0], "the first operand", err));
  return infer_arithmetic(g, n_in, in, params, out, err);
}

static bw_status infer_bitwise(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  enum { LEFT_SHIFT = 3 };
  BW_TRY(bwi_check_range(params->i[0], 0, 4, "operation", err));
  if (in[0]->dtype != BW_BOOL || params->i[0] >= LEFT_SHIFT)
    BW_TRY(bwi_check_index(in[0], "the operands", err));
  return infer_arithmetic(g, n_in, in, params, out, err);
}

static bw_status infer_comparison(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  BW_TRY(infer_arithmetic(g, n_in, in, params, out, err));
  out->dtype = BW_BOOL;
  return BW_OK;
}

static bw_status infer_equal(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "equal_nan", err));
  return infer_comparison(g, n_in, in, params, out, err);
}

static bw_status infer_logical(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  if (in[0]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "the operands must be bool, not %s", bw_dtype_name(in[0]->dtype));
  return infer_arithmetic(g, n_in, in, params, out, err);
}

static bw_status infer_select(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  if (in[0]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "the condition must be bool, not %s", bw_dtype_name(in[0]->dtype));
  BW_TRY(infer_arithmetic(g, n_in - 1, in + 1, params, out, err));
  return bwi_check_broadcast(&out->shape, &out->shape, &in[0]->shape, err);
}

/* --- derivatives --- */

/* Hands c on to operand k, summed over the axes along which it was broadcast. */
static void give(bwi_graph *g, const bwi_node *n, uint32_t k, bwi_id c, bwi_id *cotangents) {
  cotangents[k] = bwi_sum_to(g, c, &bwi_graph_node(g, n->in[k])->shape);
}

static void vjp_add(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) give(g, n, 0, c, cotangents);
  if (wanted[1]) give(g, n, 1, n->prim == BWI_Subtract ? bwi_unary(g, BWI_Negative, c) : c, cotangents);
}

static void vjp_multiply(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) give(g, n, 0, bwi_multiply(g, c, n->in[1]), cotangents);
  if (wanted[1]) give(g, n, 1, bwi_multiply(g, c, n->in[0]), cotangents);
}

static void vjp_divide(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id a = n->in[0], b = n->in[1];
  if (wanted[0]) give(g, n, 0, bwi_divide(g, c, b), cotangents);
  if (!wanted[1]) return;
  const bwi_id quotient = bwi_divide(g, bwi_multiply(g, c, a), bwi_unary(g, BWI_Square, b));
  give(g, n, 1, bwi_unary(g, BWI_Negative, quotient), cotangents);
}

static void vjp_arctan2(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id a = n->in[0], b = n->in[1];
  const bwi_id share = bwi_divide(g, c, bwi_add(g, bwi_unary(g, BWI_Square, a), bwi_unary(g, BWI_Square, b)));
  if (wanted[0]) give(g, n, 0, bwi_multiply(g, b, share), cotangents);
  if (wanted[1]) give(g, n, 1, bwi_multiply(g, bwi_unary(g, BWI_Negative, a), share), cotangents);
}

static void vjp_log_add_exp(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id share = bwi_unary(g, BWI_Sigmoid, bwi_subtract(g, n->in[0], n->in[1]));
  if (wanted[0]) give(g, n, 0, bwi_multiply(g, c, share), cotangents);
  if (!wanted[1]) return;
  give(g, n, 1, bwi_multiply(g, c, bwi_subtract(g, bwi_scalar_like(g, share, 1), share)), cotangents);
}

/* At equality all of the cotangent goes to the second operand, in MLX too: maximum(x, 0) has slope 0 at 0.
 * Where an operand is NaN neither gets any. */
static void vjp_extremum(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bool is_maximum = n->prim == BWI_Maximum;
  const bwi_prim first = is_maximum ? BWI_Greater : BWI_Less,
                 second = is_maximum ? BWI_LessEqual : BWI_GreaterEqual;
  if (wanted[0]) give(g, n, 0, bwi_mask(g, bwi_binary(g, first, n->in[0], n->in[1]), c), cotangents);
  if (wanted[1]) give(g, n, 1, bwi_mask(g, bwi_binary(g, second, n->in[0], n->in[1]), c), cotangents);
}

static void vjp_power(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id a = n->in[0], b = n->in[1];
  if (wanted[0]) {
    const bwi_id power = bwi_binary(g, BWI_Power, a, bwi_subtract(g, b, bwi_scalar_like(g, b, 1)));
    give(g, n, 0, bwi_multiply(g, c, bwi_multiply(g, b, power)), cotangents);
  }
  if (!wanted[1]) return;
  const bwi_id not_zero = bwi_binary(g, BWI_NotEqual, a, bwi_scalar_like(g, a, 0));
  const bwi_id logarithm = bwi_log(g, a);
  const bwi_id slope = bwi_mask(g, not_zero, bwi_multiply(g, logarithm, node));
  give(g, n, 1, bwi_multiply(g, c, slope), cotangents);
}

static void vjp_remainder(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) give(g, n, 0, c, cotangents);
  if (!wanted[1]) return;
  const bwi_id whole = bwi_unary(g, BWI_Floor, bwi_divide(g, n->in[0], n->in[1]));
  give(g, n, 1, bwi_unary(g, BWI_Negative, bwi_multiply(g, c, whole)), cotangents);
}

/* Differs: MLX multiplies by the condition, which makes NaN of a cotangent that is infinite on the side
 * that was not taken. */
static void vjp_select(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id zero = bwi_scalar_like(g, c, 0);
  if (wanted[1]) give(g, n, 1, bwi_select(g, n->in[0], c, zero), cotangents);
  if (wanted[2]) give(g, n, 2, bwi_select(g, n->in[0], zero, c), cotangents);
}

BWI_PRIMITIVE(Add, true, infer_arithmetic, vjp_add);
BWI_PRIMITIVE(ArcTan2, true, infer_float, vjp_arctan2);
BWI_PRIMITIVE(BitwiseBinary, true, infer_bitwise, NULL);
BWI_PRIMITIVE(Divide, true, infer_float, vjp_divide);
BWI_PRIMITIVE(FloorDivide, true, infer_arithmetic, NULL);
BWI_PRIMITIVE(Equal, true, infer_equal, NULL);
BWI_PRIMITIVE(Greater, true, infer_comparison, NULL);
BWI_PRIMITIVE(GreaterEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(Less, true, infer_comparison, NULL);
BWI_PRIMITIVE(LessEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(LogAddExp, true, infer_float, vjp_log_add_exp);
BWI_PRIMITIVE(LogicalAnd, true, infer_logical, NULL);
BWI_PRIMITIVE(LogicalOr, true, infer_logical, NULL);
BWI_PRIMITIVE(Maximum, true, infer_arithmetic, vjp_extremum);
BWI_PRIMITIVE(Minimum, true, infer_arithmetic, vjp_extremum);
BWI_PRIMITIVE(Multiply, true, infer_arithmetic, vjp_multiply);
BWI_PRIMITIVE(NotEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(Power, true, infer_arithmetic, vjp_power);
BWI_PRIMITIVE(Remainder, true, infer_arithmetic, vjp_remainder);
BWI_PRIMITIVE(Subtract, true, infer_arithmetic, vjp_add);
BWI_PRIMITIVE(Select, true, infer_select, vjp_select);
