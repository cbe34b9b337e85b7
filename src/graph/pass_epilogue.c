/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a convolution or matrix product add its bias and a residual and take max(., 0), or the derivative's
 * mask of one, while its result is still in registers. Grows the fused node step by step: when the rule sees
 * a node, its operand has already taken what came before.
 *
 * The derivative of max(x, 0) asks for x > 0. Since that is the same as max(x, 0) > 0, it is asked of the
 * result first, so that nothing but the maximum needs x. */
#include "base/memory.h"
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"

/* --- masks --- */

static bool is_relu(const bwi_graph *g, bwi_id id) {
  const bwi_node *n = bwi_graph_node(g, id);
  return n->prim == BWI_Maximum && n->dtype == BW_F32 && bwi_is_known(g, n->in[1], 0) &&
         bwi_dims_equal(&bwi_graph_node(g, n->in[0])->shape, &n->shape);
}

/* payload: for each old node x, the node max(x, 0), or BWI_NONE. */
static bwi_id ask_the_maximum(bwi_rewrite *r, bwi_id id, void *payload) {
  const bwi_graph *old = bwi_rewrite_old(r);
  const bwi_id *relu_of = payload;
  const bwi_node *n = bwi_graph_node(old, id);
  if (n->prim != BWI_Greater || !bwi_is_known(old, n->in[1], 0)) return BWI_NONE;
  const bwi_id relu = relu_of[n->in[0]];
  if (relu == BWI_NONE || bwi_rewrite_uses(r, relu) == 0 || relu > id) return BWI_NONE;
  return bwi_binary(bwi_rewrite_new(r), BWI_Greater, bwi_rewrite_map(r, relu), bwi_rewrite_map(r, n->in[1]));
}

static bw_status share_masks(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_id *relu_of = bwi_alloc(bwi_graph_count(g), sizeof *relu_of);
  if (relu_of == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to look for activations");
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) relu_of[id] = BWI_NONE;
  for (uint32_t id = 0; id < bwi_graph_count(g); id++)
    if (is_relu(g, (bwi_id)id)) relu_of[bwi_graph_node(g, (bwi_id)id)->in[0]] = (bwi_id)id;
  const bw_status status = bwi_rewrite_graph(out, g, ask_the_maximum, relu_of, err);
  bwi_free(relu_of);
  return status;
}

/* --- epilogues --- */

/* Where a fused primitive keeps its activation: FusedConvolution in i2, FusedMatmul in i0. */
static uint32_t activation_index(bwi_prim fused) {
  return fused == BWI_FusedConvolution ? 2 : 0;
}

static bool is_fused(const bwi_node *n) {
  return n->prim == BWI_FusedConvolution || n->prim == BWI_FusedMatmul;
}

static bool is_bare(const bwi_graph *g, const bwi_node *n) {
  if (n->dtype != BW_F32) return false;
  if (n->prim == BWI_Convolution) return true;
  return n->prim == BWI_Matmul && n->shape.n == 2 && bwi_graph_node(g, n->in[0])->shape.n == 2 &&
         bwi_graph_node(g, n->in[1])->shape.n == 2;
}

static bool is_bias(const bwi_graph *g, bwi_id id, const bwi_node *product) {
  const int64_t channels = product->shape.v[product->shape.n - 1];
  return bwi_is_channel_constant(g, id, channels) && bwi_node_count(bwi_graph_node(g, id)) == channels;
}

static bwi_id no_bias(bwi_graph *g, int64_t channels) {
  float *zeros = bwi_alloc((size_t)channels, sizeof *zeros);
  if (zeros == NULL) return bwi_graph_fail(g, BW_ENOMEM, "no memory for a bias");
  const bwi_id bias = bwi_constant(g, BW_F32, &(bwi_dims){1, {channels}}, zeros);
  bwi_free(zeros);
  return bias;
}

/* The product, fused already or not, with a bias if it has none (0 then, or BWI_NONE for that), one more
 * operand if not BWI_NONE, and an activation. */
static bwi_id fuse(bwi_graph *g, const bwi_node *p, bwi_id bias, bwi_id operand, int64_t activation) {
  bwi_id in[5];
  uint32_t n_in = p->n_in;
  bwi_params params = *p->params;
  bwi_prim prim = p->prim;
  for (uint32_t k = 0; k < n_in; k++) in[k] = p->in[k];
  if (!is_fused(p)) {
    const int64_t channels = p->shape.v[p->shape.n - 1];
    prim = p->prim == BWI_Convolution ? BWI_FusedConvolution : BWI_FusedMatmul;
    in[n_in++] = bias != BWI_NONE ? bwi_reshape(g, bias, &(bwi_dims){1, {channels}}) : no_bias(g, channels);
  }
  if (operand != BWI_NONE) in[n_in++] = operand;
  params.i[activation_index(prim)] = activation;
  return bwi_apply(g, prim, &params, n_in, in);
}

