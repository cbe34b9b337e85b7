/* SPDX-License-Identifier: Apache-2.0 */
#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_views(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "reshape",
       .prim = BWI_Reshape,
       .params = {.v = {{2, {3, -1}}}},
       .n_in = 1,
       .in = {MATRIX(BW_U16, 2, 3, 1, 2, 3, 4, 5, 6)},
       .out = MATRIX(BW_U16, 3, 2, 1, 2, 3, 4, 5, 6)},
      {.name = "expand",
       .prim = BWI_ExpandDims,
       .params = {.v = {{1, {1}}}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 2, 1, 2)},
       .out = MATRIX(BW_F32, 2, 1, 1, 2)},
      {.name = "squeeze",
       .prim = BWI_Squeeze,
       .params = {.v = {{1, {0}}}},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 1, 2, 1, 2)},
       .out = VECTOR(BW_F32, 2, 1, 2)},
      {.name = "flatten",
       .prim = BWI_Flatten,
       .params = {.i = {0, -1}},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 2, 1, 2, 3, 4)},
       .out = VECTOR(BW_F32, 4, 1, 2, 3, 4)},
      {.name = "unflatten",
       .prim = BWI_Unflatten,
       .params = {.i = {0}, .v = {{2, {2, 2}}}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4)},
       .out = MATRIX(BW_F32, 2, 2, 1, 2, 3, 4)},
      {.name = "copy",
       .prim = BWI_Copy,
       .n_in = 1,
       .in = {VECTOR(BW_BOOL, 2, 1, 0)},
       .out = VECTOR(BW_BOOL, 2, 1, 0)},
      {.name = "view",
       .prim = BWI_View,
       .params = {.dtype = BW_U16},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 2, 1, 2)},
       .out = VECTOR(BW_U16, 4, 0, 16256, 0, 16384)},
  };
  check_rows(rows, COUNT(rows));
}

static void test_strided(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "broadcast",
       .prim = BWI_Broadcast,
       .params = {.v = {{2, {3, 2}}}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 2, 1, 2)},
       .out = MATRIX(BW_F32, 3, 2, 1, 2, 1, 2, 1, 2)},
      {.name = "transpose",
       .prim = BWI_Transpose,
       .params = {.v = {{2, {1, 0}}}},
       .n_in = 1,
       .in = {MATRIX(BW_I64, 2, 3, 1, 2, 3, 4, 5, 6)},
       .out = MATRIX(BW_I64, 3, 2, 1, 4, 2, 5, 3, 6)},
      {.name = "turn three axes",
       .prim = BWI_Transpose,
       .params = {.v = {{3, {2, 0, 1}}}},
       .n_in = 1,
       .in = {CUBE(BW_U8, 2, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8)},
       .out = CUBE(BW_U8, 2, 2, 2, 1, 3, 5, 7, 2, 4, 6, 8)},
      {.name = "slice",
       .prim = BWI_Slice,
       .params = {.v = {{2, {0, 1}}, {2, {2, 4}}, {2, {1, 2}}}},
       .n_in = 1,
       .in = {MATRIX(BW_F16, 2, 4, 1, 2, 3, 4, 5, 6, 7, 8)},
       .out = MATRIX(BW_F16, 2, 2, 2, 4, 6, 8)},
      {.name = "slice backwards",
       .prim = BWI_Slice,
       .params = {.v = {{1, {3}}, {1, {-5}}, {1, {-2}}}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4)},
       .out = VECTOR(BW_F32, 2, 4, 2)},
      {.name = "strided windows",
       .prim = BWI_AsStrided,
       .params = {.i = {1}, .v = {{2, {2, 3}}, {2, {1, 1}}}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 5, 0, 1, 2, 3, 4)},
       .out = MATRIX(BW_F32, 2, 3, 1, 2, 3, 2, 3, 4)},
      {.name = "gradient of strided windows",
       .prim = BWI_AsStridedGradient,
       .params = {.i = {1}, .v = {{1, {5}}, {2, {1, 1}}}},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 10, 20, 30)},
       .out = VECTOR(BW_F32, 5, 0, 1, 12, 23, 30)},
      {.name = "pad",
       .prim = BWI_Pad,
       .params = {.v = {{1, {1}}, {1, {1}}, {1, {2}}}},
       .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 2, 1, 2, 3, 4), SCALAR(BW_F32, 9)},
       .out = MATRIX(BW_F32, 2, 5, 9, 1, 2, 9, 9, 9, 3, 4, 9, 9)},
      {.name = "concatenate columns",
       .prim = BWI_Concatenate,
       .params = {.i = {1}},
       .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 1, 1, 2), MATRIX(BW_F32, 2, 2, 3, 4, 5, 6), MATRIX(BW_F32, 2, 0, 0)},
       .out = MATRIX(BW_F32, 2, 3, 1, 3, 4, 2, 5, 6)},
      {.name = "concatenate rows",
       .prim = BWI_Concatenate,
       .params = {.i = {0}},
       .n_in = 2,
       .in = {MATRIX(BW_U8, 1, 2, 1, 2), MATRIX(BW_U8, 2, 2, 3, 4, 5, 6)},
       .out = MATRIX(BW_U8, 3, 2, 1, 2, 3, 4, 5, 6)},
  };
  check_rows(rows, COUNT(rows));
}

static void test_slice_update(void **state) {
  (void)state;
  enum { MAX, MIN, SUM, PRODUCT, NONE };
  static const struct {
    const char *name;
    int64_t kind;
    double y[4];
  } rows[] = {
      {"maximum", MAX, {5, 2, 3, 4}},      {"minimum", MIN, {1, 2, -1, 4}},  {"sum", SUM, {6, 2, 2, 4}},
      {"product", PRODUCT, {5, 2, -3, 4}}, {"replace", NONE, {5, 2, -1, 4}},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const double *y = rows[i].y;
    const row r = {.name = rows[i].name,
                   .prim = BWI_SliceUpdate,
                   .params = {.i = {rows[i].kind}, .v = {{1, {0}}, {1, {4}}, {1, {2}}}},
                   .n_in = 2,
                   .in = {VECTOR(BW_F32, 4, 1, 2, 3, 4), VECTOR(BW_F32, 2, 5, -1)},
                   .out = VECTOR(BW_F32, 4, y[0], y[1], y[2], y[3])};
    check_rows(&r, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_strided),
      cmocka_unit_test(test_slice_update),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
