/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

#define WINDOW(h, w, sh, sw) \
  {2, {h, w}}, {             \
    2, {                     \
      sh, sw                 \
    }                        \
  }

/* A greatest element is one of the elements. */
static void test_max(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "tiles",
       .prim = BWI_MaxPool,
       .params = {.v = {WINDOW(2, 2, 2, 2)}},
       .n_in = 1,
       .in = {F32(EDGES, 4, {BATCH, 6, 4, 19})}},
      {.name = "overlapping",
       .prim = BWI_MaxPool,
       .params = {.v = {WINDOW(3, 2, 2, 1)}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 7, 5, 3})}},
      {.name = "gaps and what is left over",
       .prim = BWI_MaxPool,
       .params = {.v = {WINDOW(2, 1, 3, 2)}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 9, 6, 33})}},
  };
  check_versus(rows, COUNT(rows));
}

/* Elements of few values tie in nearly every window; x and y are drawn apart, so y need not be in the window.
 */
#define GRADIENT(text, pooling, h, w, c, oh, ow)                                      \
  {                                                                                   \
    .name = text, .prim = BWI_MaxPoolGradient, .params = {.v = {pooling}}, .n_in = 3, \
    .in = {F32(STEPS, 4, {BATCH, h, w, c}), F32(STEPS, 4, {BATCH, oh, ow, c}),        \
           F32(ANY, 4, {BATCH, oh, ow, c})},                                          \
    .units = 4, .sums = true                                                          \
  }
#define PAIR WINDOW(2, 2, 2, 2)
#define LAPPING WINDOW(3, 3, 2, 1)

/* A quotient and up to six sums, each of them rounded. */
static void test_max_gradient(void **state) {
  (void)state;
  static const versus_row rows[] = {
      GRADIENT("tiles", PAIR, 4, 6, 18, 2, 3),
      GRADIENT("a row left over", PAIR, 5, 6, 3, 2, 3),
      GRADIENT("overlapping", LAPPING, 7, 6, 17, 3, 4),
  };
  check_versus(rows, COUNT(rows));
  versus_row positive[COUNT(rows)];
  for (size_t i = 0; i < COUNT(rows); i++) {
    positive[i] = rows[i];
    positive[i].params.i[0] = 1;
  }
  check_versus(positive, COUNT(positive));
}

static void test_mean(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "tiles",
       .prim = BWI_AvgPool,
       .params = {.v = {WINDOW(2, 3, 2, 3)}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 4, 6, 5})},
       .units = 4,
       .sums = true},
      {.name = "overlapping",
       .prim = BWI_AvgPool,
       .params = {.v = {WINDOW(3, 3, 1, 2)}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 5, 7, 32})},
       .units = 4,
       .sums = true},
      {.name = "gradient of tiles",
       .prim = BWI_AvgPoolGradient,
       .params = {.v = {WINDOW(2, 2, 2, 2), {4, {BATCH, 4, 6, 5}}}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 2, 3, 5})},
       .units = 2},
      {.name = "gradient of overlapping",
       .prim = BWI_AvgPoolGradient,
       .params = {.v = {WINDOW(3, 3, 2, 1), {4, {BATCH, 7, 6, 17}}}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 3, 4, 17})},
       .units = 4,
       .sums = true},
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_max),
      cmocka_unit_test(test_max_gradient),
      cmocka_unit_test(test_mean),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
