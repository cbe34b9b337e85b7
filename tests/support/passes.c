/* SPDX-License-Identifier: Apache-2.0 */
#include "support/passes.h"

#include <math.h>
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/passes.h"
#include "graph/primitive.h"
#include "support/sweep.h"
#include "support/unit.h"

uint32_t count_live(const bwi_graph *g, bwi_prim prim) {
  uint32_t count = 0;
  uint32_t *uses = bwi_alloc(bwi_graph_count(g), sizeof *uses);
  assert_non_null(uses);
  bwi_count_uses(g, uses);
  for (uint32_t id = 0; id < bwi_graph_count(g); id++)
    if (uses[id] > 0 && bwi_graph_node(g, (bwi_id)id)->prim == prim) count++;
  bwi_free(uses);
  return count;
}

bwi_id any_constant(bwi_graph *g, bwi_dims shape) {
  static uint32_t stream; /* another draw for every constant */
  int64_t count = 1;
  for (uint32_t d = 0; d < shape.n; d++) count *= shape.v[d];
  float *values = bwi_alloc((size_t)count, sizeof *values);
  assert_non_null(values);
  bwi_rng_uniform(values, (size_t)count, (bwi_rng_key){.seed = 7, .stream = stream++}, 0, 0.5f, 1.5f);
  const bwi_id id = bwi_constant(g, BW_F32, &shape, values);
  bwi_free(values);
  return id;
}

bwi_id any_input(bwi_graph *g, bwi_dims shape) {
  return bwi_input(g, BW_F32, &shape, 0);
}

void one_output(bwi_graph *g, bwi_id id) {
  bw_error err = {0};
  if (bwi_graph_set_outputs(g, 1, &id, &err) != BW_OK) fail_msg("%s", err.text);
}

/* --- running --- */

static bwi_plan *run(const bwi_graph *g, bwi_weights *weights) {
  static const bwi_backend *const backends[] = {&bwi_backend_ref};
  bwi_plan *plan = NULL;
  bw_error err = {0};
  if (bwi_plan_create(&plan, g, 1, backends, weights, 0, &err) != BW_OK) fail_msg("%s", err.text);
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g); k++) {
    const bwi_node *n = bwi_graph_node(g, bwi_graph_input(g, k));
    assert_int_equal(n->dtype, BW_F32);
    bwi_rng_uniform(bwi_plan_input(plan, k), (size_t)bwi_node_count(n), (bwi_rng_key){.stream = k}, 0, -1, 1);
  }
  for (uint32_t stage = 0; stage < 2; stage++)
    if (bwi_plan_run(plan, stage, &err) != BW_OK) fail_msg("%s", err.text);
  return plan;
}

static void check_output(const char *name, const float *before, const float *after, size_t count,
                         double tolerance) {
  double greatest = 0;
  for (size_t i = 0; i < count; i++)
    if (isfinite(before[i])) greatest = fmax(greatest, fabs((double)before[i]));
  for (size_t i = 0; i < count; i++) {
    if (isnan(before[i]) && isnan(after[i])) continue;
    if (before[i] == after[i] && signbit(before[i]) == signbit(after[i])) continue;
    if (!(fabs((double)before[i] - (double)after[i]) <= tolerance * greatest))
      fail_msg("%s: element %zu was %.9g and became %.9g", name, i, (double)before[i], (double)after[i]);
  }
}

void check_same_function(const char *name, const bwi_graph *a, const bwi_graph *b, double tolerance) {
  bwi_weights *weights = NULL;
  assert_int_equal(bwi_weights_create(&weights, NULL), BW_OK);
  bwi_plan *before = run(a, weights), *after = run(b, weights);
  assert_int_equal(bwi_graph_n_outputs(a), bwi_graph_n_outputs(b));
  for (uint32_t k = 0; k < bwi_graph_n_outputs(a); k++) {
    const bwi_node *x = bwi_graph_node(a, bwi_graph_output(a, k)),
                   *y = bwi_graph_node(b, bwi_graph_output(b, k));
    if (x->dtype != y->dtype || !bwi_dims_equal(&x->shape, &y->shape))
      fail_msg("%s: output %u has another type", name, k);
    if (x->dtype == BW_F32)
      check_output(name, bwi_plan_output(before, k), bwi_plan_output(after, k), (size_t)bwi_node_count(x),
                   tolerance);
    else
      assert_memory_equal(bwi_plan_output(before, k), bwi_plan_output(after, k), bwi_node_bytes(x));
  }
  bwi_plan_free(before);
  bwi_plan_free(after);
  bwi_weights_free(weights);
}

/* --- rows --- */

static void check_row(const pass_row *row, pass_fn pass, double tolerance) {
  bwi_graph *before = NULL, *after = NULL;
  bw_error err = {0};
  assert_int_equal(bwi_graph_create(&before, &err), BW_OK);
  row->build(before);
  if (pass(&after, before, &err) != BW_OK) fail_msg("%s: %s", row->name, err.text);
  for (uint32_t k = 0; k < PASS_MAX_COUNTS && row->live[k].prim != BWI_Input; k++) {
    const uint32_t count = count_live(after, row->live[k].prim);
    if (count != row->live[k].count)
      fail_msg("%s: %u live %s, wanted %u", row->name, count, bwi_primitive_of(row->live[k].prim)->name,
               row->live[k].count);
  }
  check_same_function(row->name, before, after, tolerance);
  bwi_graph_free(before);
  bwi_graph_free(after);
}

void check_passes(const pass_row *rows, size_t count, pass_fn pass, double tolerance) {
  for (size_t k = 0; k < count; k++) check_row(&rows[k], pass, tolerance);
}

/* --- allocations --- */

typedef struct attempt {
  const bwi_graph *graph;
  pass_fn pass;
} attempt;

static bw_status pass_once(void *payload) {
  const attempt *a = payload;
  bwi_graph *out = NULL;
  const bw_status status = a->pass(&out, a->graph, NULL);
  bwi_graph_free(out);
  return status;
}

size_t sweep_pass(void (*build)(bwi_graph *g), pass_fn pass) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  build(g);
  const size_t count = sweep_allocations(pass_once, &(attempt){g, pass});
  bwi_graph_free(g);
  return count;
}
