/* SPDX-License-Identifier: Apache-2.0 */
#include "model/template.h"

#include "backend/plan.h"
#include "graph/build.h"
#include "graph/passes.h"

/* --- float32 at the boundary --- */

static bwi_id take_float32(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  if (n->prim != BWI_Input) return BWI_NONE;
  bwi_graph *g = bwi_rewrite_new(r);
  return bwi_astype(g, bwi_input(g, BW_F32, &n->shape, n->stage), n->dtype);
}

bw_status bwi_float32_boundary(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *converted = NULL;
  BW_TRY(bwi_rewrite_graph(&converted, g, take_float32, NULL, err));
  const bwi_id logits = bwi_astype(converted, bwi_graph_output(converted, 0), BW_F32);
  const bw_status status = bwi_graph_set_outputs(converted, 1, &logits, err);
  if (status != BW_OK) {
    bwi_graph_free(converted);
    return status;
  }
  *out = converted;
  return BW_OK;
}

/* --- the derivative --- */

static bw_status add_gradient(bwi_graph **out, const bwi_graph *forward, bwi_derivative how, bw_error *err) {
  bwi_graph *g = NULL;
  BW_TRY(bwi_rewrite_graph(&g, forward, NULL, NULL, err));
  const bwi_id logits = bwi_graph_output(g, 0), x = bwi_graph_input(g, 0);
  const bwi_id cotangent = bwi_input(g, BW_F32, &bwi_graph_node(g, logits)->shape, 1);
  bwi_id outputs[2] = {logits, BWI_NONE};
  bwi_differentiate(g, how, 1, &logits, &cotangent, 1, &x, &outputs[1]);
  const bw_status status = bwi_graph_set_outputs(g, 2, outputs, err);
  if (status != BW_OK) {
    bwi_graph_free(g);
    return status;
  }
  *out = g;
  return BW_OK;
}

/* --- both --- */

static bw_status finish(bwi_graph **out, bwi_graph *g, bool plain, bw_error *err) {
  return plain ? bwi_rewrite_graph(out, g, NULL, NULL, err) : bwi_optimise(out, g, bwi_ref_evaluate, err);
}

static bw_status make_search(bwi_template *t, const bwi_graph *forward, bool plain, bwi_derivative how,
                             bw_error *err) {
  bwi_graph *with_gradient = NULL;
  bw_error why;
  bw_status status = add_gradient(&with_gradient, forward, how, &why);
  if (status == BW_EUNSUPPORTED) return bwi_rewrite_graph(&t->search, t->direct, NULL, NULL, err);
  if (status != BW_OK) return BW_FAIL(err, status, "%s", why.text);
  t->differentiable = true;
  status = finish(&t->search, with_gradient, plain, err);
  bwi_graph_free(with_gradient);
  return status;
}

bw_status bwi_template_make(bwi_template *out, const bwi_graph *traced, bool plain, bwi_derivative how,
                            bw_error *err) {
  bwi_template t = {0};
  bwi_graph *clear = NULL, *typed = NULL, *forward = NULL;
  bw_status status = bwi_pass_rebatch(&clear, traced, bwi_clear_batch(traced), err);
  if (status == BW_OK) status = bwi_float32_boundary(&typed, clear, err);
  if (status == BW_OK)
    status = plain ? bwi_rewrite_graph(&forward, typed, NULL, NULL, err)
                   : bwi_prepare(&forward, typed, bwi_ref_evaluate, err);
  if (status == BW_OK) status = finish(&t.direct, forward, plain, err);
  if (status == BW_OK) status = make_search(&t, forward, plain, how, err);
  bwi_graph_free(clear);
  bwi_graph_free(typed);
  bwi_graph_free(forward);
  if (status != BW_OK) {
    bwi_template_clear(&t);
    return status;
  }
  *out = t;
  return BW_OK;
}

void bwi_template_clear(bwi_template *t) {
  bwi_graph_free(t->direct);
  bwi_graph_free(t->search);
  *t = (bwi_template){0};
}
