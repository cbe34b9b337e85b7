/* SPDX-License-Identifier: Apache-2.0 */
/* Each primitive whose reach is decided by values: what it gives, and that values out of range are refused. */
#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_gather(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "rows", .prim = BWI_Gather, .params = {.v = {{1, {0}}, {2, {1, 2}}}}, .n_in = 2,
       .in = {MATRIX(BW_F32, 3, 2, 1, 2, 3, 4, 5, 6), VECTOR(BW_I32, 3, 2, 0, -1)},
       .out = CUBE(BW_F32, 3, 1, 2, 5, 6, 1, 2, 5, 6)},
      {.name = "points", .prim = BWI_Gather, .params = {.v = {{2, {0, 1}}, {2, {1, 1}}}}, .n_in = 3,
       .in = {MATRIX(BW_U8, 2, 2, 1, 2, 3, 4), VECTOR(BW_U32, 2, 0, 1), VECTOR(BW_U32, 2, 1, 1)},
       .out = CUBE(BW_U8, 2, 1, 1, 2, 4)},
      {.name = "box", .prim = BWI_Gather, .params = {.v = {{1, {1}}, {2, {2, 2}}}}, .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), VECTOR(BW_I64, 1, 1)},
       .out = CUBE(BW_F32, 1, 2, 2, 2, 3, 5, 6)},
      {.name = "index too great", .prim = BWI_Gather, .params = {.v = {{1, {0}}, {1, {1}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, 3)}, .out = MATRIX(BW_F32, 1, 1, 0), .status = BW_EFORMAT},
      {.name = "index too small", .prim = BWI_Gather, .params = {.v = {{1, {0}}, {1, {1}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, -4)}, .out = MATRIX(BW_F32, 1, 1, 0), .status = BW_EFORMAT},
      {.name = "box reaches out", .prim = BWI_Gather, .params = {.v = {{1, {0}}, {1, {2}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, 2)}, .out = MATRIX(BW_F32, 1, 2, 0), .status = BW_EFORMAT},
      {.name = "index past int64", .prim = BWI_Gather, .params = {.v = {{1, {0}}, {1, {1}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_U64, 1, 0x1.fffffffffffffp63)}, .out = MATRIX(BW_F32, 1, 1, 0),
       .status = BW_EFORMAT},
      {.name = "along an axis", .prim = BWI_GatherAxis, .params = {.i = {1}}, .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), MATRIX(BW_I32, 2, 2, 2, 0, -1, 1)},
       .out = MATRIX(BW_F32, 2, 2, 3, 1, 6, 5)},
      {.name = "along the first axis", .prim = BWI_GatherAxis, .params = {.i = {0}}, .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 2, 1, 2, 3, 4), MATRIX(BW_U8, 1, 2, 1, 0)}, .out = MATRIX(BW_F32, 1, 2, 3, 2)},
      {.name = "along an axis, out", .prim = BWI_GatherAxis, .params = {.i = {0}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 2, 1, 2), VECTOR(BW_I32, 1, 2)}, .out = VECTOR(BW_F32, 1, 0), .status = BW_EFORMAT},
  };
  check_rows(rows, COUNT(rows));
}

