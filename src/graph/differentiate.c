/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse accumulation (Linnainmaa 1970): nodes are visited from the last to the first, which is a
 * reverse topological order, and each hands its cotangent on to its operands. */
#include "graph/differentiate.h"

#include "base/memory.h"
#include "graph/family.h"

/* Tables are per node from `first` on: what comes before the first variable cannot depend on any. */
typedef struct reverse {
  bwi_graph *g;
  bwi_derivative how;
  bwi_id first, end;  /* end: the first node added for the derivative */
  bool *depends;      /* a float through which some variable is reached */
  bwi_id *cotangents; /* BWI_NONE for zero */
} reverse;

static bool depends(const reverse *r, bwi_id id) {
  return id >= r->first && r->depends[id - r->first];
}

static bool same_type(const bwi_graph *g, bwi_id a, bwi_id b) {
  const bwi_node *m = bwi_graph_node(g, a), *n = bwi_graph_node(g, b);
  return m->dtype == n->dtype && bwi_dims_equal(&m->shape, &n->shape);
}

static bool has_vjp(const reverse *r, bwi_id id) {
  return bwi_primitive_of(bwi_graph_node(r->g, id)->prim)->vjp != NULL;
}

static bool goes_straight_through(const reverse *r, bwi_id id) {
  const bwi_node *n = bwi_graph_node(r->g, id);
  return r->how == BWI_STRAIGHT_THROUGH && !has_vjp(r, id) && n->n_in == 1 && same_type(r->g, id, n->in[0]);
}

/* Cotangents end at integers, bools and at primitives whose derivative is zero everywhere. Differs: MLX
 * rounds a cotangent to the integer type and lets it pass. */
static void mark_dependence(reverse *r, uint32_t n_wrt, const bwi_id *wrt) {
  for (uint32_t k = 0; k < n_wrt; k++)
    r->depends[wrt[k] - r->first] = bwi_is_float(bwi_graph_node(r->g, wrt[k])->dtype);
  for (bwi_id id = r->first; id < r->end; id++) {
    const bwi_node *n = bwi_graph_node(r->g, id);
    if (!bwi_is_float(n->dtype) || !(has_vjp(r, id) || goes_straight_through(r, id))) continue;
    for (uint32_t k = 0; k < n->n_in && !depends(r, id); k++)
      r->depends[id - r->first] = depends(r, n->in[k]);
  }
}

static void accumulate(reverse *r, bwi_id id, bwi_id cotangent) {
  if (cotangent == BWI_NONE) return;
  if (!same_type(r->g, id, cotangent)) {
    bwi_graph_fail(r->g, BW_EINTERNAL, "%s (node %d) got a cotangent of another type or shape",
                   bwi_primitive_of(bwi_graph_node(r->g, id)->prim)->name, (int)id);
    return;
  }
  bwi_id *sum = &r->cotangents[id - r->first];
  *sum = *sum == BWI_NONE ? cotangent : bwi_add(r->g, *sum, cotangent);
}

static void propagate(reverse *r, bwi_id id) {
  const bwi_node *n = bwi_graph_node(r->g, id);
  bool wanted[BWI_MAX_OPERANDS], any = false;
  bwi_id cotangents[BWI_MAX_OPERANDS];
  for (uint32_t k = 0; k < n->n_in; k++) {
    wanted[k] = depends(r, n->in[k]);
    any = any || wanted[k];
    cotangents[k] = BWI_NONE;
  }
  if (!any) return;
  if (has_vjp(r, id))
    bwi_primitive_of(n->prim)->vjp(r->g, id, r->cotangents[id - r->first], wanted, cotangents);
  else
    cotangents[0] = r->cotangents[id - r->first];
  for (uint32_t k = 0; k < n->n_in; k++)
    if (wanted[k]) accumulate(r, n->in[k], cotangents[k]);
}

static bool check_ids(bwi_graph *g, uint32_t count, const bwi_id *ids, const char *what) {
  for (uint32_t k = 0; k < count; k++) {
    if (ids[k] == BWI_NONE) return false;
    if (ids[k] < 0 || (uint32_t)ids[k] >= bwi_graph_count(g)) {
      bwi_graph_fail(g, BW_EINVAL, "%s %u is not a node of the graph", what, k);
      return false;
    }
  }
  return true;
}

