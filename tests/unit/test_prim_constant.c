/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/inference.h"
#include "support/unit.h"

static void test_inference(void **state) {
  (void)state;
  static const inference_row rows[] = {
      {"arange", BWI_Arange, 0, .params = {.f = {0, 5, 2}, .dtype = BW_I32}, .out = {BW_I32, {1, {3}}}},
      {"arange down", BWI_Arange, 0, .params = {.f = {0, -4, -1}, .dtype = BW_F32},
       .out = {BW_F32, {1, {4}}}},
      {"arange to nowhere", BWI_Arange, 0, .params = {.f = {0, -4, 1}, .dtype = BW_F32},
       .out = {BW_F32, {1, {0}}}},
      {"elements",
       BWI_NumberOfElements,
       1,
       {{BW_F32, {2, {2, 3}}}},
       {.v = {{1, {-1}}}, .dtype = BW_F32},
       .out = {.dtype = BW_F32}},
      {"step 0", BWI_Arange, 0, .params = {.f = {0, 5, 0}, .dtype = BW_I32}, .status = BW_EFORMAT,
       .sentence = "step is 0"},
      {"stop infinite", BWI_Arange, 0, .params = {.f = {0, INFINITY, 1}, .dtype = BW_I32},
       .status = BW_EFORMAT, .sentence = "stop is not finite"},
      {"start NaN", BWI_Arange, 0, .params = {.f = {NAN, 1, 1}, .dtype = BW_I32}, .status = BW_EFORMAT,
       .sentence = "start is not finite"},
      {"too many", BWI_Arange, 0, .params = {.f = {0, 1e300, 1}, .dtype = BW_F32}, .status = BW_ELIMIT,
       .sentence = "more than 2^31 elements"},
      {"more than any number", BWI_Arange, 0, .params = {.f = {-1e308, 1e308, 1e-308}, .dtype = BW_F32},
       .status = BW_ELIMIT, .sentence = "more than 2^31 elements"},
      {"bools", BWI_Arange, 0, .params = {.f = {0, 5, 1}}, .status = BW_EFORMAT,
       .sentence = "0 is not a dtype to count in"},
      {"axis 2",
       BWI_NumberOfElements,
       1,
       {{BW_F32, {2, {2, 3}}}},
       {.v = {{1, {2}}}, .dtype = BW_F32},
       .status = BW_EFORMAT,
       .sentence = "axis 2 of an array of rank 2"},
      {"inverted 2",
       BWI_NumberOfElements,
       1,
       {{BW_F32, {2, {2, 3}}}},
       {.i = {2}, .dtype = BW_F32},
       .status = BW_EFORMAT,
       .sentence = "inverted 2, must be in [0, 1]"},
  };
  check_inference(rows, sizeof rows / sizeof *rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_inference)};
  return cmocka_run_group_tests_name("prim_constant", tests, NULL, NULL);
}
