/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }
#define TRUTH(...) \
  { BW_BOOL, {__VA_ARGS__}, ANY, false, 0 }
#define ONE(n) \
  1, {         \
    n          \
  }

/* What IEEE 754 rounds correctly, and what only compares or chooses: the very bits. */
#define UNARY(primitive, most) \
  { .name = #primitive, .prim = BWI_##primitive, .n_in = 1, .in = {F32(EDGES, ONE(1031))}, .units = most }
#define BINARY(primitive)                                           \
  {                                                                 \
    .name = #primitive, .prim = BWI_##primitive, .n_in = 2, .in = { \
      F32(EDGES, ONE(1031)),                                        \
      F32(EDGES, ONE(1031))                                         \
    }                                                               \
  }

static void test_exact(void **state) {
  (void)state;
  static const versus_row rows[] = {
      UNARY(Abs, 0),
      UNARY(Ceil, 0),
      UNARY(Floor, 0),
      UNARY(Negative, 0),
      UNARY(Round, 0),
      UNARY(Sign, 0),
      UNARY(Square, 0),
      {.name = "Sqrt", .prim = BWI_Sqrt, .n_in = 1, .in = {F32(EDGES, ONE(1031))}},
      BINARY(Add),
      BINARY(Divide),
      BINARY(Equal),
      BINARY(FloorDivide),
      BINARY(Greater),
      BINARY(GreaterEqual),
      BINARY(Less),
      BINARY(LessEqual),
      BINARY(Maximum),
      BINARY(Minimum),
      BINARY(Multiply),
      BINARY(NotEqual),
      BINARY(Remainder),
      BINARY(Subtract),
      {.name = "positive",
       .prim = BWI_Greater,
       .n_in = 2,
       .in = {F32(EDGES, ONE(1031)), {BW_F32, {0}, ZEROS, true, 0}}},
      {.name = "Equal, NaN too",
       .prim = BWI_Equal,
       .params = {.i = {1}},
       .n_in = 2,
       .in = {F32(EDGES, ONE(700)), F32(EDGES, ONE(700))}},
      {.name = "Select",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {TRUTH(ONE(77)), F32(EDGES, ONE(77)), F32(EDGES, ONE(77))}},
  };
  check_versus(rows, COUNT(rows));
}

static void test_truth(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "not", .prim = BWI_LogicalNot, .n_in = 1, .in = {TRUTH(ONE(531))}},
      {.name = "and", .prim = BWI_LogicalAnd, .n_in = 2, .in = {TRUTH(ONE(531)), TRUTH(ONE(531))}},
      {.name = "or", .prim = BWI_LogicalOr, .n_in = 2, .in = {TRUTH(ONE(531)), TRUTH(ONE(1))}},
      {.name = "equal", .prim = BWI_Equal, .n_in = 2, .in = {TRUTH(2, {3, 5}), TRUTH(ONE(5))}},
      {.name = "truth by truth",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {TRUTH(ONE(9)), F32(ANY, 2, {7, 1}), F32(ANY, 0, {0})}},
  };
  check_versus(rows, COUNT(rows));
}

/* Within two units in the last place (test_accuracy below says how far each is), the reference's value being
 * rounded correctly. */
