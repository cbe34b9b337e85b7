/* SPDX-License-Identifier: Apache-2.0 */
#include "support/rows.h"

#include <math.h>
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "support/unit.h"

static bw_array *to_dtype(const row_array *a) {
  bw_array *real = NULL, *typed = NULL;
  assert_int_equal(bw_array_create(&real, BW_F64, a->shape.n, a->shape.v, NULL), BW_OK);
  memcpy(bw_array_data(real), a->values, bw_array_bytes(real));
  assert_int_equal(bw_array_convert(&typed, real, a->dtype, NULL), BW_OK);
  bw_array_free(real);
  return typed;
}

static bool agrees(double got, double wanted, double tolerance) {
  if (isnan(wanted)) return isnan(got);
  if (tolerance == 0 || isinf(wanted)) return got == wanted && signbit(got) == signbit(wanted);
  return fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted));
}

static void check_values(const row *r, const void *data) {
  bw_array *raw = NULL, *real = NULL;
  assert_int_equal(bw_array_create(&raw, r->out.dtype, r->out.shape.n, r->out.shape.v, NULL), BW_OK);
  memcpy(bw_array_data(raw), data, bw_array_bytes(raw));
  assert_int_equal(bw_array_convert(&real, raw, BW_F64, NULL), BW_OK);
  const double *got = bw_array_view(real);
  for (int64_t i = 0; i < bw_array_count(real); i++)
    if (!agrees(got[i], r->out.values[i], r->tolerance))
      fail_msg("%s: element %d is %.17g, wanted %.17g", r->name, (int)i, got[i], r->out.values[i]);
  bw_array_free(raw);
  bw_array_free(real);
}

/* The row's node over operands that are inputs or constants. */
static bwi_id build(bwi_graph *g, const row *r, bw_array *const *operands, bool constant) {
  bwi_id in[ROW_OPERANDS];
  for (uint32_t k = 0; k < r->n_in; k++)
    in[k] = constant ? bwi_constant(g, r->in[k].dtype, &r->in[k].shape, bw_array_view(operands[k]))
                     : bwi_input(g, r->in[k].dtype, &r->in[k].shape, 0);
  const bwi_id id = bwi_apply(g, r->prim, &r->params, r->n_in, in);
  bw_error err;
  if (bwi_graph_status(g, &err) != BW_OK) fail_msg("%s: %s", r->name, err.text);
  const bwi_node *n = bwi_graph_node(g, id);
  if (n->dtype != r->out.dtype || !bwi_dims_equal(&n->shape, &r->out.shape))
    fail_msg("%s: another dtype or shape", r->name);
  return id;
}

static void check_evaluated(const row *r, bw_array *const *operands) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id id = build(g, r, operands, true);
  void *out = bwi_alloc(bwi_node_bytes(bwi_graph_node(g, id)), 1);
  const bw_status status = bwi_ref_evaluate(g, id, out, NULL);
  if (status != r->status) fail_msg("%s: status %d, wanted %d", r->name, status, r->status);
  if (status == BW_OK) check_values(r, out);
  bwi_free(out);
  bwi_graph_free(g);
}

static void check_planned(const row *r, bw_array *const *operands) {
  const bwi_backend *const backends[] = {&bwi_backend_ref};
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  bw_error err;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id id = build(g, r, operands, false);
  assert_int_equal(bwi_graph_set_outputs(g, 1, &id, NULL), BW_OK);
  if (bwi_plan_create(&plan, g, 1, backends, NULL, 0, &err) != BW_OK) fail_msg("%s: %s", r->name, err.text);
  for (uint32_t k = 0; k < r->n_in; k++)
    memcpy(bwi_plan_input(plan, k), bw_array_view(operands[k]), bw_array_bytes(operands[k]));
  const bw_status status = bwi_plan_run(plan, 0, &err);
  if (status != r->status) fail_msg("%s: status %d, wanted %d", r->name, status, r->status);
  if (status == BW_OK) check_values(r, bwi_plan_output(plan, 0));
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

void check_rows(const row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bw_array *operands[ROW_OPERANDS] = {NULL};
    for (uint32_t k = 0; k < rows[i].n_in; k++) operands[k] = to_dtype(&rows[i].in[k]);
    check_evaluated(&rows[i], operands);
    check_planned(&rows[i], operands);
    for (uint32_t k = 0; k < rows[i].n_in; k++) bw_array_free(operands[k]);
  }
}
