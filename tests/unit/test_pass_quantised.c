/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/plan.h"
#include "base/memory.h"
#include "graph/build.h"
#include "graph/differentiate.h"
#include "graph/passes.h"
#include "support/passes.h"
#include "support/unit.h"

/* Packed values of 32 rows of 64, 4 bits each. */
enum { ROWS = 32, COLUMNS = 64, WORDS = COLUMNS * 4 / 32, GROUP = 32 };

static const bwi_params plain = {.i = {GROUP, 4, 0, 0}}, transposed = {.i = {GROUP, 4, 0, 1}};
static const bwi_dims tables = {2, {ROWS, COLUMNS / GROUP}};

static bwi_id packed(bwi_graph *g) {
  uint32_t words[ROWS * WORDS];
  for (uint32_t k = 0; k < ROWS * WORDS; k++) words[k] = k * 2654435761u;
  return bwi_constant(g, BW_U32, &(bwi_dims){2, {ROWS, WORDS}}, words);
}

static bwi_id product(bwi_graph *g, const bwi_params *params, bwi_dims x) {
  const bwi_id in[] = {any_input(g, x), packed(g), any_constant(g, tables), any_constant(g, tables)};
  return bwi_apply(g, BWI_QuantizedMatmul, params, 4, in);
}

static void rows_by_columns(bwi_graph *g) {
  one_output(g, product(g, &plain, (bwi_dims){2, {3, ROWS}}));
}

static void rows_by_rows(bwi_graph *g) {
  one_output(g, product(g, &transposed, (bwi_dims){2, {3, COLUMNS}}));
}

static void batch(bwi_graph *g) {
  one_output(g, product(g, &transposed, (bwi_dims){3, {2, 3, COLUMNS}}));
}

static void vector(bwi_graph *g) {
  one_output(g, product(g, &transposed, (bwi_dims){1, {COLUMNS}}));
}

static void small_floats(bwi_graph *g) { /* mxfp4, scales of 2^-2 to 2^1 */
  uint8_t scales[ROWS * COLUMNS / GROUP];
  for (uint32_t k = 0; k < sizeof scales; k++) scales[k] = (uint8_t)(125 + k % 4);
  const bwi_id in[] = {any_input(g, (bwi_dims){2, {3, COLUMNS}}), packed(g),
                       bwi_constant(g, BW_U8, &tables, scales)};
  one_output(g, bwi_apply(g, BWI_QuantizedMatmul, &(bwi_params){.i = {GROUP, 4, 1, 1}}, 3, in));
}

static void dequantised_by_the_user(bwi_graph *g) {
  const bwi_id in[] = {packed(g), any_constant(g, tables), any_constant(g, tables)};
  const bwi_id w = bwi_apply(g, BWI_Dequantize, &plain, 3, in);
  one_output(g, bwi_matmul(g, any_input(g, (bwi_dims){2, {3, ROWS}}), w));
}

static void scales_are_an_input(bwi_graph *g) {
  const bwi_id x = any_input(g, (bwi_dims){2, {3, COLUMNS}});
  const bwi_id in[] = {x, packed(g), any_input(g, tables), any_constant(g, tables)};
  one_output(g, bwi_apply(g, BWI_QuantizedMatmul, &transposed, 4, in));
}

static bw_status unpack(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_pass_unpack_weights(out, g, bwi_ref_evaluate, err);
}

static const pass_row rows[] = {
    {"rows by columns", rows_by_columns, {{BWI_QuantizedMatmul, 0}, {BWI_Dequantize, 0}, {BWI_Matmul, 1}}},
    {"rows by rows", rows_by_rows, {{BWI_QuantizedMatmul, 0}, {BWI_Dequantize, 0}, {BWI_Matmul, 1}}},
    {"a batch", batch, {{BWI_QuantizedMatmul, 0}, {BWI_Matmul, 1}}},
    {"a vector", vector, {{BWI_QuantizedMatmul, 0}, {BWI_Matmul, 1}}},
    {"small floats", small_floats, {{BWI_QuantizedMatmul, 0}, {BWI_Matmul, 1}}},
    {"dequantised by the user", dequantised_by_the_user, {{BWI_Dequantize, 0}, {BWI_Matmul, 1}}},
    {"scales are an input", scales_are_an_input, {{BWI_QuantizedMatmul, 1}, {BWI_Matmul, 0}}},
};

/* An unpacked weight is rounded once to float32, by 2^-24 of itself at most, and so is the result; the terms
 * of a sum, 64 at most, may cancel to a 64th of what they are. */
#define TOLERANCE 0x1p-17

static void test_rows(void **state) {
  (void)state;
  check_passes(rows, sizeof rows / sizeof rows[0], unpack, TOLERANCE);
}

/* Output and gradient, the latter for a cotangent that is an input. */
static bwi_graph *with_gradient(const bwi_graph *forward) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_rewrite_graph(&g, forward, NULL, NULL, NULL), BW_OK);
  const bwi_id y = bwi_graph_output(g, 0), x = bwi_graph_input(g, 0);
  const bwi_id cotangent = bwi_input(g, BW_F32, &bwi_graph_node(g, y)->shape, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
  return g;
}

static void test_gradients(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bwi_graph *g = NULL, *unpacked = NULL;
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    rows[k].build(g);
    assert_int_equal(unpack(&unpacked, g, NULL), BW_OK);
    bwi_graph *before = with_gradient(g), *after = with_gradient(unpacked);
    check_same_function(rows[k].name, before, after, TOLERANCE);
    bwi_graph_free(before);
    bwi_graph_free(after);
    bwi_graph_free(unpacked);
    bwi_graph_free(g);
  }
}

/* 16385 rows of 16384 values of 2 bits: 64 KiB more than 1 GiB, unpacked. */
static void test_too_large_to_unpack(void **state) {
  (void)state;
  const int64_t n_rows = 16385, n_words = 1024, n_groups = 128;
  const bwi_dims values = {2, {n_rows, n_words}}, groups = {2, {n_rows, n_groups}};
  uint32_t *words = bwi_alloc((size_t)(n_rows * n_words), sizeof *words);
  float *scales = bwi_alloc((size_t)(n_rows * n_groups), sizeof *scales);
  assert_true(words != NULL && scales != NULL);
  bwi_graph *g = NULL, *out = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id table = bwi_constant_borrowed(g, BW_F32, &groups, scales);
  const bwi_id in[] = {any_input(g, (bwi_dims){2, {1, n_rows}}),
                       bwi_constant_borrowed(g, BW_U32, &values, words), table, table};
  one_output(g, bwi_apply(g, BWI_QuantizedMatmul, &(bwi_params){.i = {128, 2, 0, 0}}, 4, in));
  assert_int_equal(unpack(&out, g, NULL), BW_OK);
  assert_int_equal(count_live(out, BWI_QuantizedMatmul), 1);
  bwi_graph_free(out);
  bwi_graph_free(g);
  bwi_free(words);
  bwi_free(scales);
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(rows_by_rows, unpack) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_gradients),
                                     cmocka_unit_test(test_too_large_to_unpack),
                                     cmocka_unit_test(test_without_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
