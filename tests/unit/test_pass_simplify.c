/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/build.h"
#include "graph/passes.h"
#include "support/passes.h"
#include "support/unit.h"

static const bwi_dims abc = {3, {2, 3, 4}}, flat = {1, {24}}, ab_c = {2, {6, 4}}, c = {1, {4}};

static void nested_views(bwi_graph *g) {
  const bwi_id x = any_input(g, abc);
  one_output(g, bwi_reshape(g, bwi_reshape(g, bwi_reshape(g, x, &flat), &ab_c), &(bwi_dims){2, {4, 6}}));
}

static void views_that_end_where_they_began(bwi_graph *g) {
  const bwi_id x = any_input(g, abc);
  const bwi_id wider = bwi_apply(g, BWI_ExpandDims, &(bwi_params){.v = {{1, {1}}}}, 1, &x);
  const bwi_id narrow = bwi_apply(g, BWI_Squeeze, &(bwi_params){.v = {{1, {1}}}}, 1, &wider);
  one_output(g, bwi_unary(g, BWI_Exp, narrow));
}

static void two_transposes(bwi_graph *g) {
  const bwi_id x = any_input(g, abc);
  one_output(g, bwi_transpose(g, bwi_transpose(g, x, &(bwi_dims){3, {1, 2, 0}}), &(bwi_dims){3, {0, 2, 1}}));
}

static void inverse_transposes(bwi_graph *g) {
  const bwi_id x = any_input(g, abc);
  one_output(g, bwi_transpose(g, bwi_transpose(g, x, &(bwi_dims){3, {1, 2, 0}}), &(bwi_dims){3, {2, 0, 1}}));
}

static void transpose_of_an_axis_of_one(bwi_graph *g) {
  one_output(g, bwi_transpose(g, any_input(g, (bwi_dims){3, {2, 1, 4}}), &(bwi_dims){3, {1, 0, 2}}));
}

static void broadcast_into_a_sum(bwi_graph *g) {
  const bwi_id x = any_input(g, abc);
  one_output(g, bwi_add(g, x, bwi_broadcast(g, any_constant(g, c), &abc)));
}

static void sum_of_two_broadcasts(bwi_graph *g) {
  const bwi_id x = bwi_broadcast(g, any_input(g, c), &abc),
               y = bwi_broadcast(g, any_constant(g, (bwi_dims){0}), &abc);
  one_output(g, bwi_unary(g, BWI_Exp, bwi_add(g, x, y)));
}

static void nested_broadcasts(bwi_graph *g) {
  const bwi_id row = bwi_broadcast(g, any_input(g, c), &(bwi_dims){2, {3, 4}});
  one_output(g, bwi_broadcast(g, row, &abc));
}

static void neutral_operands(bwi_graph *g) {
  const bwi_id x = any_input(g, abc), one = bwi_scalar(g, BW_F32, 1), zero = bwi_scalar(g, BW_F32, 0);
  one_output(g, bwi_subtract(g, bwi_divide(g, bwi_multiply(g, x, bwi_broadcast(g, one, &abc)), one), zero));
}

static void one_of_another_shape(bwi_graph *g) { /* stretches x, so it stays */
  const bwi_id x = any_input(g, c), one = bwi_broadcast(g, bwi_scalar(g, BW_F32, 1), &abc);
  one_output(g, bwi_multiply(g, x, one));
}

static void whole_slice(bwi_graph *g) {
  const bwi_dims zeros = {3, {0, 0, 0}}, ones = {3, {1, 1, 1}};
  one_output(g, bwi_unary(g, BWI_Exp, bwi_slice(g, any_input(g, abc), &zeros, &abc, &ones)));
}

static void reversed_slice(bwi_graph *g) {
  const bwi_dims start = {1, {3}}, end = {1, {-5}}, stride = {1, {-1}};
  one_output(g, bwi_slice(g, any_input(g, c), &start, &end, &stride));
}

static void reduction_of_one(bwi_graph *g) {
  const bwi_id x = any_input(g, (bwi_dims){3, {2, 1, 4}});
  one_output(g, bwi_unary(g, BWI_Exp, bwi_reduce(g, BWI_SUM, x, &(bwi_dims){1, {1}})));
}

static void empty_pad(bwi_graph *g) {
  const bwi_id in[] = {any_input(g, c), bwi_scalar(g, BW_F32, 0)};
  const bwi_params none = {.v = {{1, {0}}, {1, {0}}, {1, {0}}}};
  one_output(g, bwi_unary(g, BWI_Exp, bwi_apply(g, BWI_Pad, &none, 2, in)));
}

static bwi_id power(bwi_graph *g, bwi_id x, double exponent) {
  return bwi_binary(g, BWI_Power, x, bwi_scalar(g, BW_F32, exponent));
}

