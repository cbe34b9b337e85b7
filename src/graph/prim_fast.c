/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's fused layers. */
#include <float.h>

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

/* --- derivatives: by the composition that MLX falls back to --- */

static const bwi_dims last_axis = {1, {-1}};

static bwi_id mean_of_last(bwi_graph *g, bwi_id x) {
  if (x == BWI_NONE) return BWI_NONE;
  const bwi_dims *shape = &bwi_graph_node(g, x)->shape;
  return bwi_scale(g, bwi_reduce(g, BWI_SUM, x, &last_axis), 1 / (double)shape->v[shape->n - 1]);
}

/* x / sqrt(mean(x^2) + eps) */
static bwi_id normalise(bwi_graph *g, bwi_id x, double eps) {
  const bwi_id power = mean_of_last(g, bwi_unary(g, BWI_Square, x));
  return bwi_multiply(g, x, bwi_rsqrt(g, bwi_add(g, power, bwi_scalar_like(g, power, eps))));
}

/* MLX computes norms and rotations of half precision in single precision. */
static bwi_id widened(bwi_graph *g, bwi_id x) {
  if (x == BWI_NONE) return BWI_NONE;
  const bw_dtype dtype = bwi_graph_node(g, x)->dtype;
  return dtype == BW_F16 || dtype == BW_BF16 ? bwi_astype(g, x, BW_F32) : x;
}

static bwi_id compose_rms_norm(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  return bwi_multiply(g, in[1], bwi_astype(g, normalise(g, widened(g, in[0]), n->params->f[0]), n->dtype));
}

static bwi_id compose_layer_norm(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  const bwi_id x = widened(g, in[0]), centred = bwi_subtract(g, x, mean_of_last(g, x));
  const bwi_id normal = bwi_astype(g, normalise(g, centred, n->params->f[0]), n->dtype);
  return bwi_add(g, bwi_multiply(g, normal, in[1]), in[2]);
}

static void vjp_rms_norm(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  bwi_vjp_composed(g, node, c, wanted, cotangents, compose_rms_norm);
}

static void vjp_layer_norm(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  bwi_vjp_composed(g, node, c, wanted, cotangents, compose_layer_norm);
}

/* A rotation's transpose is the rotation back. */
static void vjp_rope(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (n->n_in == 3 && wanted[2]) {
    bwi_graph_fail(g, BW_EUNSUPPORTED, "RoPE (node %d) has no derivative with respect to its frequencies",
                   (int)node);
    return;
  }
  bwi_params params = *n->params;
  params.i[2] = !params.i[2];
  bwi_id operands[] = {c, n->in[1], n->n_in == 3 ? n->in[2] : BWI_NONE};
  cotangents[0] = bwi_apply(g, BWI_RoPE, &params, n->n_in, operands);
}

/* The lowest finite value; MLX hides scores with it, so that a query that sees nothing sees all alike. */
static double lowest(bw_dtype dtype) {
  switch (dtype) {
    case BW_F16: return -65504;
    case BW_BF16: return -0x1.fep127;
    case BW_F32: return -FLT_MAX;
    default: return -DBL_MAX;
  }
}

/* Scores (B, K, H / K, L, S) of keys that the query may not see become the lowest. */
static bwi_id hide(bwi_graph *g, bwi_id scores, bwi_id visible) {
  if (scores == BWI_NONE) return BWI_NONE;
  return bwi_select(g, visible, scores, bwi_scalar_like(g, scores, lowest(bwi_graph_node(g, scores)->dtype)));
}

/* Query i of L sees keys up to i + S - L. */
static bwi_id causal_mask(bwi_graph *g, int64_t n_queries, int64_t n_keys) {
  const bwi_id queries = bwi_arange(g, BW_I32, n_keys - n_queries, n_keys),
               keys = bwi_arange(g, BW_I32, 0, n_keys);
  return bwi_binary(g, BWI_GreaterEqual, bwi_reshape(g, queries, &(bwi_dims){2, {n_queries, 1}}), keys);
}

