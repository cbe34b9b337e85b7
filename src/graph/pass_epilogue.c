/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a convolution or matrix product add its bias and a residual and take max(., 0) while its result
 * is still in registers. Grows the fused node step by step: when the rule sees a node, its operand has
 * already taken what came before.
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

static bwi_id fuse_bias(bwi_graph *g, const bwi_node *product, bwi_id bias) {
  const bwi_id vector = bwi_reshape(g, bias, &(bwi_dims){1, {product->shape.v[product->shape.n - 1]}});
  const bwi_prim fused = product->prim == BWI_Convolution ? BWI_FusedConvolution : BWI_FusedMatmul;
  return bwi_apply(g, fused, product->params, 3, (bwi_id[]){product->in[0], product->in[1], vector});
}

static bwi_id fuse_residual(bwi_graph *g, const bwi_node *fused, bwi_id residual) {
  return bwi_apply(g, fused->prim, fused->params, 4,
                   (bwi_id[]){fused->in[0], fused->in[1], fused->in[2], residual});
}

static bwi_id fuse_relu(bwi_graph *g, const bwi_node *fused) {
  bwi_params params = *fused->params;
  params.i[activation_index(fused->prim)] = 1;
  return bwi_apply(g, fused->prim, &params, fused->n_in, fused->in);
}

/* `product + other`, where product is an operand that nothing else uses. BWI_NONE: does not fuse. */
static bwi_id fuse_sum(bwi_rewrite *r, const bwi_node *n, bwi_id product, bwi_id other) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *p = bwi_graph_node(g, bwi_rewrite_map(r, product));
  const bwi_id addend = bwi_rewrite_map(r, other);
  if (bwi_rewrite_uses(r, product) != 1 || !bwi_dims_equal(&p->shape, &n->shape)) return BWI_NONE;
  if (is_bare(g, p) && is_bias(g, addend, p)) return fuse_bias(g, p, addend);
  if (is_fused(p) && p->n_in == 3 && p->params->i[activation_index(p->prim)] == 0 &&
      bwi_dims_equal(&bwi_graph_node(g, addend)->shape, &n->shape))
    return fuse_residual(g, p, addend);
  return BWI_NONE;
}

static bwi_id fuse_epilogue(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  if (n->prim == BWI_Add && n->dtype == BW_F32) {
    const bwi_id fused = fuse_sum(r, n, n->in[0], n->in[1]);
    return fused != BWI_NONE ? fused : fuse_sum(r, n, n->in[1], n->in[0]);
  }
  if (!is_relu(bwi_rewrite_old(r), id) || bwi_rewrite_uses(r, n->in[0]) != 1) return BWI_NONE;
  const bwi_node *p = bwi_graph_node(g, bwi_rewrite_map(r, n->in[0]));
  return is_fused(p) && p->params->i[activation_index(p->prim)] == 0 ? fuse_relu(g, p) : BWI_NONE;
}

bw_status bwi_pass_fuse_epilogues(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *shared = NULL;
  bw_status status = share_masks(&shared, g, err);
  if (status == BW_OK) status = bwi_rewrite_graph(out, shared, fuse_epilogue, NULL, err);
  bwi_graph_free(shared);
  return status;
}
