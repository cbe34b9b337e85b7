/* SPDX-License-Identifier: Apache-2.0 */
/* Moves constants that scale or shift the channels of a convolution or matrix product into its constant
 * weights: batch normalisation, as MLX exports it in evaluation mode, becomes weights and a bias. The
 * new weights are constant expressions, which bwi_pass_fold_constants computes. Rounding differs from
 * the unfolded arithmetic; the function and its derivative do not. */
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"

#define MAX_CHAIN 16

/* What is done to the channels of a linear node, last operation first. */
typedef struct chain {
  bwi_id linear; /* Convolution, Matmul or AddMM */
  uint32_t count;
  bwi_id operations[MAX_CHAIN];
} chain;

/* The sum so far: scale * linear + shift; BWI_NONE stands for 1 and 0. */
typedef struct affine {
  bwi_id scale, shift;
} affine;

static int64_t channels(const bwi_node *n) {
  return n->shape.v[n->shape.n - 1];
}

static bwi_id strip_broadcast(const bwi_graph *g, bwi_id id) {
  return bwi_is(g, id, BWI_Broadcast) ? bwi_graph_node(g, id)->in[0] : id;
}

static bool is_linear(const bwi_graph *g, const bwi_node *n) {
  if (n->dtype != BW_F32 || n->n_in < 2 || !bwi_is(g, n->in[1], BWI_Constant)) return false;
  switch (n->prim) {
    case BWI_Convolution: return true;
    case BWI_Matmul: return bwi_graph_node(g, n->in[1])->shape.n == 2;
    case BWI_AddMM:
      return bwi_graph_node(g, n->in[1])->shape.n == 2 && n->params->f[0] == 1 && n->params->f[1] == 1 &&
             bwi_is_channel_constant(g, strip_broadcast(g, n->in[2]), channels(n));
    default: return false;
  }
}

/* Which operand of a binary node is a constant of its channels; the second is tried first. -1: neither. */
static int constant_operand(const bwi_graph *g, const bwi_node *n) {
  for (int k = 1; k >= 0; k--)
    if (bwi_is_channel_constant(g, n->in[k], channels(n)) &&
        bwi_dims_equal(&bwi_graph_node(g, n->in[1 - k])->shape, &n->shape))
      return k;
  return -1;
}

static bool is_affine_operation(const bwi_graph *g, const bwi_node *n) {
  if (n->dtype != BW_F32 || n->shape.n == 0) return false;
  if (n->prim == BWI_Divide) return constant_operand(g, n) == 1;
  return (n->prim == BWI_Add || n->prim == BWI_Subtract || n->prim == BWI_Multiply) &&
         constant_operand(g, n) >= 0;
}

/* Follows operations on channels down to a linear node. What is passed must have no other use: it would
 * have to be computed as well. */
static bool find_chain(const bwi_rewrite *r, bwi_id id, chain *out) {
  const bwi_graph *g = bwi_rewrite_old(r);
  *out = (chain){.count = 0};
  for (bwi_id at = id;;) {
    const bwi_node *n = bwi_graph_node(g, at);
    if (at != id && bwi_rewrite_uses(r, at) != 1) return false;
    out->linear = at;
    if (is_linear(g, n)) return true;
    if (out->count == MAX_CHAIN || !is_affine_operation(g, n)) return false;
    out->operations[out->count++] = at;
    at = n->in[1 - constant_operand(g, n)];
  }
}

/* A constant of the old graph as a vector with one element a channel, or one element. */
static bwi_id as_vector(bwi_rewrite *r, bwi_id old) {
  const bwi_id constant = bwi_rewrite_map(r, old);
  const bwi_dims flat = {.n = 1, .v = {bwi_node_count(bwi_graph_node(bwi_rewrite_old(r), old))}};
  return bwi_reshape(bwi_rewrite_new(r), constant, &flat);
}

static bwi_id combine(bwi_graph *g, bwi_prim prim, bwi_id a, bwi_id b, double a_if_none) {
  return bwi_binary(g, prim, a == BWI_NONE ? bwi_scalar(g, BW_F32, a_if_none) : a, b);
}

static void apply_operation(bwi_rewrite *r, affine *sum, bwi_id operation) {
  const bwi_graph *old = bwi_rewrite_old(r);
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *n = bwi_graph_node(old, operation);
  const int k = constant_operand(old, n);
  const bwi_id c = as_vector(r, n->in[k]);
  if (n->prim == BWI_Multiply || n->prim == BWI_Divide) {
    sum->scale = combine(g, n->prim, sum->scale, c, 1);
    if (sum->shift != BWI_NONE) sum->shift = bwi_binary(g, n->prim, sum->shift, c);
    return;
  }
  if (n->prim == BWI_Subtract && k == 0) { /* c - y: turn y's sign, then add c */
    sum->scale = combine(g, BWI_Multiply, sum->scale, bwi_scalar(g, BW_F32, -1), 1);
    if (sum->shift != BWI_NONE) sum->shift = bwi_unary(g, BWI_Negative, sum->shift);
  }
  const bwi_prim prim = n->prim == BWI_Subtract && k == 1 ? BWI_Subtract : BWI_Add;
  sum->shift = combine(g, prim, sum->shift, c, 0);
}

/* The linear node with its weights scaled, without AddMM's own shift. */
static bwi_id scaled_linear(bwi_rewrite *r, bwi_id linear, bwi_id scale) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), linear);
  bwi_id weights = bwi_rewrite_map(r, n->in[1]);
  if (scale != BWI_NONE) {
    bwi_dims shape = bwi_graph_node(g, scale)->shape;
    if (n->prim == BWI_Convolution && shape.n == 1) { /* weights (O, spatial, I) */
      shape.n = n->shape.n;
      for (uint32_t d = 1; d < shape.n; d++) shape.v[d] = 1;
    }
    weights = bwi_binary(g, BWI_Multiply, weights, bwi_reshape(g, scale, &shape));
  }
  const bwi_id in[2] = {bwi_rewrite_map(r, n->in[0]), weights};
  return n->prim == BWI_Convolution ? bwi_apply(g, BWI_Convolution, n->params, 2, in)
                                    : bwi_apply(g, BWI_Matmul, NULL, 2, in);
}

static bwi_id fold_affine(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_graph *old = bwi_rewrite_old(r);
  chain c;
  if (!find_chain(r, id, &c)) return BWI_NONE;
  const bwi_node *linear = bwi_graph_node(old, c.linear);
  affine sum = {BWI_NONE, BWI_NONE};
  if (linear->prim == BWI_AddMM) sum.shift = as_vector(r, strip_broadcast(old, linear->in[2]));
  for (uint32_t k = c.count; k-- > 0;) apply_operation(r, &sum, c.operations[k]);
  const bwi_id product = scaled_linear(r, c.linear, sum.scale);
  return sum.shift == BWI_NONE ? product : bwi_binary(bwi_rewrite_new(r), BWI_Add, product, sum.shift);
}

bw_status bwi_pass_fold_affine(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_rewrite_graph(out, g, fold_affine, NULL, err);
}
