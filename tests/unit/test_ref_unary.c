/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: closed forms, and for edge values what MLX 0.32.4 gives on the CPU. */
#include <math.h>

#include "support/rows.h"
#include "support/unit.h"

/* The argument and the result are each rounded to float32: a unit in the last place, with room for a slope
 * of 2. */
#define ROUNDING 3e-7

typedef struct function_row {
  bwi_prim prim;
  const char *name;
  double x[3], y[3];
} function_row;

static const function_row functions[] = {
    {BWI_Abs, "Abs", {-1.5, 0, INFINITY}, {1.5, 0, INFINITY}},
    {BWI_ArcCos, "ArcCos", {1, 0, -1}, {0, 1.57079632679, 3.14159265359}},
    {BWI_ArcCosh, "ArcCosh", {1, 2, 0.5}, {0, 1.31695789692, NAN}},
    {BWI_ArcSin, "ArcSin", {1, 0, 2}, {1.57079632679, 0, NAN}},
    {BWI_ArcSinh, "ArcSinh", {0, 1, -1}, {0, 0.88137358702, -0.88137358702}},
    {BWI_ArcTan, "ArcTan", {0, 1, INFINITY}, {0, 0.78539816340, 1.57079632679}},
    {BWI_ArcTanh, "ArcTanh", {0, 0.5, 1}, {0, 0.54930614433, INFINITY}},
    {BWI_Ceil, "Ceil", {1.2, -1.2, 3}, {2, -1, 3}},
    {BWI_Cos, "Cos", {0, 1, -1}, {1, 0.54030230587, 0.54030230587}},
    {BWI_Cosh, "Cosh", {0, 1, -1}, {1, 1.54308063482, 1.54308063482}},
    {BWI_Erf, "Erf", {0, 0.5, -1}, {0, 0.52049987781, -0.84270079295}},
    {BWI_ErfInv, "ErfInv", {0, 0.5, -1}, {0, 0.47693627620, -INFINITY}},
    {BWI_ErfInv, "ErfInv far out", {0.96875, -0.96875, 2}, {1.52301940200, -1.52301940200, NAN}},
    {BWI_Exp, "Exp", {0, 1, -INFINITY}, {1, 2.71828182846, 0}},
    {BWI_Expm1, "Expm1", {0, 0.25, -1}, {0, 0.28402541669, -0.63212055883}},
    {BWI_Floor, "Floor", {1.2, -1.2, 3}, {1, -2, 3}},
    {BWI_Log1p, "Log1p", {0, 0.25, -1}, {0, 0.22314355131, -INFINITY}},
    {BWI_Negative, "Negative", {1, -2, 0}, {-1, 2, -0.0}},
    {BWI_Round, "Round half to even", {0.5, 1.5, -2.5}, {0, 2, -2}},
    {BWI_Sigmoid, "Sigmoid", {0, 100, -100}, {0.5, 1, 0}},
    {BWI_Sign, "Sign", {NAN, -2, 0}, {0, -1, 0}},
    {BWI_Sin, "Sin", {0, 1, -1}, {0, 0.84147098481, -0.84147098481}},
    {BWI_Sinh, "Sinh", {0, 1, -1}, {0, 1.17520119364, -1.17520119364}},
    {BWI_Square, "Square", {3, -2, 0}, {9, 4, 0}},
    {BWI_StopGradient, "StopGradient", {3, -2, NAN}, {3, -2, NAN}},
    {BWI_Tan, "Tan", {0, 1, -1}, {0, 1.55740772465, -1.55740772465}},
    {BWI_Tanh, "Tanh", {0, 1, INFINITY}, {0, 0.76159415596, 1}},
};

static void test_functions(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const function_row *f = &functions[i];
    const row r = {.name = f->name,
                   .prim = f->prim,
                   .n_in = 1,
                   .in = {VECTOR(BW_F32, 3, f->x[0], f->x[1], f->x[2])},
                   .out = VECTOR(BW_F32, 3, f->y[0], f->y[1], f->y[2]),
                   .tolerance = ROUNDING};
    check_rows(&r, 1);
  }
}

static void test_parameters(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "base two",
       .prim = BWI_Log,
       .params = {.i = {0}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 8, 1, 0)},
       .out = VECTOR(BW_F32, 3, 3, 0, -INFINITY)},
      {.name = "base ten",
       .prim = BWI_Log,
       .params = {.i = {1}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 1000, 1, -1)},
       .out = VECTOR(BW_F32, 3, 3, 0, NAN)},
      {.name = "base e",
       .prim = BWI_Log,
       .params = {.i = {2}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 2, 1, 0)},
       .out = VECTOR(BW_F32, 3, 0.69314718056, 0, -INFINITY),
       .tolerance = ROUNDING},
      {.name = "root",
       .prim = BWI_Sqrt,
       .params = {.i = {0}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 4, 0, -1)},
       .out = VECTOR(BW_F32, 3, 2, 0, NAN)},
      {.name = "reciprocal root",
       .prim = BWI_Sqrt,
       .params = {.i = {1}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 4, 0, -1)},
       .out = VECTOR(BW_F32, 3, 0.5, INFINITY, NAN)},
  };
  check_rows(rows, sizeof rows / sizeof *rows);
}

