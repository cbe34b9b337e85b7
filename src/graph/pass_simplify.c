/* SPDX-License-Identifier: Apache-2.0 */
/* Removes what computes nothing: views of views, broadcasts into primitives that broadcast by
 * themselves, x * 1. Results stay the same bit for bit, and so does the derivative. Powers that are products
 * or roots are computed as such, at a tenth of the cost: a cube may differ in its last bit, and the root of
 * -infinity is NaN where its power is infinite. */
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"
#include "graph/primitive.h"

/* Every way of renaming row-major bytes becomes one Reshape of what was there first. */
static bwi_id simplify_view(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *new = bwi_rewrite_new(r);
  bwi_id source = bwi_rewrite_map(r, n->in[0]);
  while (bwi_is(new, source, BWI_Reshape)) source = bwi_graph_node(new, source)->in[0];
  return bwi_reshape(new, source, &n->shape);
}

static bwi_id simplify_transpose(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *new = bwi_rewrite_new(r);
  bwi_id source = bwi_rewrite_map(r, n->in[0]);
  bwi_dims axes = n->params->v[0];
  if (bwi_is(new, source, BWI_Transpose)) {
    const bwi_node *inner = bwi_graph_node(new, source);
    for (uint32_t k = 0; k < axes.n; k++) axes.v[k] = inner->params->v[0].v[axes.v[k]];
    source = inner->in[0];
  }
  if (bwi_keeps_order(&bwi_graph_node(new, source)->shape, &axes)) return bwi_reshape(new, source, &n->shape);
  return bwi_transpose(new, source, &axes);
}

static bwi_id simplify_broadcast(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *new = bwi_rewrite_new(r);
  bwi_id source = bwi_rewrite_map(r, n->in[0]);
  if (bwi_is(new, source, BWI_Broadcast)) source = bwi_graph_node(new, source)->in[0];
  return bwi_broadcast(new, source, &n->shape);
}

/* Whether the node gives its first operand back. */
static bool is_identity(const bwi_graph *g, const bwi_node *n) {
  const bwi_node *a = bwi_graph_node(g, n->in[0]);
  if (a->dtype != n->dtype || !bwi_dims_equal(&a->shape, &n->shape)) return false;
  switch (n->prim) {
    case BWI_Copy:
    case BWI_AsType:
    case BWI_Pad: return true;
    case BWI_Concatenate: return n->n_in == 1;
    case BWI_Slice: return bwi_takes_all(n, a);
    case BWI_Reduce: return n->params->i[0] >= BWI_SUM; /* over axes of extent 1 */
    case BWI_Multiply:
    case BWI_Divide: return bwi_is_known(g, n->in[1], 1);
    case BWI_Subtract: return bwi_is_known(g, n->in[1], 0);
    default: return false;
  }
}

/* Computes first and broadcasts afterwards; where the operands' shapes join to the node's shape, as they
 * mostly do, no broadcast is left. */
static bwi_id simplify_elementwise(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *new = bwi_rewrite_new(r);
  bwi_id in[BWI_MAX_OPERANDS];
  for (uint32_t k = 0; k < n->n_in; k++) {
    in[k] = bwi_rewrite_map(r, n->in[k]);
    if (bwi_is(new, in[k], BWI_Broadcast)) in[k] = bwi_graph_node(new, in[k])->in[0];
  }
  return bwi_broadcast(new, bwi_apply(new, n->prim, n->params, n->n_in, in), &n->shape);
}

static bool find_exponent(double *out, const bwi_graph *g, bwi_id exponent) {
  static const double simple[] = {2, 3, 0.5, -0.5};
  for (size_t k = 0; k < sizeof simple / sizeof simple[0]; k++) {
    *out = simple[k];
    if (bwi_is_known(g, exponent, simple[k])) return true;
  }
  return false;
}

/* GELU's x^3, a square, a hand-written norm's (variance + eps)^-0.5. */
static bwi_id simplify_power(bwi_rewrite *r, const bwi_node *n) {
  double exponent;
  if (!find_exponent(&exponent, bwi_rewrite_old(r), n->in[1])) return simplify_elementwise(r, n);
  bwi_graph *new = bwi_rewrite_new(r);
  bwi_id x = bwi_rewrite_map(r, n->in[0]), power;
  if (bwi_is(new, x, BWI_Broadcast)) x = bwi_graph_node(new, x)->in[0];
  if (exponent >= 2) {
    power = bwi_unary(new, BWI_Square, x);
    if (exponent == 3) power = bwi_multiply(new, power, x);
  } else { /* adding zero takes the sign from -0, whose power is 0 or infinite, and positive */
    const bwi_id positive = bwi_add(new, x, bwi_scalar_like(new, x, 0));
    power = exponent > 0 ? bwi_unary(new, BWI_Sqrt, positive) : bwi_rsqrt(new, positive);
  }
  return bwi_broadcast(new, power, &n->shape);
}

static bwi_id simplify(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_graph *old = bwi_rewrite_old(r);
  const bwi_node *n = bwi_graph_node(old, id);
  if (n->n_in == 0) return BWI_NONE;
  if (is_identity(old, n)) return bwi_rewrite_map(r, n->in[0]);
  switch (n->prim) {
    case BWI_Reshape:
    case BWI_ExpandDims:
    case BWI_Squeeze:
    case BWI_Flatten:
    case BWI_Unflatten: return simplify_view(r, n);
    case BWI_Transpose: return simplify_transpose(r, n);
    case BWI_Broadcast: return simplify_broadcast(r, n);
    case BWI_Power: return simplify_power(r, n);
    case BWI_Elementwise: return BWI_NONE;
    default: return bwi_primitive_of(n->prim)->elementwise ? simplify_elementwise(r, n) : BWI_NONE;
  }
}

bw_status bwi_pass_simplify(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_rewrite_graph(out, g, simplify, NULL, err);
}