static void square(bwi_graph *g) {
  one_output(g, power(g, any_input(g, abc), 2));
}

static void square_of_a_broadcast(bwi_graph *g) {
  const bwi_id exponent = bwi_broadcast(g, bwi_scalar(g, BW_F32, 2), &abc);
  one_output(g, bwi_binary(g, BWI_Power, any_input(g, c), exponent));
}

static void square_root(bwi_graph *g) { /* of negative numbers too, which gives NaN */
  one_output(g, power(g, any_input(g, abc), 0.5));
}

static void square_root_of_zeros(bwi_graph *g) { /* of both signs */
  one_output(g, power(g, bwi_multiply(g, any_input(g, abc), bwi_scalar(g, BW_F32, 0)), 0.5));
}

static void reciprocal_root_of_zeros(bwi_graph *g) {
  one_output(g, power(g, bwi_multiply(g, any_input(g, abc), bwi_scalar(g, BW_F32, 0)), -0.5));
}

static void power_of_four(bwi_graph *g) {
  one_output(g, power(g, any_input(g, abc), 4));
}

static void power_of_an_input(bwi_graph *g) {
  const bwi_id exponent = any_input(g, (bwi_dims){0});
  one_output(g, bwi_binary(g, BWI_Power, any_constant(g, abc), exponent));
}

static void cube(bwi_graph *g) {
  one_output(g, power(g, any_input(g, abc), 3));
}

static void reciprocal_root(bwi_graph *g) {
  one_output(g, power(g, any_input(g, abc), -0.5));
}

static const pass_row rows[] = {
    {"nested views", nested_views, {{BWI_Reshape, 1}}},
    {"views that end where they began",
     views_that_end_where_they_began,
     {{BWI_ExpandDims, 0}, {BWI_Squeeze, 0}, {BWI_Reshape, 0}}},
    {"two transposes", two_transposes, {{BWI_Transpose, 1}}},
    {"inverse transposes", inverse_transposes, {{BWI_Transpose, 0}, {BWI_Reshape, 0}}},
    {"transpose of an axis of one", transpose_of_an_axis_of_one, {{BWI_Transpose, 0}, {BWI_Reshape, 1}}},
    {"broadcast into a sum", broadcast_into_a_sum, {{BWI_Broadcast, 0}, {BWI_Add, 1}}},
    {"sum of two broadcasts", sum_of_two_broadcasts, {{BWI_Broadcast, 1}, {BWI_Add, 1}}},
    {"nested broadcasts", nested_broadcasts, {{BWI_Broadcast, 1}}},
    {"neutral operands", neutral_operands, {{BWI_Multiply, 0}, {BWI_Divide, 0}, {BWI_Subtract, 0}}},
    {"one of another shape", one_of_another_shape, {{BWI_Multiply, 1}, {BWI_Broadcast, 1}}},
    {"whole slice", whole_slice, {{BWI_Slice, 0}}},
    {"reversed slice", reversed_slice, {{BWI_Slice, 1}}},
    {"reduction of one", reduction_of_one, {{BWI_Reduce, 0}}},
    {"empty pad", empty_pad, {{BWI_Pad, 0}}},
    {"square", square, {{BWI_Power, 0}, {BWI_Square, 1}}},
    {"square of a broadcast", square_of_a_broadcast, {{BWI_Power, 0}, {BWI_Square, 1}, {BWI_Broadcast, 1}}},
    {"square root", square_root, {{BWI_Power, 0}, {BWI_Sqrt, 1}}},
    {"square root of zeros", square_root_of_zeros, {{BWI_Power, 0}, {BWI_Sqrt, 1}}},
    {"reciprocal root of zeros", reciprocal_root_of_zeros, {{BWI_Power, 0}, {BWI_Sqrt, 1}}},
    {"power of four", power_of_four, {{BWI_Power, 1}}},
    {"power of an input", power_of_an_input, {{BWI_Power, 1}}},
};

static const pass_row rounded_rows[] = {
    {"cube", cube, {{BWI_Power, 0}, {BWI_Square, 1}, {BWI_Multiply, 1}}},
    {"reciprocal root", reciprocal_root, {{BWI_Power, 0}, {BWI_Sqrt, 1}}},
};

static void test_rows(void **state) {
  (void)state;
  check_passes(rows, sizeof rows / sizeof rows[0], bwi_pass_simplify, 0); /* nothing is computed anew */
  /* A power is rounded once, a product of two products or the reciprocal of a root twice, by 2^-24 each. */
  check_passes(rounded_rows, sizeof rounded_rows / sizeof rounded_rows[0], bwi_pass_simplify, 3 * 0x1p-24);
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(sum_of_two_broadcasts, bwi_pass_simplify) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
