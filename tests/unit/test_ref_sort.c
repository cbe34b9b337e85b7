/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_sort(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "NaN last",
       .prim = BWI_Sort,
       .n_in = 1,
       .in = {VECTOR(BW_F32, 6, 2, NAN, 1, -INFINITY, INFINITY, NAN)},
       .out = VECTOR(BW_F32, 6, -INFINITY, 1, 2, INFINITY, NAN, NAN)},
      {.name = "zeros stay",
       .prim = BWI_Sort,
       .n_in = 1,
       .in = {VECTOR(BW_F32, 3, 0, -0.0, -1)},
       .out = VECTOR(BW_F32, 3, -1, 0, -0.0)},
      {.name = "columns",
       .prim = BWI_Sort,
       .params = {.i = {0}},
       .n_in = 1,
       .in = {MATRIX(BW_I8, 3, 2, 3, -1, 1, 5, 2, 0)},
       .out = MATRIX(BW_I8, 3, 2, 1, -1, 2, 0, 3, 5)},
      {.name = "unsigned",
       .prim = BWI_Sort,
       .n_in = 1,
       .in = {VECTOR(BW_U64, 3, 0x1p63, 7, 0)},
       .out = VECTOR(BW_U64, 3, 0, 7, 0x1p63)},
      {.name = "ties in order",
       .prim = BWI_ArgSort,
       .n_in = 1,
       .in = {VECTOR(BW_I32, 5, 1, 1, 0, 0, 1)},
       .out = VECTOR(BW_U32, 5, 2, 3, 0, 1, 4)},
      {.name = "rows",
       .prim = BWI_ArgSort,
       .params = {.i = {1}},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 3, 3, 1, 2, NAN, 0, -1)},
       .out = MATRIX(BW_U32, 2, 3, 1, 2, 0, 2, 1, 0)},
      {.name = "partition",
       .prim = BWI_Partition,
       .params = {.i = {2, 0}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 5, 5, 1, 4, 2, 3)},
       .out = VECTOR(BW_F32, 5, 1, 2, 3, 4, 5)},
      {.name = "indices of a partition",
       .prim = BWI_ArgPartition,
       .params = {.i = {2, 0}},
       .n_in = 1,
       .in = {VECTOR(BW_F32, 5, 5, 1, 4, 2, 3)},
       .out = VECTOR(BW_U32, 5, 1, 3, 4, 2, 0)},
      {.name = "nothing",
       .prim = BWI_Sort,
       .n_in = 1,
       .in = {VECTOR(BW_F32, 0, 0)},
       .out = VECTOR(BW_F32, 0, 0)},
  };
  check_rows(rows, COUNT(rows));
}

static void test_search(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "left",
       .prim = BWI_SearchSorted,
       .n_in = 2,
       .in = {VECTOR(BW_F32, 4, 1, 2, 2, 3), MATRIX(BW_F32, 2, 2, 2, 0, 5, NAN)},
       .out = MATRIX(BW_U32, 2, 2, 1, 0, 4, 4)},
      {.name = "right",
       .prim = BWI_SearchSorted,
       .params = {.i = {1}},
       .n_in = 2,
       .in = {VECTOR(BW_F32, 4, 1, 2, 2, 3), MATRIX(BW_F32, 2, 2, 2, 0, 5, NAN)},
       .out = MATRIX(BW_U32, 2, 2, 3, 0, 4, 4)},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sort), cmocka_unit_test(test_search)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