static void test_scatter(void **state) {
  (void)state;
  enum { MAX, MIN, SUM, PRODUCT, NONE };
  static const row rows[] = {
      {.name = "sums meet", .prim = BWI_Scatter, .params = {.i = {SUM}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 2, -1, 2), MATRIX(BW_F32, 2, 1, 10, 20)},
       .out = VECTOR(BW_F32, 3, 1, 2, 33)},
      {.name = "the last one stays", .prim = BWI_Scatter, .params = {.i = {NONE}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_I64, 3, 1, 2, 3), VECTOR(BW_I32, 2, 1, 1), MATRIX(BW_I64, 2, 1, 10, 20)},
       .out = VECTOR(BW_I64, 3, 1, 20, 3)},
      {.name = "rows", .prim = BWI_Scatter, .params = {.i = {MAX}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 2, 1, 9, 3, 4), VECTOR(BW_I32, 1, 0), CUBE(BW_F32, 1, 1, 2, 5, 6)},
       .out = MATRIX(BW_F32, 2, 2, 5, 9, 3, 4)},
      {.name = "least", .prim = BWI_Scatter, .params = {.i = {MIN}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_U8, 2, 5, 6), VECTOR(BW_I32, 2, 0, 0), MATRIX(BW_U8, 2, 1, 9, 3)},
       .out = VECTOR(BW_U8, 2, 3, 6)},
      {.name = "products", .prim = BWI_Scatter, .params = {.i = {PRODUCT}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 2, 5, 6), VECTOR(BW_I32, 2, 0, 0), MATRIX(BW_F32, 2, 1, 2, 3)},
       .out = VECTOR(BW_F32, 2, 30, 6)},
      {.name = "out", .prim = BWI_Scatter, .params = {.i = {SUM}, .v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, 3), MATRIX(BW_F32, 1, 1, 10)},
       .out = VECTOR(BW_F32, 3, 0), .status = BW_EFORMAT},
      {.name = "sum along an axis", .prim = BWI_ScatterAxis, .params = {.i = {0, 0}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 2, 0, 0), VECTOR(BW_F32, 2, 10, 20)},
       .out = VECTOR(BW_F32, 3, 31, 2, 3)},
      {.name = "replace along an axis", .prim = BWI_ScatterAxis, .params = {.i = {1, 1}}, .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 2, 1, 2, 3, 4), MATRIX(BW_I32, 2, 1, -1, 0), MATRIX(BW_F32, 2, 1, 8, 9)},
       .out = MATRIX(BW_F32, 2, 2, 1, 8, 9, 4)},
      {.name = "along an axis, out", .prim = BWI_ScatterAxis, .params = {.i = {1, 0}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 2, 1, 2), VECTOR(BW_I32, 1, -3), VECTOR(BW_F32, 1, 8)},
       .out = VECTOR(BW_F32, 2, 0), .status = BW_EFORMAT},
      {.name = "masked", .prim = BWI_MaskedScatter, .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), MATRIX(BW_BOOL, 2, 3, 1, 0, 1, 0, 0, 1),
              MATRIX(BW_F32, 2, 2, 10, 20, 30, 40)},
       .out = MATRIX(BW_F32, 2, 3, 10, 2, 20, 4, 5, 30)},
      {.name = "masked, too few", .prim = BWI_MaskedScatter, .n_in = 3,
       .in = {MATRIX(BW_F32, 1, 2, 1, 2), MATRIX(BW_BOOL, 1, 2, 1, 1), MATRIX(BW_F32, 1, 1, 10)},
       .out = MATRIX(BW_F32, 1, 2, 0), .status = BW_EFORMAT},
  };
  check_rows(rows, COUNT(rows));
}

static void test_dynamic(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "slice", .prim = BWI_DynamicSlice, .params = {.v = {{1, {1}}, {2, {2, 2}}}}, .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), VECTOR(BW_I32, 1, 1)}, .out = MATRIX(BW_F32, 2, 2, 2, 3, 5, 6)},
      {.name = "slice out", .prim = BWI_DynamicSlice, .params = {.v = {{1, {0}}, {1, {2}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, 2)}, .out = VECTOR(BW_F32, 2, 0), .status = BW_EFORMAT},
      {.name = "slice before", .prim = BWI_DynamicSlice, .params = {.v = {{1, {0}}, {1, {2}}}}, .n_in = 2,
       .in = {VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_I32, 1, -1)}, .out = VECTOR(BW_F32, 2, 0), .status = BW_EFORMAT},
      {.name = "update", .prim = BWI_DynamicSliceUpdate, .params = {.v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4), VECTOR(BW_F32, 2, 8, 9), VECTOR(BW_U32, 1, 2)},
       .out = VECTOR(BW_F32, 4, 1, 2, 8, 9)},
      {.name = "update out", .prim = BWI_DynamicSliceUpdate, .params = {.v = {{1, {0}}}}, .n_in = 3,
       .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4), VECTOR(BW_F32, 2, 8, 9), VECTOR(BW_U32, 1, 3)},
       .out = VECTOR(BW_F32, 4, 0), .status = BW_EFORMAT},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gather),
      cmocka_unit_test(test_scatter),
      cmocka_unit_test(test_dynamic),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
