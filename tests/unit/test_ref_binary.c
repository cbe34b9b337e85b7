/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: closed forms, and for edge values what MLX 0.32.4 gives on the CPU. */
#include <math.h>

#include "backend/plan.h"
#include "support/rows.h"
#include "support/unit.h"

#define ROUNDING 3e-7 /* operands and result in float32 */

typedef struct real_row {
  bwi_prim prim;
  const char *name;
  double a[4], b[4], y[4];
} real_row;

static const real_row reals[] = {
    {BWI_Add, "Add", {1, 2, INFINITY, 0.5}, {3, -2, 1, 0.25}, {4, 0, INFINITY, 0.75}},
    {BWI_ArcTan2,
     "ArcTan2",
     {1, -1, 0, 1},
     {1, -1, -1, 0},
     {0.78539816340, -2.35619449019, 3.14159265359, 1.57079632679}},
    {BWI_Divide, "Divide", {1, 1, -1, 0}, {4, 0, 0, 0}, {0.25, INFINITY, -INFINITY, NAN}},
    {BWI_FloorDivide, "FloorDivide", {5.5, -5.5, 5.5, 7}, {3, 3, -3, -0.5}, {1, -2, -2, -14}},
    {BWI_FloorDivide,
     "FloorDivide by nothing",
     {5, 3, -5, -0.0},
     {0, INFINITY, INFINITY, 2},
     {INFINITY, 0, -0.0, -0.0}},
    {BWI_LogAddExp,
     "LogAddExp",
     {-INFINITY, INFINITY, 1, NAN},
     {-INFINITY, INFINITY, 2, 1},
     {-INFINITY, INFINITY, 2.31326168752, NAN}},
    {BWI_Maximum, "Maximum", {NAN, 1, -0.0, 2}, {1, NAN, 0, 1}, {NAN, NAN, 0, 2}},
    {BWI_Minimum, "Minimum", {NAN, 1, -0.0, 2}, {1, NAN, 0, 1}, {NAN, NAN, 0, 1}},
    {BWI_Multiply, "Multiply", {2, -0.5, INFINITY, 0}, {3, 4, 0, 5}, {6, -2, NAN, 0}},
    {BWI_Power, "Power", {2, -2, -2, NAN}, {0.5, 3, 0.5, 0}, {1.41421356237, -8, NAN, 1}},
    {BWI_Remainder, "Remainder", {5.5, -5.5, 5.5, -5.5}, {3, 3, -3, -3}, {2.5, 0.5, -0.5, -2.5}},
    {BWI_Remainder,
     "Remainder by nothing",
     {5, -5, 5, -0.0},
     {0, INFINITY, -INFINITY, 2},
     {NAN, INFINITY, -INFINITY, -0.0}},
    {BWI_Subtract, "Subtract", {1, 2, INFINITY, 0.5}, {3, -2, INFINITY, 0.25}, {-2, 4, NAN, 0.25}},
};

static void test_reals(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    const real_row *f = &reals[i];
    const row r = {.name = f->name,
                   .prim = f->prim,
                   .n_in = 2,
                   .in = {VECTOR(BW_F32, 4, f->a[0], f->a[1], f->a[2], f->a[3]),
                          VECTOR(BW_F32, 4, f->b[0], f->b[1], f->b[2], f->b[3])},
                   .out = VECTOR(BW_F32, 4, f->y[0], f->y[1], f->y[2], f->y[3]),
                   .tolerance = ROUNDING};
    check_rows(&r, 1);
  }
}

