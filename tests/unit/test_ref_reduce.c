/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: closed forms, and for edge values what MLX 0.32.4 gives on the CPU. */
#include <math.h>

#include "graph/build.h"
#include "support/rows.h"
#include "support/unit.h"

#define ROUNDING 3e-7 /* operands and result in float32 */
#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_reduce(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "sum of rows", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {1}}}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6)}, .out = MATRIX(BW_F32, 2, 1, 6, 15)},
      {.name = "sum of columns", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {MATRIX(BW_F16, 2, 3, 1, 2, 3, 4, 5, 6)}, .out = MATRIX(BW_F16, 1, 3, 5, 7, 9)},
      {.name = "outer axes", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{2, {2, 0}}}}, .n_in = 1,
       .in = {CUBE(BW_F32, 2, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8)}, .out = CUBE(BW_F32, 1, 2, 1, 14, 22)},
      {.name = "no axes", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 2, 1, 2)}, .out = VECTOR(BW_F32, 2, 1, 2)},
      {.name = "rounded once", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {VECTOR(BW_F16, 4, 2048, 1, 1, 1)}, .out = VECTOR(BW_F16, 1, 2052)},
      {.name = "sum of bools", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {VECTOR(BW_BOOL, 3, 1, 0, 1)}, .out = VECTOR(BW_I32, 1, 2)},
      {.name = "sum of bytes", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {VECTOR(BW_U8, 2, 200, 100)}, .out = VECTOR(BW_U32, 1, 300)},
      {.name = "product", .prim = BWI_Reduce, .params = {.i = {BWI_PRODUCT}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {VECTOR(BW_I8, 2, 100, 3)}, .out = VECTOR(BW_I32, 1, 300)},
      {.name = "maximum with NaN", .prim = BWI_Reduce, .params = {.i = {BWI_MAX}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 1, NAN, 2, 3, 4, NAN)}, .out = MATRIX(BW_F32, 1, 3, 3, NAN, NAN)},
      {.name = "minimum", .prim = BWI_Reduce, .params = {.i = {BWI_MIN}, .v = {{1, {1}}}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 2, 1, -INFINITY, NAN, 2)}, .out = MATRIX(BW_F32, 2, 1, -INFINITY, NAN)},
      {.name = "maximum of unsigned", .prim = BWI_Reduce, .params = {.i = {BWI_MAX}, .v = {{1, {0}}}}, .n_in = 1,
       .in = {VECTOR(BW_U64, 2, 0x1p63, 5)}, .out = VECTOR(BW_U64, 1, 0x1p63)},
      {.name = "all", .prim = BWI_Reduce, .params = {.i = {BWI_ALL}, .v = {{1, {1}}}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 2, 1, NAN, 0, 1)}, .out = MATRIX(BW_BOOL, 2, 1, 1, 0)},
      {.name = "any", .prim = BWI_Reduce, .params = {.i = {BWI_ANY}, .v = {{1, {1}}}}, .n_in = 1,
       .in = {MATRIX(BW_I32, 2, 2, 0, 0, 0, -1)}, .out = MATRIX(BW_BOOL, 2, 1, 0, 1)},
      {.name = "sum of nothing", .prim = BWI_Reduce, .params = {.i = {BWI_SUM}, .v = {{1, {1}}}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 0, 0)}, .out = MATRIX(BW_F32, 2, 1, 0, 0)},
  };
  check_rows(rows, COUNT(rows));
}

static void test_arg_reduce(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "first of ties", .prim = BWI_ArgReduce, .params = {.i = {1, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 4, 1, 3, 3, 2)}, .out = VECTOR(BW_U32, 1, 1)},
      {.name = "NaN is the greatest", .prim = BWI_ArgReduce, .params = {.i = {1, 1}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 1, NAN, 3, NAN, NAN, 0)}, .out = MATRIX(BW_U32, 2, 1, 1, 0)},
      {.name = "NaN is the least", .prim = BWI_ArgReduce, .params = {.i = {0, 1}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 2, NAN, 1, 0, -0.0, 0)}, .out = MATRIX(BW_U32, 2, 1, 1, 0)},
      {.name = "along columns", .prim = BWI_ArgReduce, .params = {.i = {0, 0}}, .n_in = 1,
       .in = {MATRIX(BW_I32, 2, 2, 5, -1, 4, 7)}, .out = MATRIX(BW_U32, 1, 2, 1, 0)},
  };
  check_rows(rows, COUNT(rows));
}

