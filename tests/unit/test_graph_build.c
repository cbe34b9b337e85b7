/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/build.h"

#include "support/unit.h"

static const bwi_dims shape = {3, {2, 3, 4}};

static bwi_graph *new_graph(bwi_id *x) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  *x = bwi_input(g, BW_F16, &shape, 0);
  return g;
}

static void check_shape(const bwi_graph *g, bwi_id id, bwi_dims wanted) {
  char have[64], want[64];
  assert_int_not_equal(id, BWI_NONE);
  assert_string_equal(bwi_dims_text(have, sizeof have, &bwi_graph_node(g, id)->shape),
                      bwi_dims_text(want, sizeof want, &wanted));
}

static void test_what_changes_nothing_adds_nothing(void **state) {
  (void)state;
  bwi_id x;
  bwi_graph *g = new_graph(&x);
  assert_int_equal(bwi_scale(g, x, 1), x);
  assert_int_equal(bwi_astype(g, x, BW_F16), x);
  assert_int_equal(bwi_reshape(g, x, &shape), x);
  assert_int_equal(bwi_broadcast(g, x, &shape), x);
  assert_int_equal(bwi_sum_to(g, x, &shape), x);
  assert_int_equal(bwi_slice_axis(g, x, 1, 0, 3), x);
  assert_int_equal(bwi_graph_count(g), 1);
  bwi_graph_free(g);
}

static void test_shapes(void **state) {
  (void)state;
  bwi_id x;
  bwi_graph *g = new_graph(&x);
  check_shape(g, bwi_sum_to(g, x, &(bwi_dims){2, {3, 1}}), (bwi_dims){2, {3, 1}});
  check_shape(g, bwi_sum_to(g, x, &(bwi_dims){3, {2, 1, 4}}), (bwi_dims){3, {2, 1, 4}});
  check_shape(g, bwi_sum_to(g, x, &(bwi_dims){.n = 0}), (bwi_dims){.n = 0});
  check_shape(g, bwi_swap_last(g, x), (bwi_dims){3, {2, 4, 3}});
  check_shape(g, bwi_matmul(g, x, bwi_swap_last(g, x)), (bwi_dims){3, {2, 3, 3}});
  check_shape(g, bwi_slice_axis(g, x, 2, 1, 3), (bwi_dims){3, {2, 3, 2}});
  check_shape(g, bwi_reduce(g, BWI_MAX, x, &(bwi_dims){2, {0, -1}}), (bwi_dims){3, {1, 3, 1}});
  check_shape(g, bwi_scan(g, BWI_SCAN_SUM, x, -1, false, true), shape);
  check_shape(g, bwi_arange(g, BW_I32, 2, 7), (bwi_dims){1, {5}});
  check_shape(g, bwi_zeros_like(g, x), shape);
  assert_int_equal(bwi_graph_node(g, bwi_zeros_like(g, x))->dtype, BW_F16);
  assert_int_equal(bwi_graph_node(g, bwi_scalar_like(g, x, 2))->dtype, BW_F16);
  assert_int_equal(bwi_graph_status(g, NULL), BW_OK);
  bwi_graph_free(g);
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    bwi_dims shape;
    bw_status status;
  } rows[] = {{{4, {1, 2, 3, 4}}, BW_EINVAL}, {{3, {2, 3, 5}}, BW_EFORMAT}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_id x;
    bwi_graph *g = new_graph(&x);
    assert_int_equal(bwi_sum_to(g, x, &rows[i].shape), BWI_NONE);
    assert_int_equal(bwi_graph_status(g, NULL), rows[i].status);
    bwi_graph_free(g);
  }
}

static void test_matrices_need_two_axes(void **state) {
  (void)state;
  bwi_id x;
  bwi_graph *g = new_graph(&x);
  assert_int_equal(bwi_swap_last(g, bwi_arange(g, BW_F32, 0, 3)), BWI_NONE);
  assert_int_equal(bwi_graph_status(g, NULL), BW_EINVAL);
  bwi_graph_free(g);
}

static void test_axes_outside_are_refused(void **state) {
  (void)state;
  bwi_id x;
  bwi_graph *g = new_graph(&x);
  assert_int_equal(bwi_slice_axis(g, x, 3, 0, 1), BWI_NONE);
  assert_int_equal(bwi_graph_status(g, NULL), BW_EINVAL);
  bwi_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_changes_nothing_adds_nothing),
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_matrices_need_two_axes),
      cmocka_unit_test(test_axes_outside_are_refused),
  };
  return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