static void test_functions(void **state) {
  (void)state;
  static const versus_row rows[] = {
      UNARY(ArcCos, 3),
      UNARY(ArcCosh, 3),
      UNARY(ArcSin, 3),
      UNARY(ArcSinh, 3),
      UNARY(ArcTan, 3),
      UNARY(ArcTanh, 3),
      UNARY(Cos, 2),
      UNARY(Cosh, 3),
      UNARY(Erf, 2),
      UNARY(Exp, 2),
      UNARY(Expm1, 2),
      UNARY(Log1p, 2),
      UNARY(Sigmoid, 3),
      UNARY(Sin, 2),
      UNARY(Sinh, 3),
      UNARY(Tan, 3),
      UNARY(Tanh, 4),
      {.name = "log",
       .prim = BWI_Log,
       .params = {.i = {2}},
       .n_in = 1,
       .in = {F32(EDGES, ONE(1031))},
       .units = 2},
      {.name = "Power",
       .prim = BWI_Power,
       .n_in = 2,
       .in = {F32(EDGES, ONE(1031)), F32(EDGES, ONE(1031))},
       .units = 2},
      {.name = "ArcTan2",
       .prim = BWI_ArcTan2,
       .n_in = 2,
       .in = {F32(EDGES, ONE(1031)), F32(EDGES, ONE(1031))},
       .units = 2},
      /* The difference is rounded before exp sees it, and the logarithm may cancel with the greater one. */
      {.name = "LogAddExp",
       .prim = BWI_LogAddExp,
       .n_in = 2,
       .in = {F32(ANY, ONE(1031)), F32(ANY, ONE(1031))},
       .units = 4,
       .sums = true},
      {.name = "LogAddExp at the edges",
       .prim = BWI_LogAddExp,
       .n_in = 2,
       .in = {F32(EDGES, ONE(1031)), F32(EDGES, ONE(1031))},
       .units = 100},
      {.name = "log2", .prim = BWI_Log, .n_in = 1, .in = {F32(EDGES, ONE(1031))}, .units = 4},
      {.name = "log10",
       .prim = BWI_Log,
       .params = {.i = {1}},
       .n_in = 1,
       .in = {F32(EDGES, ONE(1031))},
       .units = 4},
      {.name = "1 / sqrt",
       .prim = BWI_Sqrt,
       .params = {.i = {1}},
       .n_in = 1,
       .in = {F32(EDGES, ONE(1031))},
       .units = 2},
  };
  check_versus(rows, COUNT(rows));
}

#define ADD(text, ...)                                              \
  {                                                                 \
    .name = text, .prim = BWI_Add, .n_in = 2, .in = { __VA_ARGS__ } \
  }

static void test_broadcasting(void **state) {
  (void)state;
  static const versus_row rows[] = {
      ADD("no elements", F32(ANY, 2, {0, 3}), F32(ANY, 1, {3})),
      ADD("scalars", F32(ANY, 0, {0}), F32(ANY, 0, {0})),
      ADD("a scalar", F32(ANY, 2, {31, 17}), F32(ANY, 0, {0})),
      ADD("a scalar on the left, all extents 1", F32(ANY, 3, {1, 1, 1}), F32(ANY, 2, {31, 17})),
      ADD("channels", F32(ANY, 4, {BATCH, 5, 3, 7}), F32(ANY, 1, {7})),
      ADD("channels that fill no block", F32(ANY, 3, {BATCH, 3, 130}), F32(ANY, 1, {130})),
      ADD("more channels than a block", F32(ANY, 3, {BATCH, 2, 771}), F32(ANY, 1, {771})),
      ADD("two trailing axes", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 2, {5, 7})),
      ADD("a middle axis", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 2, {5, 1})),
      ADD("a leading axis", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 3, {BATCH, 1, 1})),
      ADD("leading and trailing", F32(ANY, 3, {BATCH, 5, 7}), F32(ANY, 3, {BATCH, 1, 7})),
      ADD("an outer sum", F32(ANY, 2, {BATCH, 1}), F32(ANY, 2, {1, 19})),
      ADD("each has what the other lacks", F32(ANY, 4, {BATCH, 1, 5, 1}), F32(ANY, 3, {3, 1, 9})),
      ADD("axes of extent 1 between", F32(ANY, 4, {BATCH, 1, 5, 3}), F32(ANY, 4, {1, 1, 5, 3})),
      ADD("rows of great length", F32(ANY, 3, {2, 3, 1500}), F32(ANY, 3, {2, 1, 1500})),
      ADD("every second axis", F32(ANY, 5, {2, 3, 2, 5, 3}), F32(ANY, 5, {2, 1, 2, 1, 3})),
      {.name = "bools of every spread",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {TRUTH(3, {BATCH, 1, 9}), F32(ANY, 1, {9}), F32(ANY, 2, {5, 1})}},
      {.name = "a bool a channel",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {TRUTH(1, {9}), F32(ANY, 3, {BATCH, 5, 9}), F32(ANY, 0, {0})}},
      {.name = "one bool",
       .prim = BWI_Select,
       .n_in = 3,
       .in = {TRUTH(0, {0}), F32(ANY, 2, {BATCH, 9}), F32(ANY, 2, {BATCH, 1})}},
  };
  check_versus(rows, COUNT(rows));
}

