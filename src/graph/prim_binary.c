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

BWI_PRIMITIVE(Add, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(ArcTan2, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(BitwiseBinary, true, infer_bitwise, NULL);
BWI_PRIMITIVE(Divide, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(FloorDivide, true, infer_arithmetic, NULL);
BWI_PRIMITIVE(Equal, true, infer_equal, NULL);
BWI_PRIMITIVE(Greater, true, infer_comparison, NULL);
BWI_PRIMITIVE(GreaterEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(Less, true, infer_comparison, NULL);
BWI_PRIMITIVE(LessEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(LogAddExp, true, infer_float, bwi_vjp_none);
BWI_PRIMITIVE(LogicalAnd, true, infer_logical, NULL);
BWI_PRIMITIVE(LogicalOr, true, infer_logical, NULL);
BWI_PRIMITIVE(Maximum, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(Minimum, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(Multiply, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(NotEqual, true, infer_comparison, NULL);
BWI_PRIMITIVE(Power, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(Remainder, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(Subtract, true, infer_arithmetic, bwi_vjp_none);
BWI_PRIMITIVE(Select, true, infer_select, bwi_vjp_none);
