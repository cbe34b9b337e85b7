/* SPDX-License-Identifier: Apache-2.0 */
#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_constants(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "float32 adds its rounding up",
       .prim = BWI_Arange,
       .params = {.f = {0, 1, 0.3}, .dtype = BW_F32},
       .out = VECTOR(BW_F32, 4, 0, 0.3f, 0.6f, 0x1.cccccep-1)},
      {.name = "float16",
       .prim = BWI_Arange,
       .params = {.f = {0, 1, 0.3}, .dtype = BW_F16},
       .out = VECTOR(BW_F16, 4, 0, 0.300048828125, 0.60009765625, 0.900390625)},
      {.name = "down",
       .prim = BWI_Arange,
       .params = {.f = {5, 0, -2}, .dtype = BW_I32},
       .out = VECTOR(BW_I32, 3, 5, 3, 1)},
      {.name = "a step that is cut",
       .prim = BWI_Arange,
       .params = {.f = {0, 5, 1.5}, .dtype = BW_I32},
       .out = VECTOR(BW_I32, 4, 0, 1, 2, 3)},
      {.name = "no step left",
       .prim = BWI_Arange,
       .params = {.f = {-0.5, 5, 1}, .dtype = BW_I32},
       .out = VECTOR(BW_I32, 6, 0, 0, 0, 0, 0, 0)},
      {.name = "number of elements",
       .prim = BWI_NumberOfElements,
       .params = {.v = {{1, {1}}}, .dtype = BW_F32},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 4, 0)},
       .out = SCALAR(BW_F32, 4)},
      {.name = "its inverse",
       .prim = BWI_NumberOfElements,
       .params = {.i = {1}, .v = {{2, {0, 1}}}, .dtype = BW_F16},
       .n_in = 1,
       .in = {MATRIX(BW_F32, 2, 4, 0)},
       .out = SCALAR(BW_F16, 0.125)},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_constants)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