static void test_programs(void **state) {
  (void)state;
  static const bwi_program swish = {2, {{BWI_Sigmoid, 0, 1, {0}}, {BWI_Multiply, 0, 2, {0, 1}}}, false};
  static const bwi_program mask = {
      3, {{BWI_Greater, 0, 2, {0, 1}}, {BWI_LogicalAnd, 0, 2, {2, 3}}, {BWI_LogicalNot, 0, 1, {4}}}, true};
  static const bwi_program affine = {
      3, {{BWI_Multiply, 0, 2, {0, 1}}, {BWI_Add, 0, 2, {4, 2}}, {BWI_Select, 0, 3, {3, 5, 0}}}, false};
  static const versus_row rows[] = {
      {.name = "swish",
       .prim = BWI_Elementwise,
       .program = &swish,
       .n_in = 1,
       .in = {F32(ANY, 3, {BATCH, 13, 11})},
       .units = 4},
      {.name = "a mask",
       .prim = BWI_Elementwise,
       .program = &mask,
       .n_in = 3,
       .in = {F32(ANY, 2, {BATCH, 77}), F32(ANY, 1, {77}), TRUTH(2, {BATCH, 1})}},
      /* Two roundings on the way; none of them is left out. */
      {.name = "a scale and shift a channel",
       .prim = BWI_Elementwise,
       .program = &affine,
       .n_in = 4,
       .in = {F32(ANY, 3, {BATCH, 3, 10}), F32(ANY, 1, {10}), F32(ANY, 0, {0}), TRUTH(2, {3, 1})}},
  };
  check_versus(rows, COUNT(rows));
}

/* --- accuracy over all of float32 --- */

typedef struct function {
  const char *name;
  bwi_prim prim;
  int32_t parameter;
  double (*exact)(double);
  double units; /* greatest error in units of the last place of the exact value */
} function;

static double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double unit_of(double x) {
  int exponent;
  (void)frexp(x, &exponent);
  return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

enum { LINE = 512 };

static double worst_of_line(const bwi_simd *simd, const function *f, const float *x, float *at) {
  float y[LINE];
  double worst = 0;
  const float *in[3] = {x, NULL, NULL};
  assert_true(simd->step((int)f->prim, f->parameter, LINE, in, y));
  for (int i = 0; i < LINE; i++) {
    const double exact = f->exact((double)x[i]);
    if (isnan(exact) ? isnan(y[i]) : (float)exact == y[i]) continue;
    const double error = fabs(((double)y[i] - exact) / unit_of(exact));
    if (error <= worst) continue;
    worst = error;
    *at = x[i];
  }
  return worst;
}

/* Every 3571st of all bit patterns, a prime that meets every exponent and many mantissas. */
static void check_accuracy(const bwi_simd *simd, const void *payload) {
  const function *f = payload;
  float x[LINE], at = 0;
  double worst = 0;
  int n = 0;
  for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 3571) {
    const uint32_t pattern = (uint32_t)bits;
    memcpy(&x[n++], &pattern, sizeof pattern);
    if (n < LINE) continue;
    n = 0;
    float where = 0;
    const double error = worst_of_line(simd, f, x, &where);
    if (!(error > worst)) continue;
    worst = error;
    at = where;
  }
  print_message("%s (%s): at most %.2f units in the last place, at %.9g\n", f->name, simd->name, worst,
                (double)at);
  if (!(worst <= f->units))
    fail_msg("%s (%s): %.2f units, allowed %.2f", f->name, simd->name, worst, f->units);
}

static void test_accuracy(void **state) {
  (void)state;
  static const function functions[] = {
      {"exp", BWI_Exp, 0, exp, 1},       {"log", BWI_Log, 2, log, 1},
      {"log2", BWI_Log, 0, log2, 2},     {"log10", BWI_Log, 1, log10, 2.25},
      {"tanh", BWI_Tanh, 0, tanh, 1.25}, {"erf", BWI_Erf, 0, erf, 1.25},
      {"cosh", BWI_Cosh, 0, cosh, 3},    {"sigmoid", BWI_Sigmoid, 0, sigmoid, 2.5},
  };
  for (size_t i = 0; i < COUNT(functions); i++) each_simd(check_accuracy, &functions[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact),        cmocka_unit_test(test_truth),    cmocka_unit_test(test_functions),
      cmocka_unit_test(test_broadcasting), cmocka_unit_test(test_programs), cmocka_unit_test(test_accuracy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