static void test_comparisons(void **state) {
  (void)state;
  static const struct {
    bwi_prim prim;
    const char *name;
    int64_t parameter;
    double y[4];
  } rows[] = {
      {BWI_Equal, "Equal", 0, {0, 1, 0, 0}},
      {BWI_Equal, "Equal with NaN", 1, {0, 1, 0, 1}},
      {BWI_NotEqual, "NotEqual", 0, {1, 0, 1, 1}},
      {BWI_Greater, "Greater", 0, {0, 0, 1, 0}},
      {BWI_GreaterEqual, "GreaterEqual", 0, {0, 1, 1, 0}},
      {BWI_Less, "Less", 0, {1, 0, 0, 0}},
      {BWI_LessEqual, "LessEqual", 0, {1, 1, 0, 0}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const row r = {.name = rows[i].name,
                   .prim = rows[i].prim,
                   .params = {.i = {rows[i].parameter}},
                   .n_in = 2,
                   .in = {VECTOR(BW_F32, 4, 1, 2, 3, NAN), VECTOR(BW_F32, 4, 2, 2, 2, NAN)},
                   .out = VECTOR(BW_BOOL, 4, rows[i].y[0], rows[i].y[1], rows[i].y[2], rows[i].y[3])};
    check_rows(&r, 1);
  }
}

static void test_integers(void **state) {
  (void)state;
  static const struct {
    bwi_prim prim;
    const char *name;
    bw_dtype dtype;
    int64_t parameter;
    double a[4], b[4], y[4];
  } rows[] = {
      {BWI_Add, "int8 wraps", BW_I8, 0, {127, -128, 1, 0}, {1, -1, 2, 0}, {-128, 127, 3, 0}},
      {BWI_Multiply, "int32 wraps", BW_I32, 0, {2147483647, 3, -2, 0}, {2, 4, 5, 1}, {-2, 12, -10, 0}},
      {BWI_FloorDivide, "rounds down", BW_I32, 0, {5, -5, 5, -6}, {3, 3, -3, 3}, {1, -2, -2, -2}},
      {BWI_FloorDivide, "by zero", BW_I32, 0, {5, -0x1p31, 7, 8}, {0, -1, 1, 2}, {0, -0x1p31, 7, 4}},
      {BWI_Remainder, "sign of the divisor", BW_I32, 0, {5, -5, 5, -5}, {3, 3, -3, -3}, {2, 1, -1, -2}},
      {BWI_Remainder, "remainder of unsigned", BW_U8, 0, {250, 7, 5, 0}, {7, 0, 5, 3}, {5, 0, 0, 0}},
      {BWI_Power, "power", BW_I32, 0, {2, 3, -2, 5}, {3, 0, 3, 40}, {8, 1, -8, -1413876383}},
      {BWI_Power, "negative exponent", BW_I32, 0, {1, -1, 2, 0}, {-1, -2, -1, 0}, {0, 0, 0, 1}},
      {BWI_Maximum, "maximum", BW_I32, 0, {1, -2, 3, 0}, {2, -3, 3, -1}, {2, -2, 3, 0}},
      {BWI_Minimum, "minimum of unsigned", BW_U64, 0, {0x1p63, 1, 3, 0}, {2, 0x1p63, 3, 1}, {2, 1, 3, 0}},
      {BWI_BitwiseBinary, "and", BW_U8, 0, {12, 255, 1, 0}, {10, 15, 2, 7}, {8, 15, 0, 0}},
      {BWI_BitwiseBinary, "or", BW_U8, 1, {12, 240, 1, 0}, {10, 15, 2, 7}, {14, 255, 3, 7}},
      {BWI_BitwiseBinary, "xor", BW_U8, 2, {12, 255, 1, 0}, {10, 15, 2, 7}, {6, 240, 3, 7}},
      {BWI_BitwiseBinary, "shift left", BW_I32, 3, {1, 1, 1, -1}, {1, 31, 32, 33}, {2, -0x1p31, 1, -2}},
      {BWI_BitwiseBinary, "shift narrow left", BW_U8, 3, {1, 1, 200, 1}, {1, 7, 1, 9}, {2, 128, 144, 0}},
      {BWI_BitwiseBinary, "shift right", BW_I32, 4, {-8, 8, 8, 8}, {1, 2, 32, 35}, {-4, 2, 8, 1}},
      {BWI_BitwiseBinary, "shift wide right", BW_I64, 4, {-8, 8, 1, 0}, {1, 65, 0, 1}, {-4, 4, 1, 0}},
      {BWI_BitwiseBinary, "shift unsigned right", BW_U64, 4, {0x1p63, 8, 1, 0}, {63, 1, 0, 1}, {1, 4, 1, 0}},
      {BWI_Add, "sum of bools", BW_BOOL, 0, {1, 1, 0, 0}, {1, 0, 1, 0}, {1, 1, 1, 0}},
      {BWI_Subtract, "difference of bools", BW_BOOL, 0, {1, 1, 0, 0}, {1, 0, 1, 0}, {0, 1, 1, 0}},
      {BWI_LogicalAnd, "and of bools", BW_BOOL, 0, {1, 1, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 0}},
      {BWI_LogicalOr, "or of bools", BW_BOOL, 0, {1, 1, 0, 0}, {1, 0, 1, 0}, {1, 1, 1, 0}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const double *a = rows[i].a, *b = rows[i].b, *y = rows[i].y;
    const row r = {.name = rows[i].name,
                   .prim = rows[i].prim,
                   .params = {.i = {rows[i].parameter}},
                   .n_in = 2,
                   .in = {VECTOR(rows[i].dtype, 4, a[0], a[1], a[2], a[3]),
                          VECTOR(rows[i].dtype, 4, b[0], b[1], b[2], b[3])},
                   .out = VECTOR(rows[i].dtype, 4, y[0], y[1], y[2], y[3])};
    check_rows(&r, 1);
  }
}

static void test_broadcasting(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "column and row",
       .prim = BWI_Subtract,
       .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 1, 10, 20), VECTOR(BW_F32, 3, 1, 2, 3)},
       .out = MATRIX(BW_F32, 2, 3, 9, 8, 7, 19, 18, 17)},
      {.name = "scalar",
       .prim = BWI_Multiply,
       .n_in = 2,
       .in = {SCALAR(BW_F16, 2), MATRIX(BW_F16, 2, 2, 1, 2, 3, 4)},
       .out = MATRIX(BW_F16, 2, 2, 2, 4, 6, 8)},
      {.name = "middle",
       .prim = BWI_Add,
       .n_in = 2,
       .in = {CUBE(BW_I32, 2, 1, 2, 1, 2, 3, 4), CUBE(BW_I32, 1, 2, 1, 10, 20)},
       .out = CUBE(BW_I32, 2, 2, 2, 11, 12, 21, 22, 13, 14, 23, 24)},
      {.name = "nothing",
       .prim = BWI_Add,
       .n_in = 2,
       .in = {MATRIX(BW_F32, 0, 3, 0), VECTOR(BW_F32, 3, 1, 2, 3)},
       .out = MATRIX(BW_F32, 0, 3, 0)},
      {.name = "select",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {MATRIX(BW_BOOL, 2, 1, 1, 0), VECTOR(BW_F32, 2, 1, NAN), SCALAR(BW_F32, 5)},
       .out = MATRIX(BW_F32, 2, 2, 1, NAN, 5, 5)},
      {.name = "select integers",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {VECTOR(BW_BOOL, 2, 1, 0), VECTOR(BW_I8, 2, -1, -2), VECTOR(BW_I8, 2, 3, 4)},
       .out = VECTOR(BW_I8, 2, -1, 4)},
  };
  check_rows(rows, sizeof rows / sizeof *rows);
}

/* Beyond 2^53 a double would round. */
static void test_64_bits(void **state) {
  (void)state;
  const int64_t a = INT64_MAX - 2, b = 3;
  int64_t out = 0;
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id in[2] = {bwi_constant(g, BW_I64, &(bwi_dims){0}, &a),
                        bwi_constant(g, BW_I64, &(bwi_dims){0}, &b)};
  const bwi_id sum = bwi_apply(g, BWI_Add, NULL, 2, in), product = bwi_apply(g, BWI_Multiply, NULL, 2, in);
  const bwi_id floor = bwi_apply(g, BWI_FloorDivide, NULL, 2, in);
  assert_int_equal(bwi_ref_evaluate(g, sum, &out, NULL), BW_OK);
  assert_true(out == INT64_MIN);
  assert_int_equal(bwi_ref_evaluate(g, product, &out, NULL), BW_OK);
  assert_true(out == INT64_MAX - 8);
  assert_int_equal(bwi_ref_evaluate(g, floor, &out, NULL), BW_OK);
  assert_true(out == 3074457345618258601);
  bwi_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reals),    cmocka_unit_test(test_comparisons),
      cmocka_unit_test(test_integers), cmocka_unit_test(test_broadcasting),
      cmocka_unit_test(test_64_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