static void test_scan(void **state) {
  (void)state;
  enum { MAX, MIN, SUM, PRODUCT, LOGADDEXP };
  static const row rows[] = {
      {.name = "sum", .prim = BWI_Scan, .params = {.i = {SUM, 0, 0, 1}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 4, 1, 3, NAN, 1)}, .out = VECTOR(BW_F32, 4, 1, 4, NAN, NAN)},
      {.name = "exclusive sum", .prim = BWI_Scan, .params = {.i = {SUM, 0, 0, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1, 3, 2)}, .out = VECTOR(BW_F32, 3, 0, 1, 4)},
      {.name = "reverse exclusive sum", .prim = BWI_Scan, .params = {.i = {SUM, 0, 1, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1, 3, 2)}, .out = VECTOR(BW_F32, 3, 5, 2, 0)},
      {.name = "sum along columns", .prim = BWI_Scan, .params = {.i = {SUM, 0, 0, 1}}, .n_in = 1,
       .in = {MATRIX(BW_I32, 2, 2, 1, 2, 3, 4)}, .out = MATRIX(BW_I32, 2, 2, 1, 2, 4, 6)},
      {.name = "bytes wrap", .prim = BWI_Scan, .params = {.i = {SUM, 0, 0, 1}}, .n_in = 1,
       .in = {VECTOR(BW_U8, 3, 200, 100, 3)}, .out = VECTOR(BW_U8, 3, 200, 44, 47)},
      {.name = "bools count", .prim = BWI_Scan, .params = {.i = {SUM, 0, 0, 1}}, .n_in = 1,
       .in = {VECTOR(BW_BOOL, 3, 1, 0, 1)}, .out = VECTOR(BW_I32, 3, 1, 1, 2)},
      {.name = "exclusive product", .prim = BWI_Scan, .params = {.i = {PRODUCT, 0, 0, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1, 3, 2)}, .out = VECTOR(BW_F32, 3, 1, 1, 3)},
      {.name = "exclusive maximum", .prim = BWI_Scan, .params = {.i = {MAX, 0, 0, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1, 3, 2)}, .out = VECTOR(BW_F32, 3, -INFINITY, 1, 3)},
      {.name = "exclusive minimum of integers", .prim = BWI_Scan, .params = {.i = {MIN, 0, 0, 0}}, .n_in = 1,
       .in = {VECTOR(BW_I32, 3, 1, 3, 2)}, .out = VECTOR(BW_I32, 3, 2147483647, 1, 1)},
      {.name = "logaddexp", .prim = BWI_Scan, .params = {.i = {LOGADDEXP, 0, 0, 0}}, .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1, 3, 2)}, .out = VECTOR(BW_F32, 3, -INFINITY, 1, 3.12692801104), .tolerance = ROUNDING},
  };
  check_rows(rows, COUNT(rows));
}

static void test_over_last_axis(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "softmax", .prim = BWI_Softmax, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 1000, -INFINITY, 1000)},
       .out = MATRIX(BW_F32, 2, 3, 0.09003057317, 0.24472847105, 0.66524095578, 0.5, 0, 0.5), .tolerance = ROUNDING},
      {.name = "softmax of infinities", .prim = BWI_Softmax, .params = {.i = {1}}, .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 2, -INFINITY, -INFINITY, INFINITY, 1)}, .out = MATRIX(BW_F32, 2, 2, NAN, NAN, NAN, NAN)},
      {.name = "logsumexp", .prim = BWI_LogSumExp, .n_in = 1,
       .in = {MATRIX(BW_F32, 4, 2, 1, 2, -INFINITY, -INFINITY, INFINITY, 1, NAN, 0)},
       .out = MATRIX(BW_F32, 4, 1, 2.31326168752, -INFINITY, INFINITY, NAN), .tolerance = ROUNDING},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reduce),
      cmocka_unit_test(test_arg_reduce),
      cmocka_unit_test(test_scan),
      cmocka_unit_test(test_over_last_axis),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