static void test_integers(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "abs wraps",
       .prim = BWI_Abs,
       .n_in = 1,
       .in = {VECTOR(BW_I8, 2, -128, -3)},
       .out = VECTOR(BW_I8, 2, -128, 3)},
      {.name = "negative wraps",
       .prim = BWI_Negative,
       .n_in = 1,
       .in = {VECTOR(BW_U8, 2, 1, 0)},
       .out = VECTOR(BW_U8, 2, 255, 0)},
      {.name = "square wraps",
       .prim = BWI_Square,
       .n_in = 1,
       .in = {VECTOR(BW_U8, 2, 17, 3)},
       .out = VECTOR(BW_U8, 2, 33, 9)},
      {.name = "sign",
       .prim = BWI_Sign,
       .n_in = 1,
       .in = {VECTOR(BW_I32, 3, -7, 0, 9)},
       .out = VECTOR(BW_I32, 3, -1, 0, 1)},
      {.name = "sign of unsigned",
       .prim = BWI_Sign,
       .n_in = 1,
       .in = {VECTOR(BW_U8, 2, 0, 255)},
       .out = VECTOR(BW_U8, 2, 0, 1)},
      {.name = "invert",
       .prim = BWI_BitwiseInvert,
       .n_in = 1,
       .in = {VECTOR(BW_U8, 2, 1, 5)},
       .out = VECTOR(BW_U8, 2, 254, 250)},
      {.name = "not",
       .prim = BWI_LogicalNot,
       .n_in = 1,
       .in = {VECTOR(BW_BOOL, 2, 1, 0)},
       .out = VECTOR(BW_BOOL, 2, 0, 1)},
      {.name = "floor of integers",
       .prim = BWI_Floor,
       .n_in = 1,
       .in = {VECTOR(BW_I32, 2, 1, -2)},
       .out = VECTOR(BW_I32, 2, 1, -2)},
  };
  check_rows(rows, sizeof rows / sizeof *rows);
}

typedef struct cast_row {
  const char *name;
  bw_dtype from, to;
  double x[4], y[4];
} cast_row;

static const cast_row casts[] = {
    {"float to uint8", BW_F32, BW_U8, {-1, 300, 0.7, -0.5}, {255, 44, 0, 0}},
    {"float to int32", BW_F32, BW_I32, {3e9, NAN, -1.9, INFINITY}, {-0x1p31, -0x1p31, -1, -0x1p31}},
    {"float to uint32", BW_F32, BW_U32, {3e9, -1, 0.5, 65537}, {3e9, 4294967295.0, 0, 65537}},
    {"float to int64", BW_F32, BW_I64, {1e20, -1.5, 0x1p40, NAN}, {-0x1p63, -1, 0x1p40, -0x1p63}},
    {"float to uint64", BW_F32, BW_U64, {0x1p63, 2.5, 0x1p40, 0}, {0x1p63, 2, 0x1p40, 0}},
    {"float to bool", BW_F32, BW_BOOL, {0, -0.0, 0.1, NAN}, {0, 0, 1, 1}},
    {"int wraps", BW_I32, BW_I16, {70000, -1, 32768, 5}, {4464, -1, -32768, 5}},
    {"float16 rounds to even", BW_F32, BW_F16, {2049, 2051, 65520, 1e-8}, {2048, 2052, INFINITY, 0}},
    {"bfloat16 rounds to even", BW_F32, BW_BF16, {257, 259, -1, 0}, {256, 260, -1, 0}},
    {"bool to float", BW_BOOL, BW_F32, {1, 0, 1, 1}, {1, 0, 1, 1}},
    {"int to float16", BW_I32, BW_F16, {2049, 70000, -3, 0}, {2048, INFINITY, -3, 0}},
    {"uint64 to float", BW_U64, BW_F32, {0x1p63, 1, 0, 2}, {0x1p63, 1, 0, 2}},
};

static void test_casts(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
    const cast_row *c = &casts[i];
    const row r = {.name = c->name,
                   .prim = BWI_AsType,
                   .params = {.dtype = c->to},
                   .n_in = 1,
                   .in = {VECTOR(c->from, 4, c->x[0], c->x[1], c->x[2], c->x[3])},
                   .out = VECTOR(c->to, 4, c->y[0], c->y[1], c->y[2], c->y[3])};
    check_rows(&r, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions),
      cmocka_unit_test(test_parameters),
      cmocka_unit_test(test_integers),
      cmocka_unit_test(test_casts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
