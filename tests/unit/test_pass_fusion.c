/* SPDX-License-Identifier: Apache-2.0 */
/* Epilogues of products and programs of elementwise primitives. */
#include "backend/plan.h"
#include "graph/build.h"
#include "graph/differentiate.h"
#include "graph/passes.h"
#include "graph/program.h"
#include "support/passes.h"
#include "support/unit.h"

static const bwi_dims image = {4, {2, 5, 5, 3}}, kernel = {4, {4, 3, 3, 3}}, channels = {1, {4}},
                      pixels = {4, {2, 5, 5, 4}};
static const bwi_dims rows_6 = {2, {2, 6}}, weights_6_4 = {2, {6, 4}};
static const bwi_params plain_convolution = {
    .v = {{2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}}, .i = {1}};

static bwi_id relu(bwi_graph *g, bwi_id x) {
  return bwi_binary(g, BWI_Maximum, x, bwi_scalar(g, BW_F32, 0));
}

static bwi_id convolution(bwi_graph *g, bwi_id x) {
  return bwi_apply(g, BWI_Convolution, &plain_convolution, 2, (bwi_id[]){x, any_constant(g, kernel)});
}

/* --- epilogues --- */

static void bias_and_relu(bwi_graph *g) {
  one_output(g, relu(g, bwi_add(g, convolution(g, any_input(g, image)), any_constant(g, channels))));
}

static void bias_residual_and_relu(bwi_graph *g) {
  const bwi_id biased = bwi_add(g, convolution(g, any_input(g, image)), any_constant(g, channels));
  one_output(g, relu(g, bwi_add(g, any_input(g, pixels), biased)));
}

static void product_with_bias(bwi_graph *g) {
  one_output(g, bwi_add(g, any_constant(g, channels),
                        bwi_matmul(g, any_input(g, rows_6), any_constant(g, weights_6_4))));
}

static void relu_before_residual(bwi_graph *g) { /* not the order of an epilogue */
  const bwi_id biased = bwi_add(g, convolution(g, any_input(g, image)), any_constant(g, channels));
  one_output(g, bwi_add(g, any_input(g, pixels), relu(g, biased)));
}

static void sum_used_twice(bwi_graph *g) {
  const bwi_id biased = bwi_add(g, convolution(g, any_input(g, image)), any_constant(g, channels));
  one_output(g, bwi_multiply(g, relu(g, biased), biased));
}

