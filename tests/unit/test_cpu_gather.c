/* SPDX-License-Identifier: Apache-2.0 */
/* Indices that are out of range. (That gathering agrees with the reference: test_cpu_index.c.) */
#include <string.h>

#include "backend/plan.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

typedef struct outside {
  const char *name;
  bw_dtype dtype;
  int64_t index;
  bw_status status;
} outside;

static void test_outside(void **state) {
  (void)state;
  static const outside rows[] = {
      {"first", BW_I64, 0, BW_OK},
      {"last", BW_I64, 2, BW_OK},
      {"last from the end", BW_I64, -3, BW_OK},
      {"one past", BW_I64, 3, BW_EFORMAT},
      {"one before", BW_I64, -4, BW_EFORMAT},
      {"greatest", BW_I64, INT64_MAX, BW_EFORMAT},
      {"least", BW_I64, INT64_MIN, BW_EFORMAT},
      {"2^63 + 2^63 - 1", BW_U64, -1, BW_EFORMAT},
      {"2^63", BW_U64, INT64_MIN, BW_EFORMAT},
  };
  const bwi_backend *cpu = &bwi_backend_cpu;
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_graph *g = NULL;
    bwi_plan *plan = NULL;
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    const bwi_id in[] = {bwi_input(g, BW_F32, &(bwi_dims){2, {3, 2}}, 0),
                         bwi_input(g, rows[i].dtype, &(bwi_dims){1, {1}}, 0)};
    const bwi_id id = bwi_apply(g, BWI_Gather, &(bwi_params){.v = {{1, {0}}, {2, {1, 2}}}}, 2, in);
    assert_int_equal(bwi_graph_set_outputs(g, 1, &id, NULL), BW_OK);
    assert_int_equal(bwi_plan_create(&plan, g, 1, &cpu, NULL, 0, NULL), BW_OK);
    memset(bwi_plan_input(plan, 0), 0, 6 * sizeof(float));
    memcpy(bwi_plan_input(plan, 1), &rows[i].index, sizeof rows[i].index);
    const bw_status status = bwi_plan_run(plan, 0, NULL);
    if (status != rows[i].status) fail_msg("%s: status %d", rows[i].name, status);
    bwi_plan_free(plan);
    bwi_graph_free(g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_outside)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
