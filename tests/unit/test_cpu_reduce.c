/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

enum { SUM = 2, LEAST = 4, GREATEST = 5 };

#define REDUCE(text, kind, axes, most, ...)                                                                 \
  {                                                                                                         \
    .name = text, .prim = BWI_Reduce, .params = {.i = {kind}, .v = {axes}}, .n_in = 1, .in = {__VA_ARGS__}, \
    .units = most, .sums = true                                                                             \
  }
#define AXIS(a) \
  {             \
    1, {        \
      a         \
    }           \
  }
#define AXES(a, b) \
  {                \
    2, {           \
      a, b         \
    }              \
  }

/* The reference sums in double. Each of n sums rounds by half a unit of a partial result, which for terms of
 * both signs is about as large as the result's root mean square (several times where only one is left). */
static void test_sums(void **state) {
  (void)state;
  static const versus_row rows[] = {
      REDUCE("last axis", SUM, AXIS(1), 8, F32(ANY, 2, {BATCH, 37})),
      REDUCE("a short last axis", SUM, AXIS(1), 4, F32(ANY, 2, {BATCH, 3})),
      REDUCE("middle axis", SUM, AXIS(1), 8, F32(ANY, 3, {BATCH, 19, 5})),
      REDUCE("two middle axes", SUM, AXES(1, 2), 8, F32(ANY, 4, {BATCH, 4, 5, 33})),
      REDUCE("leading axis", SUM, AXIS(0), 8, F32(ANY, 2, {29, 18})),
      REDUCE("all", SUM, AXES(0, 1), 64, F32(ANY, 2, {29, 18})),
      REDUCE("an axis of extent 1", SUM, AXIS(1), 0, F32(ANY, 3, {BATCH, 1, 7})),
      REDUCE("axes with one of extent 1 between", SUM, AXES(1, 3), 8, F32(ANY, 4, {BATCH, 5, 1, 7})),
      REDUCE("a long row", SUM, AXIS(1), 64, F32(ANY, 2, {2, 5003})),
  };
  check_versus(rows, COUNT(rows));
}

/* The lanes' order decides between 0 and -0 of a row, so their units are not none. */
static void test_extremes(void **state) {
  (void)state;
  static const versus_row rows[] = {
      REDUCE("greatest of a row", GREATEST, AXIS(1), 0, F32(ANY, 2, {BATCH, 37})),
      REDUCE("greatest with NaN and infinities", GREATEST, AXIS(1), 0.5, F32(EDGES, 2, {97, 5})),
      REDUCE("least with NaN and infinities", LEAST, AXIS(1), 0.5, F32(EDGES, 2, {97, 5})),
      REDUCE("least of columns", LEAST, AXIS(0), 0, F32(EDGES, 2, {3, 97})),
      REDUCE("greatest of images", GREATEST, AXES(1, 2), 0, F32(ANY, 4, {BATCH, 3, 5, 17})),
      REDUCE("all less than zero", GREATEST, AXIS(1), 0, F32(STEPS, 2, {BATCH, 2})),
  };
  check_versus(rows, COUNT(rows));
}

/* exp within a unit, a sum of n, a quotient. At the edges differences of up to 88 are rounded before exp sees
 * them, which makes half a unit of theirs 32 of the result's; the greatest and the logarithm of the rest may
 * cancel. */
static void test_softmax(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "classes", .prim = BWI_Softmax, .n_in = 1, .in = {F32(ANY, 2, {BATCH, 10})}, .units = 6},
      {.name = "one class", .prim = BWI_Softmax, .n_in = 1, .in = {F32(ANY, 2, {BATCH, 1})}, .units = 0},
      {.name = "many classes",
       .prim = BWI_Softmax,
       .n_in = 1,
       .in = {F32(ANY, 3, {BATCH, 3, 333})},
       .units = 8},
      {.name = "edges", .prim = BWI_Softmax, .n_in = 1, .in = {F32(EDGES, 2, {97, 3})}, .units = 40},
      {.name = "log of a sum",
       .prim = BWI_LogSumExp,
       .n_in = 1,
       .in = {F32(ANY, 2, {BATCH, 35})},
       .units = 4,
       .sums = true},
      {.name = "log of a sum, edges",
       .prim = BWI_LogSumExp,
       .n_in = 1,
       .in = {F32(EDGES, 2, {97, 3})},
       .units = 40},
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums),
      cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_softmax),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