/* A mask over heads (B or 1, H or 1, L, S) in the layout of the scores. */
static bwi_id group_mask(bwi_graph *g, bwi_id mask, int64_t n_groups, const bwi_dims *scores) {
  if (mask == BWI_NONE) return BWI_NONE;
  bwi_dims shape = bwi_graph_node(g, mask)->shape, grouped = *scores;
  while (shape.n < 4) {
    for (uint32_t d = shape.n++; d > 0; d--) shape.v[d] = shape.v[d - 1];
    shape.v[0] = 1;
  }
  const bool is_per_head = shape.v[1] != 1;
  grouped.v[0] = shape.v[0];
  grouped.v[1] = is_per_head ? n_groups : 1;
  grouped.v[2] = is_per_head ? shape.v[1] / n_groups : 1;
  grouped.v[3] = shape.v[2];
  grouped.v[4] = shape.v[3];
  return bwi_reshape(g, mask, &grouped);
}

/* Softmax over keys and one more place, the head's sink, that takes weight but gives no value. */
static bwi_id softmax_with_sinks(bwi_graph *g, bwi_id scores, bwi_id sinks) {
  if (scores == BWI_NONE) return BWI_NONE;
  const bwi_params precise = {.i = {1}};
  if (sinks == BWI_NONE) return bwi_apply(g, BWI_Softmax, &precise, 1, &scores);
  bwi_dims shape = bwi_graph_node(g, scores)->shape;
  const int64_t n_keys = shape.v[4];
  shape.v[4] = 1;
  const bwi_id column =
      bwi_broadcast(g, bwi_reshape(g, sinks, &(bwi_dims){5, {1, shape.v[1], shape.v[2], 1, 1}}), &shape);
  const bwi_id all = bwi_apply(g, BWI_Concatenate, &(bwi_params){.i = {4}}, 2, (bwi_id[]){column, scores});
  return bwi_slice_axis(g, bwi_apply(g, BWI_Softmax, &precise, 1, &all), 4, 1, n_keys + 1);
}

static bwi_id compose_attention(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  const bwi_node *q = bwi_graph_node(g, n->in[0]), *k = bwi_graph_node(g, n->in[1]),
                 *v = bwi_graph_node(g, n->in[2]);
  const int64_t batch = q->shape.v[0], heads = q->shape.v[1], n_queries = q->shape.v[2],
                width = q->shape.v[3];
  const int64_t groups = k->shape.v[1], n_keys = k->shape.v[2];
  const bool has_sinks = n->params->i[1] == 1, has_mask = n->n_in == (has_sinks ? 5u : 4u);
  const bwi_dims split = {5, {batch, groups, heads / groups, n_queries, width}};
  const bwi_dims scores_shape = {5, {batch, groups, heads / groups, n_queries, n_keys}};
  const bwi_dims keys_shape = {5, {batch, groups, 1, n_keys, width}};
  const bwi_dims values_shape = {5, {batch, groups, 1, n_keys, v->shape.v[3]}};
  const bwi_id queries = bwi_reshape(g, bwi_scale(g, in[0], n->params->f[0]), &split);
  bwi_id scores = bwi_matmul(g, queries, bwi_swap_last(g, bwi_reshape(g, in[1], &keys_shape)));
  if (n->params->i[0] == 1) scores = hide(g, scores, causal_mask(g, n_queries, n_keys));
  if (has_mask) {
    const bwi_id mask = group_mask(g, in[3], groups, &scores_shape);
    const bool is_bool = bwi_graph_node(g, n->in[3])->dtype == BW_BOOL;
    scores = is_bool ? hide(g, scores, mask) : bwi_add(g, scores, mask);
  }
  const bwi_id weights = softmax_with_sinks(g, scores, has_sinks ? in[n->n_in - 1] : BWI_NONE);
  return bwi_reshape(g, bwi_matmul(g, weights, bwi_reshape(g, in[2], &values_shape)), &n->shape);
}

static void vjp_attention(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  bwi_vjp_composed(g, node, c, wanted, cotangents, compose_attention);
}

BWI_PRIMITIVE(LayerNorm, false, infer_norm, vjp_layer_norm);
BWI_PRIMITIVE(RMSNorm, false, infer_norm, vjp_rms_norm);
BWI_PRIMITIVE(RoPE, false, infer_rope, vjp_rope);
BWI_PRIMITIVE(ScaledDotProductAttention, false, infer_attention, vjp_attention);