static void gradient_of_relu(bwi_graph *g) { /* the mask must not keep the sum alive */
  const bwi_id x = any_input(g, image);
  const bwi_id y = relu(g, bwi_add(g, convolution(g, x), any_constant(g, channels)));
  const bwi_id cotangent = bwi_input(g, BW_F32, &pixels, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

/* Two layers with the same residual as a residual network, then back to the input. */
static void gradient_of_a_block(bwi_graph *g) {
  const bwi_id x = relu(g, any_input(g, image));
  const bwi_id w = any_constant(g, (bwi_dims){4, {3, 3, 3, 3}}), b = any_constant(g, (bwi_dims){1, {3}});
  const bwi_id h =
      relu(g, bwi_add(g, bwi_apply(g, BWI_Convolution, &plain_convolution, 2, (bwi_id[]){x, w}), b));
  const bwi_id y = bwi_add(g, bwi_apply(g, BWI_Convolution, &plain_convolution, 2, (bwi_id[]){h, w}), x);
  const bwi_id cotangent = bwi_input(g, BW_F32, &image, 1), from = bwi_graph_input(g, 0);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &from, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

/* As between the convolutions and the first dense layer of most small networks. */
static void gradient_through_pooling(bwi_graph *g) {
  const bwi_id x = any_input(g, (bwi_dims){4, {2, 4, 4, 3}});
  const bwi_params pairs = {.v = {{2, {2, 2}}, {2, {2, 2}}}};
  const bwi_id h = relu(g, x), pooled = relu(g, bwi_apply(g, BWI_MaxPool, &pairs, 1, &h));
  const bwi_id flat = bwi_reshape(g, pooled, &(bwi_dims){2, {2, 12}});
  const bwi_id y = bwi_matmul(g, flat, any_constant(g, (bwi_dims){2, {12, 4}}));
  const bwi_id cotangent = bwi_input(g, BW_F32, &(bwi_dims){2, {2, 4}}, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

static void mask_of_another_kind(bwi_graph *g) { /* x > 0.5, and a product that is used twice */
  const bwi_id x = any_input(g, pixels), half = bwi_scalar(g, BW_F32, 0.5), zero = bwi_scalar(g, BW_F32, 0);
  const bwi_id y = convolution(g, any_input(g, image)), z = convolution(g, any_input(g, image));
  const bwi_id masked = bwi_mask(g, bwi_binary(g, BWI_Greater, x, half), y);
  one_output(
      g, bwi_multiply(g, masked, bwi_multiply(g, z, bwi_mask(g, bwi_binary(g, BWI_Greater, x, zero), z))));
}

static const pass_row epilogue_rows[] = {
    {"bias and relu",
     bias_and_relu,
     {{BWI_FusedConvolution, 1}, {BWI_Add, 0}, {BWI_Maximum, 0}, {BWI_Convolution, 0}}},
    {"bias, residual and relu",
     bias_residual_and_relu,
     {{BWI_FusedConvolution, 1}, {BWI_Add, 0}, {BWI_Maximum, 0}}},
    {"product with bias", product_with_bias, {{BWI_FusedMatmul, 1}, {BWI_Add, 0}, {BWI_Matmul, 0}}},
    {"relu before residual",
     relu_before_residual,
     {{BWI_FusedConvolution, 1}, {BWI_Add, 1}, {BWI_Maximum, 0}}},
    {"sum used twice", sum_used_twice, {{BWI_FusedConvolution, 1}, {BWI_Maximum, 1}}},
    {"gradient of relu",
     gradient_of_relu,
     {{BWI_FusedConvolution, 1}, {BWI_Maximum, 0}, {BWI_Convolution, 1}}},
    {"gradient of a block",
     gradient_of_a_block,
     {{BWI_FusedConvolution, 4}, {BWI_Convolution, 0}, {BWI_Select, 0}, {BWI_Add, 0}}},
    {"gradient through pooling",
     gradient_through_pooling,
     {{BWI_FusedMatmul, 1}, {BWI_MaxPoolGradient, 1}, {BWI_Select, 0}, {BWI_Matmul, 1}}},
    {"mask of another kind",
     mask_of_another_kind,
     {{BWI_FusedConvolution, 1}, {BWI_Select, 1}, {BWI_Convolution, 1}}},
};

static void test_epilogues(void **state) {
  (void)state;
  /* A fused sum is rounded once where three roundings were. */
  check_passes(epilogue_rows, sizeof epilogue_rows / sizeof epilogue_rows[0], bwi_pass_fuse_epilogues, 5e-7);
}

/* --- elementwise programs --- */

static void chain(bwi_graph *g) {
  const bwi_id x = any_input(g, pixels);
  one_output(g, bwi_unary(g, BWI_Exp, bwi_unary(g, BWI_Sin, bwi_add(g, x, any_constant(g, channels)))));
}

static void diamond(bwi_graph *g) { /* both branches go in; the shared start is computed once */
  const bwi_id s = bwi_unary(g, BWI_Sigmoid, any_input(g, pixels));
  one_output(g, bwi_multiply(g, s, bwi_subtract(g, bwi_scalar(g, BW_F32, 1), s)));
}

static void shared_intermediate(bwi_graph *g) { /* an output too, so it is a program of its own */
  const bwi_id middle = bwi_unary(g, BWI_Exp, bwi_unary(g, BWI_Sin, any_input(g, pixels)));
  const bwi_id end = bwi_unary(g, BWI_Tanh, bwi_unary(g, BWI_Cos, middle));
  assert_int_equal(bwi_graph_set_outputs(g, 2, (bwi_id[]){middle, end}, NULL), BW_OK);
}

static void mask_of_bools(bwi_graph *g) {
  const bwi_id x = any_input(g, pixels), zero = bwi_scalar(g, BW_F32, 0);
  const bwi_id mask = bwi_binary(g, BWI_LogicalAnd, bwi_binary(g, BWI_Greater, x, zero),
                                 bwi_binary(g, BWI_Less, x, bwi_scalar(g, BW_F32, 0.5)));
  one_output(g, bwi_multiply(g, bwi_astype(g, mask, BW_F32), bwi_select(g, mask, x, zero)));
}

static void bool_result(bwi_graph *g) {
  const bwi_id x = any_input(g, pixels);
  one_output(g, bwi_unary(g, BWI_LogicalNot, bwi_binary(g, BWI_Greater, x, bwi_scalar(g, BW_F32, 0))));
}

static void smaller_operand(bwi_graph *g) { /* computed on 4 elements, not on 200 */
  const bwi_id small = bwi_unary(g, BWI_Exp, any_input(g, channels));
  one_output(g, bwi_unary(g, BWI_Sin, bwi_add(g, any_input(g, pixels), small)));
}

static void integers_stay(bwi_graph *g) {
  const bwi_id i = bwi_astype(g, any_input(g, pixels), BW_I32);
  one_output(g, bwi_add(g, bwi_multiply(g, i, i), i));
}

static void longer_than_a_program(bwi_graph *g) {
  bwi_id x = any_input(g, pixels);
  for (int k = 0; k < 2 * BWI_PROGRAM_MAX_STEPS + 2; k++) x = bwi_unary(g, k % 2 == 0 ? BWI_Sin : BWI_Cos, x);
  one_output(g, x);
}

static void more_operands_than_a_program(bwi_graph *g) {
  bwi_id x = any_input(g, pixels);
  for (int k = 0; k < BWI_PROGRAM_MAX_OPERANDS + 3; k++) x = bwi_add(g, x, any_input(g, pixels));
  one_output(g, x);
}

static const pass_row elementwise_rows[] = {
    {"chain", chain, {{BWI_Elementwise, 1}, {BWI_Exp, 0}, {BWI_Add, 0}}},
    {"diamond", diamond, {{BWI_Elementwise, 1}, {BWI_Sigmoid, 0}}},
    {"shared intermediate", shared_intermediate, {{BWI_Elementwise, 2}}},
    {"mask of bools", mask_of_bools, {{BWI_Elementwise, 1}, {BWI_AsType, 0}, {BWI_LogicalAnd, 0}}},
    {"bool result", bool_result, {{BWI_Elementwise, 1}}},
    {"smaller operand", smaller_operand, {{BWI_Elementwise, 1}, {BWI_Exp, 1}}},
    {"integers stay", integers_stay, {{BWI_Elementwise, 0}, {BWI_Add, 1}}},
    {"longer than a program", longer_than_a_program, {{BWI_Elementwise, 3}}},
    {"more operands than a program", more_operands_than_a_program, {{BWI_Elementwise, 2}}},
};

static void test_elementwise(void **state) {
  (void)state;
  /* A program rounds as its primitives do, or keeps more digits in between. */
  check_passes(elementwise_rows, sizeof elementwise_rows / sizeof elementwise_rows[0],
               bwi_pass_fuse_elementwise, 1e-6);
}

/* --- both, after each other, without memory --- */

static bw_status optimise(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *prepared = NULL;
  BW_TRY(bwi_prepare(&prepared, g, bwi_ref_evaluate, err));
  const bw_status status = bwi_optimise(out, prepared, bwi_ref_evaluate, err);
  bwi_graph_free(prepared);
  return status;
}

/* A convolution as mlx.nn exports it, and its derivative. */
static void exported_layer(bwi_graph *g) {
  const bwi_id x = any_input(g, image);
  const bwi_id biased = bwi_add(g, convolution(g, x), bwi_broadcast(g, any_constant(g, channels), &pixels));
  const bwi_id scaled = bwi_multiply(g, bwi_broadcast(g, any_constant(g, channels), &pixels), biased);
  const bwi_id y = bwi_binary(g, BWI_Maximum, scaled, bwi_broadcast(g, bwi_scalar(g, BW_F32, 0), &pixels));
  const bwi_id cotangent = bwi_input(g, BW_F32, &pixels, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

static const pass_row all_rows[] = {
    {"bias and relu", bias_and_relu, {{BWI_FusedConvolution, 1}, {BWI_Constant, 2}}},
    {"exported layer",
     exported_layer,
     {{BWI_FusedConvolution, 1},
      {BWI_Convolution, 1},
      {BWI_Elementwise, 1},
      {BWI_Broadcast, 0},
      {BWI_Multiply, 0}}},
};

static void test_all_passes(void **state) {
  (void)state;
  check_passes(all_rows, sizeof all_rows / sizeof all_rows[0], optimise, 1e-6);
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(diamond, optimise) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_epilogues),
      cmocka_unit_test(test_elementwise),
      cmocka_unit_test(test_all_passes),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
