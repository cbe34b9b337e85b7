/* SPDX-License-Identifier: Apache-2.0 */
/* Copying a graph with changes. The new graph keeps the old one alive, so that constants are borrowed
 * rather than copied from pass to pass. */
#include "base/memory.h"
#include "graph/passes.h"
#include "graph/program.h"

struct bwi_rewrite {
  const bwi_graph *old;
  bwi_graph *new;
  bwi_id *map;    /* new node of each old one; BWI_NONE until copied */
  uint32_t *uses; /* of each old node by live nodes and outputs; 0: dead */
};

const bwi_graph *bwi_rewrite_old(const bwi_rewrite *r) {
  return r->old;
}

bwi_graph *bwi_rewrite_new(bwi_rewrite *r) {
  return r->new;
}

bwi_id bwi_rewrite_map(const bwi_rewrite *r, bwi_id old) {
  return r->map[old];
}

uint32_t bwi_rewrite_uses(const bwi_rewrite *r, bwi_id old) {
  return r->uses[old];
}

void bwi_count_uses(const bwi_graph *g, uint32_t *uses) {
  const uint32_t count = bwi_graph_count(g);
  for (uint32_t id = 0; id < count; id++) uses[id] = 0;
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) uses[bwi_graph_output(g, k)]++;
  for (uint32_t id = count; id-- > 0;) {
    const bwi_node *n = bwi_graph_node(g, (bwi_id)id);
    for (uint32_t k = 0; uses[id] > 0 && k < n->n_in; k++) uses[n->in[k]]++;
  }
}

bwi_id bwi_rewrite_copy(bwi_rewrite *r, bwi_id old) {
  const bwi_node *n = bwi_graph_node(r->old, old);
  bwi_id in[BWI_MAX_OPERANDS];
  for (uint32_t k = 0; k < n->n_in; k++) in[k] = r->map[n->in[k]];
  switch (n->prim) {
    case BWI_Input: return bwi_input(r->new, n->dtype, &n->shape, n->stage);
    case BWI_Constant: return bwi_constant_borrowed(r->new, n->dtype, &n->shape, n->data);
    case BWI_Elementwise: return bwi_elementwise(r->new, n->data, n->n_in, in);
    default: return bwi_apply(r->new, n->prim, n->params, n->n_in, in);
  }
}

/* False once something failed; the reason is in the new graph. */
static bool rewrite_node(bwi_rewrite *r, bwi_id id, bwi_rule rule, void *payload) {
  bwi_id replacement = rule == NULL ? BWI_NONE : rule(r, id, payload);
  if (bwi_graph_status(r->new, NULL) != BW_OK) return false;
  if (replacement == BWI_NONE) replacement = bwi_rewrite_copy(r, id);
  r->map[id] = replacement;
  return replacement != BWI_NONE;
}

static bw_status rewrite_all(bwi_rewrite *r, bwi_rule rule, void *payload, bw_error *err) {
  const bwi_graph *g = r->old;
  const uint32_t count = bwi_graph_count(g);
  bwi_count_uses(g, r->uses);
  for (uint32_t id = 0; id < count; id++) r->map[id] = BWI_NONE;
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g); k++)
    if (!rewrite_node(r, bwi_graph_input(g, k), rule, payload)) return bwi_graph_status(r->new, err);
  for (uint32_t id = 0; id < count; id++)
    if (r->uses[id] > 0 && r->map[id] == BWI_NONE && !rewrite_node(r, (bwi_id)id, rule, payload))
      return bwi_graph_status(r->new, err);

  const uint32_t n_outputs = bwi_graph_n_outputs(g);
  bwi_id *outputs = bwi_alloc(n_outputs, sizeof *outputs);
  if (outputs == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the outputs of a graph");
  for (uint32_t k = 0; k < n_outputs; k++) outputs[k] = r->map[bwi_graph_output(g, k)];
  const bw_status status = bwi_graph_set_outputs(r->new, n_outputs, outputs, err);
  bwi_free(outputs);
  return status;
}

bw_status bwi_rewrite_graph(bwi_graph **out, const bwi_graph *g, bwi_rule rule, void *payload,
                            bw_error *err) {
  const uint32_t count = bwi_graph_count(g);
  bwi_rewrite r = {
      .old = g, .map = bwi_alloc(count, sizeof *r.map), .uses = bwi_alloc(count, sizeof *r.uses)};
  bw_status status;
  if (r.map == NULL || r.uses == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to rewrite a graph of %u nodes", count);
    goto out;
  }
  status = bwi_graph_create(&r.new, err);
  /* Keeping a graph counts a reference and changes nothing that its readers see. */
  if (status == BW_OK) status = bwi_graph_keep(r.new, (bwi_graph *)(uintptr_t)g, err);
  if (status == BW_OK) status = rewrite_all(&r, rule, payload, err);
  if (status != BW_OK) goto out;
  *out = r.new;
  r.new = NULL;
out:
  bwi_graph_free(r.new);
  bwi_free(r.map);
  bwi_free(r.uses);
  return status;
}
