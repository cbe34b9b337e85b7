/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_pooling(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "maxima, two channels",
       .prim = BWI_MaxPool,
       .params = {.v = {{2, {1, 2}}, {2, {1, 2}}}},
       .n_in = 1,
       .in = {HYPER(BW_F32, 1, 1, 5, 2, 1, 8, 3, 6, 5, 4, NAN, 2, 9, 9)},
       .out = HYPER(BW_F32, 1, 1, 2, 2, 3, 8, NAN, 4)},
      {.name = "overlapping maxima",
       .prim = BWI_MaxPool,
       .params = {.v = {{2, {2, 2}}, {2, {1, 1}}}},
       .n_in = 1,
       .in = {HYPER(BW_F32, 1, 3, 3, 1, 1, 2, 3, 6, 5, 4, 7, 8, 9)},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 6, 5, 8, 9)},
      {.name = "means",
       .prim = BWI_AvgPool,
       .params = {.v = {{2, {2, 1}}, {2, {2, 1}}}},
       .n_in = 1,
       .in = {HYPER(BW_F32, 2, 2, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8)},
       .out = HYPER(BW_F32, 2, 1, 2, 1, 2, 3, 6, 7)},
      {.name = "ties share",
       .prim = BWI_MaxPoolGradient,
       .params = {.v = {{2, {1, 2}}, {2, {1, 1}}}},
       .n_in = 3,
       .in = {HYPER(BW_F32, 1, 1, 4, 1, 2, 2, 1, 0), HYPER(BW_F32, 1, 1, 3, 1, 2, 2, 1),
              HYPER(BW_F32, 1, 1, 3, 1, 10, 20, 30)},
       .out = HYPER(BW_F32, 1, 1, 4, 1, 5, 25, 30, 0)},
      {.name = "only where positive",
       .prim = BWI_MaxPoolGradient,
       .params = {.i = {1}, .v = {{2, {1, 2}}, {2, {1, 2}}}},
       .n_in = 3,
       .in = {HYPER(BW_F32, 1, 1, 4, 1, 2, 2, 0, 0), HYPER(BW_F32, 1, 1, 2, 1, 2, 0),
              HYPER(BW_F32, 1, 1, 2, 1, 10, 20)},
       .out = HYPER(BW_F32, 1, 1, 4, 1, 5, 5, 0, 0)},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pooling)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