static void run(reverse *r, uint32_t n_outputs, const bwi_id *outputs, const bwi_id *cotangents,
                uint32_t n_wrt, const bwi_id *wrt, bwi_id *gradients) {
  for (bwi_id id = r->first; id < r->end; id++) r->cotangents[id - r->first] = BWI_NONE;
  mark_dependence(r, n_wrt, wrt);
  for (uint32_t k = 0; k < n_outputs; k++)
    if (depends(r, outputs[k])) accumulate(r, outputs[k], cotangents[k]);
  for (bwi_id id = r->end; id-- > r->first;) {
    if (bwi_graph_status(r->g, NULL) != BW_OK) return;
    const bool passes = has_vjp(r, id) || goes_straight_through(r, id);
    if (passes && r->cotangents[id - r->first] != BWI_NONE) propagate(r, id);
  }
  for (uint32_t k = 0; k < n_wrt; k++) {
    const bwi_id sum = r->cotangents[wrt[k] - r->first];
    gradients[k] = sum != BWI_NONE ? sum : bwi_zeros_like(r->g, wrt[k]);
  }
}

void bwi_differentiate(bwi_graph *g, bwi_derivative how, uint32_t n_outputs, const bwi_id *outputs,
                       const bwi_id *cotangents, uint32_t n_wrt, const bwi_id *wrt, bwi_id *gradients) {
  for (uint32_t k = 0; k < n_wrt; k++) gradients[k] = BWI_NONE;
  if (!check_ids(g, n_outputs, outputs, "output") || !check_ids(g, n_outputs, cotangents, "cotangent") ||
      !check_ids(g, n_wrt, wrt, "variable"))
    return;
  for (uint32_t k = 0; k < n_outputs; k++) {
    if (same_type(g, outputs[k], cotangents[k])) continue;
    bwi_graph_fail(g, BW_EINVAL, "cotangent %u has another type or shape than its output", k);
    return;
  }
  reverse r = {.g = g, .how = how, .first = (bwi_id)bwi_graph_count(g), .end = (bwi_id)bwi_graph_count(g)};
  for (uint32_t k = 0; k < n_wrt; k++)
    if (wrt[k] < r.first) r.first = wrt[k];
  r.depends = bwi_alloc((size_t)(r.end - r.first), sizeof *r.depends);
  r.cotangents = bwi_alloc((size_t)(r.end - r.first), sizeof *r.cotangents);
  if (r.depends == NULL || r.cotangents == NULL) {
    bwi_graph_fail(g, BW_ENOMEM, "no memory to differentiate a graph");
  } else {
    run(&r, n_outputs, outputs, cotangents, n_wrt, wrt, gradients);
  }
  bwi_free(r.depends);
  bwi_free(r.cotangents);
}

/* Operands may depend on each other, but their cotangents must not be mixed: each goes through a Copy of
 * its own, which the unused parameter keeps from being shared. */
void bwi_vjp_composed(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents,
                      bwi_compose_fn compose) {
  const bwi_node *n = bwi_graph_node(g, node);
  bwi_id operands[BWI_MAX_OPERANDS], wrt[BWI_MAX_OPERANDS], gradients[BWI_MAX_OPERANDS] = {0};
  uint32_t n_wrt = 0;
  for (uint32_t k = 0; k < n->n_in; k++) {
    operands[k] = bwi_apply(g, BWI_Copy, &(bwi_params){.i = {k + 1}}, 1, &n->in[k]);
    if (wanted[k]) wrt[n_wrt++] = operands[k];
  }
  const bwi_id composed = compose(g, n, operands);
  bwi_differentiate(g, BWI_EXACT, 1, &composed, &cotangent, n_wrt, wrt, gradients);
  for (uint32_t k = 0, next = 0; k < n->n_in; k++)
    if (wanted[k]) cotangents[k] = gradients[next++];
}
