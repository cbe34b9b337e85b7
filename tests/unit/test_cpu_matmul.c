/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

#define MASK(...) \
  { BW_BOOL, {__VA_ARGS__}, ANY, false, 0 }
#define WEIGHTS(...) \
  { BW_F32, {__VA_ARGS__}, ANY, true, 0 }

/* A row of n products is one chain of sums: half a unit of a partial result each, of which the last are as
 * large as the result. */
#define PRODUCT(text, ...) \
  { .name = text, .prim = BWI_Matmul, .n_in = 2, .in = {__VA_ARGS__}, .units = 16, .sums = true }

static void test_products(void **state) {
  (void)state;
  static const versus_row rows[] = {
      PRODUCT("one by one", F32(ANY, 2, {1, 1}), F32(ANY, 2, {1, 1})),
      PRODUCT("constant right", F32(ANY, 2, {BATCH, 37}), WEIGHTS(2, {37, 19})),
      PRODUCT("one column", F32(ANY, 2, {BATCH, 37}), WEIGHTS(2, {37, 1})),
      PRODUCT("wide", F32(ANY, 2, {BATCH, 9}), WEIGHTS(2, {9, 333})),
      PRODUCT("deeper than a segment", F32(ANY, 2, {BATCH, 777}), WEIGHTS(2, {777, 33})),
      PRODUCT("leading axes of the left", F32(ANY, 4, {BATCH, 3, 5, 7}), WEIGHTS(2, {7, 10})),
      PRODUCT("both vary", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 3, {BATCH, 7, 10})),
      PRODUCT("both vary, right shared", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 2, {7, 10})),
      PRODUCT("left shared", F32(ANY, 2, {5, 7}), F32(ANY, 3, {BATCH, 7, 10})),
      PRODUCT("constant left", WEIGHTS(2, {5, 7}), F32(ANY, 3, {BATCH, 7, 10})),
      PRODUCT("constant right of many matrices", F32(ANY, 3, {3, 5, 7}), WEIGHTS(3, {3, 7, 10})),
      PRODUCT("heads", F32(ANY, 4, {BATCH, 2, 5, 8}), F32(ANY, 4, {BATCH, 2, 8, 6})),
      PRODUCT("batches that meet halfway", F32(ANY, 4, {BATCH, 1, 3, 8}), F32(ANY, 4, {BATCH, 2, 8, 6})),
      PRODUCT("two batch axes of the left alone", F32(ANY, 4, {2, 3, 4, 5}), F32(ANY, 3, {3, 5, 6})),
      PRODUCT("nothing to sum", F32(ANY, 2, {3, 0}), F32(ANY, 2, {0, 4})),
  };
  check_versus(rows, COUNT(rows));
}

static void test_fused(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "bias",
       .prim = BWI_FusedMatmul,
       .n_in = 3,
       .in = {F32(ANY, 2, {BATCH, 37}), WEIGHTS(2, {37, 19}), WEIGHTS(1, {19})},
       .units = 16,
       .sums = true},
      {.name = "bias, residual, max",
       .prim = BWI_FusedMatmul,
       .params = {.i = {1}},
       .n_in = 4,
       .in = {F32(ANY, 2, {BATCH, 300}), WEIGHTS(2, {300, 35}), WEIGHTS(1, {35}), F32(ANY, 2, {BATCH, 35})},
       .units = 24,
       .sums = true},
      {.name = "bias, residual, mask",
       .prim = BWI_FusedMatmul,
       .params = {.i = {2}},
       .n_in = 5,
       .in = {F32(ANY, 2, {BATCH, 300}), WEIGHTS(2, {300, 35}), WEIGHTS(1, {35}), F32(ANY, 2, {BATCH, 35}),
              MASK(2, {BATCH, 35})},
       .units = 24,
       .sums = true},
      {.name = "bias, mask",
       .prim = BWI_FusedMatmul,
       .params = {.i = {2}},
       .n_in = 4,
       .in = {F32(ANY, 2, {BATCH, 7}), WEIGHTS(2, {7, 80}), WEIGHTS(1, {80}), MASK(2, {BATCH, 80})},
       .units = 16,
       .sums = true},
  };
  check_versus(rows, COUNT(rows));
}

#define SUM(text, ...)                                                                                     \
  {                                                                                                        \
    .name = text, .prim = BWI_AddMM, .params = {.f = {1, 1}}, .n_in = 3, .in = {__VA_ARGS__}, .units = 16, \
    .sums = true                                                                                           \
  }

static void test_sums(void **state) {
  (void)state;
  static const versus_row rows[] = {
      SUM("a row for all", F32(ANY, 2, {BATCH, 37}), WEIGHTS(2, {37, 19}), F32(ANY, 1, {19})),
      SUM("as large as the result", F32(ANY, 2, {BATCH, 37}), WEIGHTS(2, {37, 19}), F32(ANY, 2, {BATCH, 19})),
      SUM("in batches", F32(ANY, 3, {BATCH, 3, 7}), F32(ANY, 3, {BATCH, 7, 9}), F32(ANY, 3, {BATCH, 3, 9})),
      SUM("a row for each matrix", F32(ANY, 3, {BATCH, 3, 7}), F32(ANY, 3, {BATCH, 7, 9}),
          F32(ANY, 2, {1, 9})),
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products),
      cmocka_unit_test(test_fused),
      cmocka_unit_test(test_sums),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
