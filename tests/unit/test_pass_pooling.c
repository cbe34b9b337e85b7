/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/build.h"
#include "graph/passes.h"
#include "support/passes.h"
#include "support/unit.h"

static const bwi_dims image = {4, {2, 6, 4, 3}}, line = {3, {2, 6, 3}};

/* Windows (h, w) side by side over (N, H, W, C), reduced as mlx.nn does. */
static bwi_id side_by_side(bwi_graph *g, bwi_reduction kind, bwi_id x, int64_t h, int64_t w) {
  const int64_t *v = bwi_graph_node(g, x)->shape.v;
  const bwi_dims cut = {6, {v[0], v[1] / h, h, v[2] / w, w, v[3]}};
  const bwi_id windows = bwi_transpose(g, bwi_reshape(g, x, &cut), &(bwi_dims){6, {0, 1, 3, 2, 4, 5}});
  return bwi_reduce(g, kind, windows, &(bwi_dims){2, {3, 4}});
}

static bwi_id overlapping(bwi_graph *g, bwi_reduction kind, bwi_id x, int64_t size, int64_t step,
                          int64_t offset) {
  const int64_t *v = bwi_graph_node(g, x)->shape.v, row = v[2] * v[3];
  const bwi_params p = {
      .i = {offset},
      .v = {{6, {v[0], (v[1] - size) / step + 1, (v[2] - size) / step + 1, size, size, v[3]}},
            {6, {v[1] * row, step * row, step * v[3], row, v[3], 1}}}};
  const bwi_id flat = bwi_reshape(g, x, &(bwi_dims){1, {v[0] * v[1] * row}});
  return bwi_reduce(g, kind, bwi_apply(g, BWI_AsStrided, &p, 1, &flat), &(bwi_dims){2, {3, 4}});
}

static bwi_id mean(bwi_graph *g, bwi_id sum, double share) {
  const int64_t *v = bwi_graph_node(g, sum)->shape.v;
  const bwi_id squeezed = bwi_reshape(g, sum, &(bwi_dims){4, {v[0], v[1], v[2], v[5]}});
  return bwi_multiply(g, squeezed, bwi_scalar(g, BW_F32, share));
}

static void max_2x2(bwi_graph *g) {
  one_output(g, side_by_side(g, BWI_MAX, any_input(g, image), 2, 2));
}

static void max_3x2(bwi_graph *g) {
  one_output(g, side_by_side(g, BWI_MAX, any_input(g, image), 3, 2));
}

static void max_3_step_1(bwi_graph *g) {
  one_output(g, overlapping(g, BWI_MAX, any_input(g, image), 3, 1, 0));
}

static void max_of_a_line(bwi_graph *g) {
  const bwi_id cut = bwi_reshape(g, any_input(g, line), &(bwi_dims){4, {2, 3, 2, 3}});
  one_output(g, bwi_reduce(g, BWI_MAX, cut, &(bwi_dims){1, {2}}));
}

static void max_of_a_line_overlapping(bwi_graph *g) {
  const bwi_id x = any_input(g, line);
  const bwi_params p = {.v = {{4, {2, 2, 3, 3}}, {4, {18, 6, 3, 1}}}};
  one_output(g, bwi_reduce(g, BWI_MAX, bwi_apply(g, BWI_AsStrided, &p, 1, &x), &(bwi_dims){1, {2}}));
}

static void mean_2x2(bwi_graph *g) {
  one_output(g, mean(g, side_by_side(g, BWI_SUM, any_input(g, image), 2, 2), 0.25));
}

static void mean_3_step_2(bwi_graph *g) {
  one_output(g, mean(g, overlapping(g, BWI_SUM, any_input(g, (bwi_dims){4, {2, 7, 7, 2}}), 3, 2, 0),
                     (double)(1.0f / 9)));
}

static void sum_of_windows(bwi_graph *g) { /* not divided by their size */
  one_output(g, mean(g, side_by_side(g, BWI_SUM, any_input(g, image), 2, 2), 0.5));
}

static void min_of_windows(bwi_graph *g) {
  one_output(g, side_by_side(g, BWI_MIN, any_input(g, image), 2, 2));
}

static void max_over_rows_only(bwi_graph *g) {
  const bwi_id cut = bwi_reshape(g, any_input(g, image), &(bwi_dims){6, {2, 3, 2, 2, 2, 3}});
  const bwi_id windows = bwi_transpose(g, cut, &(bwi_dims){6, {0, 1, 3, 2, 4, 5}});
  one_output(g, bwi_reduce(g, BWI_MAX, windows, &(bwi_dims){1, {3}}));
}

static void other_order(bwi_graph *g) {
  const bwi_id cut = bwi_reshape(g, any_input(g, image), &(bwi_dims){6, {2, 3, 2, 2, 2, 3}});
  const bwi_id windows = bwi_transpose(g, cut, &(bwi_dims){6, {0, 3, 1, 2, 4, 5}});
  one_output(g, bwi_reduce(g, BWI_MAX, windows, &(bwi_dims){2, {3, 4}}));
}

static void shifted_view(bwi_graph *g) { /* reads from one element further on */
  const bwi_id x = any_input(g, (bwi_dims){1, {200}});
  const bwi_params p = {.i = {1}, .v = {{6, {2, 2, 2, 3, 3, 2}}, {6, {98, 28, 4, 14, 2, 1}}}};
  one_output(g, bwi_reduce(g, BWI_MAX, bwi_apply(g, BWI_AsStrided, &p, 1, &x), &(bwi_dims){2, {3, 4}}));
}

static const pass_row rows[] = {
    {"max 2x2", max_2x2, {{BWI_MaxPool, 1}, {BWI_Reduce, 0}}},
    {"max 3x2", max_3x2, {{BWI_MaxPool, 1}, {BWI_Reduce, 0}}},
    {"max 3 step 1", max_3_step_1, {{BWI_MaxPool, 1}, {BWI_AsStrided, 0}}},
    {"max of a line", max_of_a_line, {{BWI_MaxPool, 1}, {BWI_Reduce, 0}}},
    {"max of a line, overlapping", max_of_a_line_overlapping, {{BWI_MaxPool, 1}, {BWI_AsStrided, 0}}},
    {"mean 2x2", mean_2x2, {{BWI_AvgPool, 1}, {BWI_Reduce, 0}, {BWI_Multiply, 0}}},
    {"mean 3 step 2", mean_3_step_2, {{BWI_AvgPool, 1}, {BWI_AsStrided, 0}, {BWI_Multiply, 0}}},
    {"sum of windows", sum_of_windows, {{BWI_AvgPool, 0}, {BWI_Reduce, 1}}},
    {"min of windows", min_of_windows, {{BWI_MaxPool, 0}, {BWI_Reduce, 1}}},
    {"max over rows only", max_over_rows_only, {{BWI_MaxPool, 0}, {BWI_Reduce, 1}}},
    {"other order", other_order, {{BWI_MaxPool, 0}, {BWI_Reduce, 1}}},
    {"shifted view", shifted_view, {{BWI_MaxPool, 0}, {BWI_Reduce, 1}}},
};

static void test_rows(void **state) {
  (void)state;
  check_passes(rows, sizeof rows / sizeof rows[0], bwi_pass_recognise_pooling,
               2e-7); /* a mean divides instead: one rounding */
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(max_2x2, bwi_pass_recognise_pooling) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
