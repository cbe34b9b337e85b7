/* SPDX-License-Identifier: Apache-2.0 */
/* Computes what does not depend on an input, once. Broadcasts stay: nothing is gained by storing copies,
 * and they are what carries the batch size into constants, so that no folded constant depends on it. */
#include "base/memory.h"
#include "graph/passes.h"
#include "graph/pattern.h"

/* A result larger than its operands is stored up to this size only. */
#define MAX_GROWN_BYTES 65536

typedef struct folding {
  bwi_evaluate_fn evaluate;
} folding;

static bool worth_folding(const bwi_graph *g, const bwi_node *n) {
  size_t operand_bytes = 0;
  if (n->prim == BWI_Input || n->prim == BWI_Constant || n->prim == BWI_Broadcast) return false;
  for (uint32_t k = 0; k < n->n_in; k++) {
    if (!bwi_is(g, n->in[k], BWI_Constant)) return false;
    operand_bytes += bwi_node_bytes(bwi_graph_node(g, n->in[k]));
  }
  return bwi_node_bytes(n) <= operand_bytes || bwi_node_bytes(n) <= MAX_GROWN_BYTES;
}

bwi_id bwi_compute_constant(bwi_graph *g, bwi_id id, bwi_evaluate_fn evaluate) {
  const bwi_node *n = bwi_graph_node(g, id);
  void *value = bwi_alloc(bwi_node_bytes(n), 1);
  if (value == NULL) return bwi_graph_fail(g, BW_ENOMEM, "no memory to compute a constant");
  bw_error err;
  const bw_status status = evaluate(g, id, value, &err);
  /* What cannot be computed now fails when it is run, or is not run at all. */
  bwi_id result = id;
  if (status == BW_OK) result = bwi_constant(g, n->dtype, &n->shape, value);
  if (status == BW_ENOMEM) result = bwi_graph_fail(g, status, "%s", err.text);
  bwi_free(value);
  return result;
}

static bwi_id fold(bwi_rewrite *r, bwi_id id, void *payload) {
  const folding *f = payload;
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_id copy = bwi_rewrite_copy(r, id);
  if (copy == BWI_NONE) return BWI_NONE;
  const bwi_node *n = bwi_graph_node(g, copy);
  if (!worth_folding(g, n)) return copy;
  if (n->prim == BWI_Reshape) /* the same bytes */
    return bwi_constant_borrowed(g, n->dtype, &n->shape, bwi_graph_node(g, n->in[0])->data);
  return bwi_compute_constant(g, copy, f->evaluate);
}

bw_status bwi_pass_fold_constants(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate,
                                  bw_error *err) {
  return bwi_rewrite_graph(out, g, fold, &(folding){.evaluate = evaluate}, err);
}
