/* SPDX-License-Identifier: Apache-2.0 */
/* A fused program gives the very values of the nodes it was made of. */
#include <math.h>

#include "backend/plan.h"
#include "graph/build.h"
#include "graph/program.h"
#include "support/unit.h"

enum { ROWS = 7, COLUMNS = 131, COUNT = ROWS * COLUMNS };

static void evaluate(const bwi_graph *g, bwi_id id, void *out) {
  bw_error err;
  if (bwi_ref_evaluate(g, id, out, &err) != BW_OK) fail_msg("%s", err.text);
}

/* A node computed and added back as a constant, so that the next can be. */
static bwi_id computed(bwi_graph *g, bwi_id id) {
  float out[COUNT];
  evaluate(g, id, out);
  const bwi_node *n = bwi_graph_node(g, id);
  return bwi_constant(g, n->dtype, &n->shape, out);
}

static bwi_graph *make_operands(bwi_id in[3]) {
  static float x[COUNT], bias[COLUMNS];
  static const uint8_t mask[ROWS] = {1, 0, 1, 1, 0, 0, 1};
  bwi_graph *g = NULL;
  for (int i = 0; i < COUNT; i++) x[i] = sinf((float)i) * 3;
  for (int i = 0; i < COLUMNS; i++) bias[i] = cosf((float)i);
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  in[0] = bwi_constant(g, BW_F32, &(bwi_dims){2, {ROWS, COLUMNS}}, x);
  in[1] = bwi_constant(g, BW_F32, &(bwi_dims){1, {COLUMNS}}, bias);
  in[2] = bwi_constant(g, BW_BOOL, &(bwi_dims){2, {ROWS, 1}}, mask);
  return g;
}

static void test_chain(void **state) {
  (void)state;
  /* select(mask, exp(x + bias) / x, x) */
  static const bwi_program program = {.n_steps = 4,
                                      .steps = {{.prim = BWI_Add, .n_in = 2, .in = {0, 1}},
                                                {.prim = BWI_Exp, .n_in = 1, .in = {3}},
                                                {.prim = BWI_Divide, .n_in = 2, .in = {4, 0}},
                                                {.prim = BWI_Select, .n_in = 3, .in = {2, 5, 0}}}};
  float fused[COUNT], apart[COUNT];
  bwi_id in[3];
  bwi_graph *g = make_operands(in);
  evaluate(g, bwi_elementwise(g, &program, 3, in), fused);
  bwi_id id = computed(g, bwi_binary(g, BWI_Add, in[0], in[1]));
  id = computed(g, bwi_unary(g, BWI_Exp, id));
  id = computed(g, bwi_binary(g, BWI_Divide, id, in[0]));
  evaluate(g, bwi_select(g, in[2], id, in[0]), apart);
  assert_memory_equal(fused, apart, sizeof fused);
  bwi_graph_free(g);
}

static void test_comparison(void **state) {
  (void)state;
  /* not (x > bias) */
  static const bwi_program program = {.n_steps = 2,
                                      .steps = {{.prim = BWI_Greater, .n_in = 2, .in = {0, 1}},
                                                {.prim = BWI_LogicalNot, .n_in = 1, .in = {2}}},
                                      .boolean_result = true};
  uint8_t fused[COUNT], apart[COUNT];
  bwi_id in[3];
  bwi_graph *g = make_operands(in);
  evaluate(g, bwi_elementwise(g, &program, 2, in), fused);
  evaluate(g, bwi_binary(g, BWI_LessEqual, in[0], in[1]), apart);
  assert_memory_equal(fused, apart, sizeof fused);
  bwi_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain), cmocka_unit_test(test_comparison)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
