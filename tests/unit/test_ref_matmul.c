/* SPDX-License-Identifier: Apache-2.0 */
/* Small integers, whose products are exact in every dtype. */
#include "backend/plan.h"
#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_products(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "matrices",
       .prim = BWI_Matmul,
       .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), MATRIX(BW_F32, 3, 2, 1, 0, 0, 1, 2, 2)},
       .out = MATRIX(BW_F32, 2, 2, 7, 8, 16, 17)},
      {.name = "batches broadcast",
       .prim = BWI_Matmul,
       .n_in = 2,
       .in = {HYPER(BW_F16, 2, 1, 1, 2, 1, 2, 3, 4), CUBE(BW_F16, 2, 2, 1, 1, 2, 3, 4)},
       .out = HYPER(BW_F16, 2, 2, 1, 1, 5, 11, 11, 25)},
      {.name = "nothing to add up",
       .prim = BWI_Matmul,
       .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 0, 0), MATRIX(BW_F32, 0, 2, 0)},
       .out = MATRIX(BW_F32, 2, 2, 0)},
      {.name = "scaled and added",
       .prim = BWI_AddMM,
       .params = {.f = {2, -1}},
       .n_in = 3,
       .in = {MATRIX(BW_F32, 1, 2, 1, 2), MATRIX(BW_F32, 2, 2, 1, 2, 3, 4), VECTOR(BW_F32, 2, 10, 20)},
       .out = MATRIX(BW_F32, 1, 2, 4, 0)},
      {.name = "bias, residual, activation",
       .prim = BWI_FusedMatmul,
       .params = {.i = {1}},
       .n_in = 4,
       .in = {MATRIX(BW_F32, 2, 1, 1, 2), MATRIX(BW_F32, 1, 2, 1, -1), VECTOR(BW_F32, 2, 1, 2),
              MATRIX(BW_F32, 2, 2, 0, 0, -9, 1)},
       .out = MATRIX(BW_F32, 2, 2, 2, 1, 0, 1)},
      {.name = "bias, residual, mask",
       .prim = BWI_FusedMatmul,
       .params = {.i = {2}},
       .n_in = 5,
       .in = {MATRIX(BW_F32, 2, 1, 1, 2), MATRIX(BW_F32, 1, 2, 1, -1), VECTOR(BW_F32, 2, 1, 2),
              MATRIX(BW_F32, 2, 2, 0, 0, -9, 1), MATRIX(BW_BOOL, 2, 2, 0, 1, 1, 0)},
       .out = MATRIX(BW_F32, 2, 2, 0, 1, -6, 0)},
      {.name = "bias",
       .prim = BWI_FusedMatmul,
       .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 1, 1, 2), MATRIX(BW_F32, 1, 2, 1, -1), VECTOR(BW_F32, 2, 1, 1)},
       .out = MATRIX(BW_F32, 2, 2, 2, 0, 3, -1)},
      {.name = "chosen matrices",
       .prim = BWI_GatherMM,
       .n_in = 4,
       .in = {CUBE(BW_F32, 2, 1, 2, 1, 2, 3, 4), CUBE(BW_F32, 2, 2, 1, 1, 1, 2, 0),
              VECTOR(BW_U32, 3, 0, 1, 1), VECTOR(BW_U32, 3, 0, 0, 1)},
       .out = CUBE(BW_F32, 3, 1, 1, 3, 7, 6)},
      {.name = "no such matrix",
       .prim = BWI_GatherMM,
       .n_in = 4,
       .in = {CUBE(BW_F32, 2, 1, 2, 1, 2, 3, 4), CUBE(BW_F32, 2, 2, 1, 1, 1, 2, 0), VECTOR(BW_U32, 1, 0),
              VECTOR(BW_U32, 1, 2)},
       .out = CUBE(BW_F32, 1, 1, 1, 0),
       .status = BW_EFORMAT},
      {.name = "Hadamard",
       .prim = BWI_Hadamard,
       .params = {.f = {0.5}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4)},
       .out = VECTOR(BW_F32, 4, 5, -1, -2, 0)},
  };
  check_rows(rows, COUNT(rows));
}

/* A product wider than a panel, all of whose elements are known: (i + 1) * (j + 1) * n. */
static void test_panels(void **state) {
  (void)state;
  enum { ROWS = 3, INNER = 5, COLUMNS = 150 };
  float a[ROWS * INNER], b[INNER * COLUMNS], out[ROWS * COLUMNS];
  for (int i = 0; i < ROWS * INNER; i++) a[i] = (float)(i / INNER + 1);
  for (int i = 0; i < INNER * COLUMNS; i++) b[i] = (float)(i % COLUMNS + 1);
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id in[2] = {bwi_constant(g, BW_F32, &(bwi_dims){2, {ROWS, INNER}}, a),
                        bwi_constant(g, BW_F32, &(bwi_dims){2, {INNER, COLUMNS}}, b)};
  assert_int_equal(bwi_ref_evaluate(g, bwi_apply(g, BWI_Matmul, NULL, 2, in), out, NULL), BW_OK);
  for (int i = 0; i < ROWS * COLUMNS; i++)
    assert_true(out[i] == (float)((i / COLUMNS + 1) * (i % COLUMNS + 1) * INNER));
  bwi_graph_free(g);
}

/* Block masks, checked against masking the operands first. */
static void test_block_masks(void **state) {
  (void)state;
  enum { N = 64, BLOCK = 32 };
  static float a[N * N], b[N * N], out[N * N];
  static const float left[4] = {2, 0, 1, 0.5f};
  static const uint8_t right[4] = {1, 1, 0, 1}, product[4] = {1, 1, 0, 1};
  for (int i = 0; i < N * N; i++) {
    a[i] = (float)(i % 7 - 3);
    b[i] = (float)(i % 5 - 2);
  }
  const bwi_dims matrix = {2, {N, N}}, blocks = {2, {2, 2}};
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id in[5] = {bwi_constant(g, BW_F32, &matrix, a), bwi_constant(g, BW_F32, &matrix, b),
                        bwi_constant(g, BW_BOOL, &blocks, product), bwi_constant(g, BW_F32, &blocks, left),
                        bwi_constant(g, BW_BOOL, &blocks, right)};
  const bwi_id id = bwi_apply(g, BWI_BlockMaskedMM, &(bwi_params){.i = {BLOCK}}, 5, in);
  assert_int_equal(bwi_ref_evaluate(g, id, out, NULL), BW_OK);
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) {
      float sum = 0;
      for (int k = 0; k < N; k++)
        sum += a[i * N + k] * left[i / BLOCK * 2 + k / BLOCK] * b[k * N + j] *
               (float)right[k / BLOCK * 2 + j / BLOCK];
      assert_true(out[i * N + j] == sum * (float)product[i / BLOCK * 2 + j / BLOCK]);
    }
  }
  bwi_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products),
      cmocka_unit_test(test_panels),
      cmocka_unit_test(test_block_masks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
