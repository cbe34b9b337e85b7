/* SPDX-License-Identifier: Apache-2.0 */
/* .mlxfn to results: import, passes, derivative, another batch size, plans, a run of each on the reference
 * backend, all under small limits. Deterministic, frees all, answers within the limits; where the function
 * can be prepared and optimised it still has the same face. */
#include <stdlib.h>
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "format/mlxfn.h"
#include "fuzz.h"
#include "graph/differentiate.h"
#include "graph/passes.h"
#include "model/import.h"
#include "model/operations.h"

#define MAX_OPERATIONS (UINT64_C(1) << 22)

static const bwi_import_limits limits = {
    .max_value_bytes = 1 << 20, .max_total_bytes = 8 << 20, .max_operations = MAX_OPERATIONS};

/* --- running --- */

static uint64_t all_operations(const bwi_graph *g) {
  uint64_t sum = 0;
  for (uint32_t id = 0; id < bwi_graph_count(g) && sum <= MAX_OPERATIONS; id++) {
    const uint64_t operations = bwi_operations(g, (bwi_id)id);
    sum = operations > MAX_OPERATIONS ? operations : sum + operations;
  }
  return sum;
}

/* Runs g on inputs that are all zero bytes, but only where that costs no more than the import allows: a
 * derivative may cost more than its function. */
static bw_status run(const bwi_graph *g, bw_error *err) {
  static const bwi_backend *const backends[] = {&bwi_backend_ref};
  bwi_weights *weights = NULL;
  bwi_workspace *workspace = NULL;
  bwi_plan *plan = NULL;
  if (all_operations(g) > MAX_OPERATIONS) return BW_FAIL(err, BW_ELIMIT, "too many operations");
  bw_status status = bwi_weights_create(&weights, err);
  if (status == BW_OK) status = bwi_workspace_create(&workspace, FUZZ_MAX_BYTES, err);
  if (status == BW_OK) status = bwi_plan_create_in(&plan, workspace, g, 1, backends, weights, 0, err);
  if (status == BW_OK) status = bwi_plan_run(plan, 0, err);
  if (status == BW_OK) status = bwi_plan_run(plan, 1, err);
  bwi_plan_free(plan);
  bwi_workspace_free(workspace);
  bwi_weights_free(weights);
  return status;
}

static bw_status evaluate_if_cheap(const bwi_graph *g, bwi_id id, void *out, bw_error *err) {
  if (bwi_operations(g, id) > MAX_OPERATIONS) return BW_FAIL(err, BW_ELIMIT, "too many operations");
  return bwi_ref_evaluate(g, id, out, err);
}

/* --- what a function becomes --- */

static bw_status differentiate(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *derived = NULL;
  bwi_id outputs[2];
  if (bwi_graph_n_inputs(g) == 0) return BW_FAIL(err, BW_EUNSUPPORTED, "no inputs");
  BW_TRY(bwi_rewrite_graph(&derived, g, NULL, NULL, err));
  const bwi_id x = bwi_graph_input(derived, 0);
  outputs[0] = bwi_graph_output(derived, 0);
  const bwi_node *y = bwi_graph_node(derived, outputs[0]);
  const bwi_id cotangent = bwi_input(derived, y->dtype, &y->shape, 1);
  bwi_differentiate(derived, BWI_EXACT, 1, outputs, &cotangent, 1, &x, outputs + 1);
  const bw_status status = bwi_graph_set_outputs(derived, 2, outputs, err);
  if (status == BW_OK) {
    *out = derived;
    return BW_OK;
  }
  bwi_graph_free(derived);
  return status;
}

static void check_face(const bwi_graph *before, const bwi_graph *after) {
  fuzz_assert(bwi_graph_n_inputs(before) == bwi_graph_n_inputs(after), "a pass keeps the inputs");
  fuzz_assert(bwi_graph_n_outputs(before) == bwi_graph_n_outputs(after), "a pass keeps the outputs");
  for (uint32_t k = 0; k < bwi_graph_n_outputs(before); k++) {
    const bwi_node *a = bwi_graph_node(before, bwi_graph_output(before, k));
    const bwi_node *b = bwi_graph_node(after, bwi_graph_output(after, k));
    fuzz_assert(a->dtype == b->dtype && bwi_dims_equal(&a->shape, &b->shape),
                "a pass keeps the outputs' types");
  }
}

/* Every way in which the engine changes a function. What it may refuse for want of support or within the
 * limits is not looked at; it must do so in order. */
static void change(const bwi_graph *g) {
  bwi_graph *prepared = NULL, *derived = NULL, *optimised = NULL, *rebatched = NULL;
  bw_status status = bwi_prepare(&prepared, g, evaluate_if_cheap, NULL);
  if (status == BW_OK) {
    check_face(g, prepared);
    status = differentiate(&derived, prepared, NULL);
  }
  if (status == BW_OK) status = bwi_optimise(&optimised, derived, evaluate_if_cheap, NULL);
  if (status == BW_OK) {
    check_face(derived, optimised);
    status = run(optimised, NULL);
  }
  fuzz_assert(status != BW_EINTERNAL && status != BW_ENOMEM && status != BW_EINVAL, "passes fail in order");
  if (bwi_graph_n_inputs(g) > 0 && bwi_pass_rebatch(&rebatched, g, 3, NULL) == BW_OK)
    (void)run(rebatched, NULL);
  bwi_graph_free(prepared);
  bwi_graph_free(derived);
  bwi_graph_free(optimised);
  bwi_graph_free(rebatched);
}

static bw_status answer(bwi_bytes bytes, bw_error *err) {
  bwi_mlxfn_limits file_limits = bwi_mlxfn_default_limits();
  bwi_mlxfn *file = NULL;
  bwi_graph *g = NULL;
  file_limits.max_memory_bytes = FUZZ_MAX_BYTES;
  file_limits.max_values = 1000;
  bw_status status = bwi_mlxfn_read(&file, bytes, &file_limits, bwi_import_accept, NULL, err);
  if (status == BW_OK) status = bwi_import(&g, file, 0, &limits, err);
  if (status == BW_OK) status = run(g, err);
  if (status == BW_OK) change(g);
  bwi_graph_free(g);
  bwi_mlxfn_free(file);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  bw_error why, why_again;
  const bw_status status = answer((bwi_bytes){copy, size}, &why);
  fuzz_check_answers(status, &why, answer((bwi_bytes){copy, size}, &why_again), &why_again, size);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
