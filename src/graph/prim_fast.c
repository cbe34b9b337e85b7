/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's fused layers. */
#include "graph/family.h"

/* A scale or shift of the last axis: a vector of its extent, or a scalar that stands for none. */
static bw_status check_affine(const bwi_node *x, const bwi_node *w, const char *what, bw_error *err) {
  BW_TRY(bwi_check_rank(w, 0, 1, what, err));
  if (w->shape.n == 0) return BW_OK;
  return bwi_check_shape(w, &(bwi_dims){.n = 1, .v = {x->shape.v[x->shape.n - 1]}}, what, err);
}

static bw_status infer_norm(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_same_float(n_in, in, err));
  BW_TRY(bwi_check_finite(params->f[0], "eps", err));
  BW_TRY(bwi_check_rank(in[0], 1, BW_MAX_RANK, "the operand", err));
  for (uint32_t k = 1; k < n_in; k++)
    BW_TRY(check_affine(in[0], in[k], k == 1 ? "the weight" : "the bias", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_rope(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g;
  const bwi_dims *shape = &in[0]->shape;
  BW_TRY(bwi_check_float(in[0], "the operand", err));
  BW_TRY(bwi_check_rank(in[0], 3, BW_MAX_RANK, "the operand", err));
  BW_TRY(bwi_check_range(params->i[0], 2, shape->v[shape->n - 1], "dims", err));
  if (params->i[0] % 2 != 0) return BW_FAIL(err, BW_EFORMAT, "dims must be even");
  BW_TRY(bwi_check_range(params->i[1], 0, 1, "traditional", err));
  BW_TRY(bwi_check_range(params->i[2], 0, 1, "forward", err));
  BW_TRY(bwi_check_finite(params->f[1], "scale", err));
  BW_TRY(bwi_check_index(in[1], "offsets", err));
  BW_TRY(bwi_check_rank(in[1], 0, 1, "the offset", err));
  if (in[1]->shape.n == 1)
    BW_TRY(bwi_check_shape(in[1], &(bwi_dims){.n = 1, .v = {shape->v[0]}}, "the offset", err));
  if (n_in == 2 && !(params->f[0] > 0)) return BW_FAIL(err, BW_EFORMAT, "the base must be positive");
  if (n_in == 3) {
    BW_TRY(bwi_check_float(in[2], "frequencies", err));
    BW_TRY(bwi_check_shape(in[2], &(bwi_dims){.n = 1, .v = {params->i[0] / 2}}, "the frequencies", err));
  }
  *out = (bwi_typed_shape){in[0]->dtype, *shape};
  return BW_OK;
}

/* Batches, heads and lengths of queries (B, H, L, D), keys (B, K, S, D) and values (B, K, S, V) fit. */
static bw_status check_attention_shapes(const bwi_node *const *in, bw_error *err) {
  static const char *const names[] = {"queries", "keys", "values"};
  for (uint32_t k = 0; k < 3; k++) BW_TRY(bwi_check_rank(in[k], 4, 4, names[k], err));
  const int64_t *q = in[0]->shape.v, *k = in[1]->shape.v;
  BW_TRY(bwi_check_shape(in[1], &(bwi_dims){4, {q[0], k[1], k[2], q[3]}}, "keys", err));
  BW_TRY(bwi_check_shape(in[2], &(bwi_dims){4, {q[0], k[1], k[2], in[2]->shape.v[3]}}, "values", err));
  if (k[1] == 0 || q[1] % k[1] != 0)
    return BW_FAIL(err, BW_EFORMAT, "%lld query heads do not divide by %lld key heads", (long long)q[1],
                   (long long)k[1]);
  return BW_OK;
}

static bw_status infer_attention(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_same_float(3, in, err));
  BW_TRY(bwi_check_finite(params->f[0], "scale", err));
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "causal", err));
  BW_TRY(bwi_check_range(params->i[1], 0, 1, "sinks", err));
  BW_TRY(check_attention_shapes(in, err));
  const int64_t *q = in[0]->shape.v;
  const bool has_sinks = params->i[1] == 1, has_mask = n_in == (has_sinks ? 5u : 4u);
  if (has_sinks && n_in == 3) return BW_FAIL(err, BW_EFORMAT, "sinks are announced but not there");
  if (!has_sinks && n_in == 5) return BW_FAIL(err, BW_EFORMAT, "an operand too many");
  if (has_mask) {
    const bwi_dims scores = {4, {q[0], q[1], q[2], in[1]->shape.v[2]}};
    if (in[3]->dtype != BW_BOOL) BW_TRY(bwi_check_same_dtype(in[0], in[3], err));
    BW_TRY(bwi_check_broadcast_to(&in[3]->shape, &scores, "the mask", err));
  }
  if (has_sinks) {
    BW_TRY(bwi_check_same_dtype(in[0], in[n_in - 1], err));
    BW_TRY(bwi_check_shape(in[n_in - 1], &(bwi_dims){1, {q[1]}}, "sinks", err));
  }
  *out = (bwi_typed_shape){in[0]->dtype, {4, {q[0], q[1], q[2], in[2]->shape.v[3]}}};
  return BW_OK;
}

BWI_PRIMITIVE(LayerNorm, false, infer_norm, bwi_vjp_none);
BWI_PRIMITIVE(RMSNorm, false, infer_norm, bwi_vjp_none);
BWI_PRIMITIVE(RoPE, false, infer_rope, bwi_vjp_none);
BWI_PRIMITIVE(ScaledDotProductAttention, false, infer_attention, bwi_vjp_none);