/* Whether a product has no activation yet, so that more may follow its sums. */
static bool is_open(const bwi_graph *g, const bwi_node *p) {
  return is_bare(g, p) || (is_fused(p) && p->params->i[activation_index(p->prim)] == 0);
}

/* `product + other`, where product is an operand that nothing else uses. BWI_NONE: does not fuse. */
static bwi_id fuse_sum(bwi_rewrite *r, const bwi_node *n, bwi_id product, bwi_id other) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *p = bwi_graph_node(g, bwi_rewrite_map(r, product));
  const bwi_id addend = bwi_rewrite_map(r, other);
  if (bwi_rewrite_uses(r, product) != 1 || !bwi_dims_equal(&p->shape, &n->shape) || !is_open(g, p))
    return BWI_NONE;
  if (is_bare(g, p) && is_bias(g, addend, p)) return fuse(g, p, addend, BWI_NONE, 0);
  const uint32_t n_bare = is_bare(g, p) ? 2 : 3;
  if (p->n_in == n_bare && bwi_dims_equal(&bwi_graph_node(g, addend)->shape, &n->shape))
    return fuse(g, p, BWI_NONE, addend, 0);
  return BWI_NONE;
}

/* max(product, 0) */
static bwi_id fuse_relu(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *p = bwi_graph_node(g, bwi_rewrite_map(r, n->in[0]));
  if (bwi_rewrite_uses(r, n->in[0]) != 1 || !is_fused(p) || !is_open(g, p)) return BWI_NONE;
  return fuse(g, p, BWI_NONE, BWI_NONE, 1);
}

/* The gradient of pooling that x, 0 where x is not > 0. */
static bwi_id fuse_pooling(bwi_rewrite *r, const bwi_node *condition, const bwi_node *came) {
  const bwi_graph *old = bwi_rewrite_old(r);
  const bool fits = came->prim == BWI_MaxPoolGradient && condition->prim == BWI_Greater &&
                    bwi_is_known(old, condition->in[1], 0) && condition->in[0] == came->in[0];
  if (!fits) return BWI_NONE;
  bwi_params params = *came->params;
  bwi_id in[3];
  params.i[0] = 1;
  for (uint32_t k = 0; k < 3; k++) in[k] = bwi_rewrite_map(r, came->in[k]);
  return bwi_apply(bwi_rewrite_new(r), BWI_MaxPoolGradient, &params, 3, in);
}

/* What came where a condition holds, else 0: so the cotangent of max(x, 0). What came may be a product,
 * reshaped perhaps. */
static bwi_id fuse_mask(bwi_rewrite *r, const bwi_node *n) {
  const bwi_graph *old = bwi_rewrite_old(r);
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *condition = bwi_graph_node(old, n->in[0]), *came = bwi_graph_node(old, n->in[1]);
  if (n->dtype != BW_F32 || !bwi_is_known(old, n->in[2], 0) || bwi_rewrite_uses(r, n->in[1]) != 1 ||
      !bwi_dims_equal(&condition->shape, &n->shape) || !bwi_dims_equal(&came->shape, &n->shape))
    return BWI_NONE;
  const bwi_id pooling = fuse_pooling(r, condition, came);
  if (pooling != BWI_NONE) return pooling;
  bwi_id product = n->in[1];
  if (came->prim == BWI_Reshape && bwi_rewrite_uses(r, came->in[0]) == 1) product = came->in[0];
  const bwi_node *p = bwi_graph_node(g, bwi_rewrite_map(r, product));
  if (!is_open(g, p)) return BWI_NONE;
  const bwi_id mask = bwi_reshape(g, bwi_rewrite_map(r, n->in[0]), &p->shape);
  return bwi_reshape(g, fuse(g, p, BWI_NONE, mask, 2), &n->shape);
}

static bwi_id fuse_epilogue(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  if (n->prim == BWI_Add && n->dtype == BW_F32) {
    const bwi_id fused = fuse_sum(r, n, n->in[0], n->in[1]);
    return fused != BWI_NONE ? fused : fuse_sum(r, n, n->in[1], n->in[0]);
  }
  if (n->prim == BWI_Select) return fuse_mask(r, n);
  return is_relu(bwi_rewrite_old(r), id) ? fuse_relu(r, n) : BWI_NONE;
}

bw_status bwi_pass_fuse_epilogues(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *shared = NULL;
  bw_status status = share_masks(&shared, g, err);
  if (status == BW_OK) status = bwi_rewrite_graph(out, shared, fuse_epilogue, NULL, err);
  bwi_graph_free(shared);
  return status;
}
