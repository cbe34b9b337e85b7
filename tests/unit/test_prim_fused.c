/* SPDX-License-Identifier: Apache-2.0 */
#include "support/inference.h"
#include "support/unit.h"

static void test_inference(void **state) {
  (void)state;
  static const inference_row rows[] = {
      {"convolution with bias and residual", BWI_FusedConvolution, 4,
       .in =
           {{BW_F32, {3, {2, 9, 4}}}, {BW_F32, {3, {6, 3, 4}}}, {BW_F32, {1, {6}}}, {BW_F32, {3, {2, 7, 6}}}},
       .params = {.i = {1, 0, 1}, .v = {{1, {1}}, {1, {0}}, {1, {0}}, {1, {1}}, {1, {1}}}},
       .out = {BW_F32, {3, {2, 7, 6}}}},
      {"bias of other filters", BWI_FusedConvolution, 3,
       .in = {{BW_F32, {3, {2, 9, 4}}}, {BW_F32, {3, {6, 3, 4}}}, {BW_F32, {1, {5}}}},
       .params = {.i = {1, 0, 1}, .v = {{1, {1}}, {1, {0}}, {1, {0}}, {1, {1}}, {1, {1}}}},
       .status = BW_EFORMAT, .sentence = "the bias: shape (5,), must be (6,)"},
      {"activation 3", BWI_FusedConvolution, 3,
       .in = {{BW_F32, {3, {2, 9, 4}}}, {BW_F32, {3, {6, 3, 4}}}, {BW_F32, {1, {6}}}},
       .params = {.i = {1, 0, 3}, .v = {{1, {1}}, {1, {0}}, {1, {0}}, {1, {1}}, {1, {1}}}},
       .status = BW_EFORMAT, .sentence = "activation 3, must be in [0, 2]"},
      {"a mask that is not there", BWI_FusedConvolution, 3,
       .in = {{BW_F32, {3, {2, 9, 4}}}, {BW_F32, {3, {6, 3, 4}}}, {BW_F32, {1, {6}}}},
       .params = {.i = {1, 0, 2}, .v = {{1, {1}}, {1, {0}}, {1, {0}}, {1, {1}}, {1, {1}}}},
       .status = BW_EFORMAT, .sentence = "operands 3, must be in [4, 5]"},
      {"matmul with residual and mask", BWI_FusedMatmul, 5,
       .in = {{BW_F32, {2, {2, 3}}},
              {BW_F32, {2, {3, 4}}},
              {BW_F32, {1, {4}}},
              {BW_F32, {2, {2, 4}}},
              {BW_BOOL, {2, {2, 4}}}},
       .params = {.i = {2}}, .out = {BW_F32, {2, {2, 4}}}},
      {"mask of another shape", BWI_FusedMatmul, 4,
       .in = {{BW_F32, {2, {2, 3}}}, {BW_F32, {2, {3, 4}}}, {BW_F32, {1, {4}}}, {BW_BOOL, {1, {4}}}},
       .params = {.i = {2}}, .status = BW_EFORMAT, .sentence = "the mask: shape (4,), must be (2, 4)"},
      {"mask of floats", BWI_FusedMatmul, 4,
       .in = {{BW_F32, {2, {2, 3}}}, {BW_F32, {2, {3, 4}}}, {BW_F32, {1, {4}}}, {BW_F32, {2, {2, 4}}}},
       .params = {.i = {2}}, .status = BW_EFORMAT, .sentence = "the mask must be bool, not float32"},
      {"matmul", BWI_FusedMatmul, 3, .in = {{BW_F32, {2, {2, 3}}}, {BW_F32, {2, {3, 4}}}, {BW_F32, {1, {4}}}},
       .params = {.i = {1}}, .out = {BW_F32, {2, {2, 4}}}},
      {"matmul of batches", BWI_FusedMatmul, 3,
       .in = {{BW_F32, {2, {2, 3}}}, {BW_F32, {3, {2, 3, 4}}}, {BW_F32, {1, {4}}}}, .params = {.i = {1}},
       .status = BW_EFORMAT, .sentence = "the right operand: rank 3, must be in [2, 2]"},
      {"residual of another shape", BWI_FusedMatmul, 4,
       .in = {{BW_F32, {2, {2, 3}}}, {BW_F32, {2, {3, 4}}}, {BW_F32, {1, {4}}}, {BW_F32, {1, {4}}}},
       .params = {.i = {1}}, .status = BW_EFORMAT, .sentence = "the residual: shape (4,), must be (2, 4)"},
      {"max pool", BWI_MaxPool, 1, .in = {{BW_F32, {4, {1, 6, 7, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}}}, .out = {BW_F32, {4, {1, 3, 5, 2}}}},
      {"average pool", BWI_AvgPool, 1, .in = {{BW_F32, {4, {1, 6, 7, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}}}, .out = {BW_F32, {4, {1, 3, 5, 2}}}},
      {"a window greater than the image", BWI_AvgPool, 1, .in = {{BW_F32, {4, {1, 6, 7, 2}}}},
       .params = {.v = {{2, {7, 1}}, {2, {1, 1}}}}, .status = BW_EFORMAT,
       .sentence = "window 7, must be in [1, 6]"},
      {"stride 0", BWI_MaxPool, 1, .in = {{BW_F32, {4, {1, 6, 7, 2}}}},
       .params = {.v = {{2, {1, 1}}, {2, {0, 1}}}}, .status = BW_EFORMAT,
       .sentence = "stride 0, must be in [1, 2147483647]"},
      {"max pool gradient", BWI_MaxPoolGradient, 3,
       .in = {{BW_F32, {4, {1, 6, 7, 2}}}, {BW_F32, {4, {1, 3, 5, 2}}}, {BW_F32, {4, {1, 3, 5, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}}}, .out = {BW_F32, {4, {1, 6, 7, 2}}}},
      {"max pool gradient of another shape", BWI_MaxPoolGradient, 3,
       .in = {{BW_F32, {4, {1, 6, 7, 2}}}, {BW_F32, {4, {1, 3, 5, 2}}}, {BW_F32, {4, {1, 3, 4, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}}}, .status = BW_EFORMAT,
       .sentence = "the cotangent: shape (1, 3, 4, 2), must be (1, 3, 5, 2)"},
      {"average pool gradient", BWI_AvgPoolGradient, 1, .in = {{BW_F32, {4, {1, 3, 5, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}, {4, {1, 6, 7, 2}}}}, .out = {BW_F32, {4, {1, 6, 7, 2}}}},
      {"average pool gradient of another shape", BWI_AvgPoolGradient, 1, .in = {{BW_F32, {4, {1, 3, 4, 2}}}},
       .params = {.v = {{2, {2, 3}}, {2, {2, 1}}, {4, {1, 6, 7, 2}}}}, .status = BW_EFORMAT,
       .sentence = "the cotangent: shape (1, 3, 4, 2), must be (1, 3, 5, 2)"},
  };
  check_inference(rows, sizeof rows / sizeof *rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_inference)};
  return cmocka_run_group_tests_name("prim_fused", tests, NULL, NULL);
}
