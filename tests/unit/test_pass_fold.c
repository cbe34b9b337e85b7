/* SPDX-License-Identifier: Apache-2.0 */
/* Folding constants, and scales and shifts of channels into weights. */
#include "backend/plan.h"
#include "graph/build.h"
#include "graph/passes.h"
#include "support/passes.h"
#include "support/unit.h"

static const bwi_dims image = {4, {2, 5, 5, 3}}, kernel = {4, {4, 3, 3, 3}}, channels = {1, {4}},
                      scalar = {0, {0}};
static const bwi_dims rows_6 = {2, {2, 6}}, weights_6_4 = {2, {6, 4}}, result_4 = {2, {2, 4}};
static const bwi_params plain_convolution = {
    .v = {{2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}}, .i = {1}};

/* --- constants --- */

static bw_status fold(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_pass_fold_constants(out, g, bwi_ref_evaluate, err);
}

static void chain_of_constants(bwi_graph *g) {
  const bwi_id half = bwi_scalar(g, BW_F32, 0.5);
  const bwi_id c = bwi_unary(g, BWI_Exp, bwi_add(g, any_constant(g, channels), half));
  one_output(g, bwi_multiply(g, any_input(g, result_4), c));
}

static void reshaped_constant(bwi_graph *g) {
  one_output(g, bwi_add(g, any_input(g, result_4),
                        bwi_reshape(g, any_constant(g, channels), &(bwi_dims){2, {1, 4}})));
}

static void broadcast_constant(bwi_graph *g) { /* carries the batch: no constant may */
  const bwi_id wide = bwi_broadcast(g, any_constant(g, channels), &result_4);
  one_output(g, bwi_matmul(g, any_input(g, (bwi_dims){2, {4, 2}}), bwi_unary(g, BWI_Exp, wide)));
}

static void constant_that_grows(bwi_graph *g) {
  const bwi_dims great = {2, {20000, 4}};
  const bwi_params outer = {.v = {great, {2, {0, 1}}}};
  const bwi_id c = any_constant(g, channels);
  one_output(g, bwi_add(g, any_input(g, great), bwi_apply(g, BWI_AsStrided, &outer, 1, &c)));
}

static const pass_row constant_rows[] = {
    {"chain of constants", chain_of_constants, {{BWI_Exp, 0}, {BWI_Add, 0}, {BWI_Constant, 1}}},
    {"reshaped constant", reshaped_constant, {{BWI_Reshape, 0}, {BWI_Constant, 1}}},
    {"broadcast constant", broadcast_constant, {{BWI_Broadcast, 1}, {BWI_Exp, 1}}},
    {"constant that grows", constant_that_grows, {{BWI_AsStrided, 1}}},
};

static void test_constants(void **state) {
  (void)state;
  check_passes(constant_rows, sizeof constant_rows / sizeof constant_rows[0], fold,
               0); /* the same arithmetic, earlier */
}

/* --- scales and shifts --- */

static bw_status fold_affine(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  bwi_graph *folded = NULL;
  BW_TRY(bwi_pass_fold_affine(&folded, g, err));
  const bw_status status = fold(out, folded, err);
  bwi_graph_free(folded);
  return status;
}

static bwi_id convolution(bwi_graph *g, bwi_id x) {
  return bwi_apply(g, BWI_Convolution, &plain_convolution, 2, (bwi_id[]){x, any_constant(g, kernel)});
}

/* As mlx.nn.BatchNorm writes it, after constants were folded. */
static bwi_id normalise(bwi_graph *g, bwi_id x) {
  const bwi_id centred = bwi_subtract(g, x, any_constant(g, channels));
  const bwi_id scaled =
      bwi_multiply(g, any_constant(g, channels), bwi_multiply(g, centred, any_constant(g, channels)));
  return bwi_add(g, scaled, any_constant(g, channels));
}

static void batch_norm_after_convolution(bwi_graph *g) {
  const bwi_id biased = bwi_add(g, convolution(g, any_input(g, image)), any_constant(g, channels));
  one_output(g, bwi_unary(g, BWI_Tanh, normalise(g, biased)));
}

static void batch_norm_after_product(bwi_graph *g) {
  one_output(g, normalise(g, bwi_matmul(g, any_input(g, rows_6), any_constant(g, weights_6_4))));
}

static void batch_norm_after_linear(bwi_graph *g) {
  const bwi_params one = {.f = {1, 1}};
  const bwi_id in[] = {any_input(g, rows_6), any_constant(g, weights_6_4),
                       bwi_broadcast(g, any_constant(g, channels), &result_4)};
  one_output(g, normalise(g, bwi_apply(g, BWI_AddMM, &one, 3, in)));
}

static void reversed_difference_and_quotient(bwi_graph *g) {
  const bwi_id y = bwi_subtract(g, any_constant(g, channels), convolution(g, any_input(g, image)));
  one_output(g, bwi_subtract(g, any_constant(g, scalar), bwi_divide(g, y, any_constant(g, scalar))));
}

static void scaled_linear(bwi_graph *g) { /* AddMM's own factors */
  const bwi_params two = {.f = {2, 3}};
  const bwi_id in[] = {any_input(g, rows_6), any_constant(g, weights_6_4), any_constant(g, channels)};
  one_output(g, bwi_apply(g, BWI_AddMM, &two, 3, in));
}

static void product_used_twice(bwi_graph *g) {
  const bwi_id y = convolution(g, any_input(g, image));
  one_output(g, bwi_add(g, bwi_multiply(g, y, any_constant(g, channels)), y));
}

static void not_along_channels(bwi_graph *g) {
  const bwi_id y = convolution(g, any_input(g, image));
  one_output(g, bwi_multiply(g, y, any_constant(g, (bwi_dims){4, {1, 5, 1, 1}})));
}

static void constant_over_product(bwi_graph *g) { /* not linear in the product */
  one_output(g, bwi_divide(g, any_constant(g, channels), convolution(g, any_input(g, image))));
}

static const pass_row affine_rows[] = {
    {"batch norm after convolution",
     batch_norm_after_convolution,
     {{BWI_Convolution, 1}, {BWI_Add, 1}, {BWI_Multiply, 0}, {BWI_Subtract, 0}}},
    {"batch norm after product",
     batch_norm_after_product,
     {{BWI_Matmul, 1}, {BWI_Add, 1}, {BWI_Multiply, 0}, {BWI_Subtract, 0}}},
    {"batch norm after linear",
     batch_norm_after_linear,
     {{BWI_AddMM, 0}, {BWI_Matmul, 1}, {BWI_Add, 1}, {BWI_Multiply, 0}}},
    {"reversed difference and quotient",
     reversed_difference_and_quotient,
     {{BWI_Convolution, 1}, {BWI_Add, 1}, {BWI_Subtract, 0}, {BWI_Divide, 0}}},
    {"scaled linear", scaled_linear, {{BWI_AddMM, 1}}},
    {"product used twice", product_used_twice, {{BWI_Convolution, 1}, {BWI_Multiply, 1}}},
    {"not along channels", not_along_channels, {{BWI_Multiply, 1}}},
    {"constant over product", constant_over_product, {{BWI_Divide, 1}}},
};

static void test_affine(void **state) {
  (void)state;
  /* Five roundings of float32 in another order, over sums of up to 27 terms. */
  check_passes(affine_rows, sizeof affine_rows / sizeof affine_rows[0], fold_affine, 1e-6);
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(batch_norm_after_product, fold_affine) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_constants),
      cmocka_unit_test(test_affine),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
