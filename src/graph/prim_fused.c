/* SPDX-License-Identifier: Apache-2.0 */
/* What rewriting makes. Pooling is recognised before differentiating, because its derivative is worth a
 * kernel; all else is fused afterwards and never differentiated. */
#include "graph/convolution.h"
#include "graph/family.h"

/* All floats but the mask, which is the last operand and a bool, if asked for. */
static bw_status check_dtypes(uint32_t n_in, const bwi_node *const *in, int64_t activation, bw_error *err) {
  BW_TRY(bwi_check_range(activation, 0, 2, "activation", err));
  const uint32_t n_masks = activation == 2;
  BW_TRY(bwi_check_range(n_in, 3 + n_masks, 4 + n_masks, "operands", err));
  if (n_masks > 0 && in[n_in - 1]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "the mask must be bool, not %s", bw_dtype_name(in[n_in - 1]->dtype));
  return bwi_check_same_float(n_in - n_masks, in, err);
}

/* bias (O), then an optional residual and, if asked for, a mask of the output's shape. */
static bw_status check_epilogue(uint32_t n_in, const bwi_node *const *in, const bwi_dims *shape,
                                int64_t activation, bw_error *err) {
  BW_TRY(bwi_check_shape(in[2], &(bwi_dims){1, {shape->v[shape->n - 1]}}, "the bias", err));
  for (uint32_t k = 3; k < n_in; k++) {
    const bool masks = activation == 2 && k + 1 == n_in;
    BW_TRY(bwi_check_shape(in[k], shape, masks ? "the mask" : "the residual", err));
  }
  return BW_OK;
}

static bw_status infer_convolution(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(check_dtypes(n_in, in, params->i[2], err));
  out->dtype = in[0]->dtype;
  BW_TRY(bwi_convolution_shape(&out->shape, &in[0]->shape, &in[1]->shape, params, err));
  return check_epilogue(n_in, in, &out->shape, params->i[2], err);
}

static bw_status infer_matmul(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(check_dtypes(n_in, in, params->i[0], err));
  BW_TRY(bwi_check_rank(in[0], 2, 2, "the left operand", err));
  BW_TRY(bwi_check_rank(in[1], 2, 2, "the right operand", err));
  BW_TRY(bwi_check_range(in[1]->shape.v[0], in[0]->shape.v[1], in[0]->shape.v[1], "inner extent", err));
  *out = (bwi_typed_shape){in[0]->dtype, {2, {in[0]->shape.v[0], in[1]->shape.v[1]}}};
  return check_epilogue(n_in, in, &out->shape, params->i[0], err);
}

/* The shape of the pooled image (N, H, W, C). */
static bw_status pooled_shape(bwi_dims *out, const bwi_dims *image, const bwi_params *params, bw_error *err) {
  const bwi_dims *window = &params->v[0], *strides = &params->v[1];
  BW_TRY(bwi_check_length(image, 4, "axes of the image", err));
  BW_TRY(bwi_check_length(window, 2, "window extents", err));
  BW_TRY(bwi_check_length(strides, 2, "strides", err));
  BW_TRY(bwi_check_each(strides, 1, INT32_MAX, "stride", err));
  *out = *image;
  for (uint32_t d = 0; d < 2; d++) {
    BW_TRY(bwi_check_range(window->v[d], 1, image->v[d + 1], "window", err));
    out->v[d + 1] = (image->v[d + 1] - window->v[d]) / strides->v[d] + 1;
  }
  return BW_OK;
}

static bw_status infer_pool(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_float(in[0], "the operand", err));
  out->dtype = in[0]->dtype;
  return pooled_shape(&out->shape, &in[0]->shape, params, err);
}

static bw_status infer_max_pool_gradient(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                         bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  bwi_dims pooled = {0};
  BW_TRY(bwi_check_same_float(n_in, in, err));
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "activation", err));
  BW_TRY(pooled_shape(&pooled, &in[0]->shape, params, err));
  BW_TRY(bwi_check_shape(in[1], &pooled, "the pooled image", err));
  BW_TRY(bwi_check_shape(in[2], &pooled, "the cotangent", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_avg_pool_gradient(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                         bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  bwi_dims pooled = {0};
  BW_TRY(bwi_check_float(in[0], "the cotangent", err));
  BW_TRY(bwi_check_each(&params->v[2], 0, INT32_MAX, "extent", err));
  BW_TRY(pooled_shape(&pooled, &params->v[2], params, err));
  BW_TRY(bwi_check_shape(in[0], &pooled, "the cotangent", err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[2]};
  return BW_OK;
}

static bw_status infer_elementwise(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  *out = (bwi_typed_shape){params->dtype, in[0]->shape};
  for (uint32_t k = 0; k < n_in; k++) {
    if (in[k]->dtype != BW_F32 && in[k]->dtype != BW_BOOL)
      return BW_FAIL(err, BW_EFORMAT, "an operand is %s, must be float32 or bool",
                     bw_dtype_name(in[k]->dtype));
    BW_TRY(bwi_check_broadcast(&out->shape, &out->shape, &in[k]->shape, err));
  }
  return BW_OK;
}

static void vjp_max_pool(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted,
                         bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  cotangents[0] = bwi_apply(g, BWI_MaxPoolGradient, n->params, 3, (bwi_id[]){n->in[0], node, cotangent});
}

static void vjp_avg_pool(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted,
                         bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  bwi_params params = *n->params;
  params.v[2] = bwi_graph_node(g, n->in[0])->shape;
  cotangents[0] = bwi_apply(g, BWI_AvgPoolGradient, &params, 1, &cotangent);
}

BWI_PRIMITIVE(FusedConvolution, false, infer_convolution, bwi_vjp_none);
BWI_PRIMITIVE(FusedMatmul, false, infer_matmul, bwi_vjp_none);
BWI_PRIMITIVE(MaxPool, false, infer_pool, vjp_max_pool);
BWI_PRIMITIVE(MaxPoolGradient, false, infer_max_pool_gradient, bwi_vjp_none);
BWI_PRIMITIVE(AvgPool, false, infer_pool, vjp_avg_pool);
BWI_PRIMITIVE(AvgPoolGradient, false, infer_avg_pool_gradient, bwi_vjp_none);
BWI_PRIMITIVE(Elementwise, true, infer_elementwise, bwi_vjp_none);
