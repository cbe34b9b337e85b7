/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: MLX 0.32.4 on the CPU; small integers, exact in float32. */
#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ONES1 \
  {           \
    1, {      \
      1       \
    }         \
  }
#define ZEROS1 \
  {            \
    1, {       \
      0        \
    }          \
  }
#define ONES2 \
  {           \
    2, {      \
      1, 1    \
    }         \
  }
#define ZEROS2 \
  {            \
    2, {       \
      0, 0     \
    }          \
  }
#define ONES3 \
  {           \
    3, {      \
      1, 1, 1 \
    }         \
  }
#define ZEROS3 \
  {            \
    3, {       \
      0, 0, 0  \
    }          \
  }

static void test_convolution(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "plane",
       .prim = BWI_Convolution,
       .params = {.i = {1}, .v = {ONES2, ZEROS2, ZEROS2, ONES2, ONES2}},
       .n_in = 2,
       .in = {HYPER(BW_F32, 1, 3, 3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9), HYPER(BW_F32, 1, 2, 2, 1, 1, 2, 3, 4)},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 37, 47, 67, 77)},
      {.name = "stride, padding, dilation, groups",
       .prim = BWI_Convolution,
       .params = {.i = {2}, .v = {{1, {2}}, {1, {1}}, {1, {1}}, {1, {2}}, ONES1}},
       .n_in = 2,
       .in = {CUBE(BW_F32, 1, 5, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), CUBE(BW_F32, 2, 2, 1, 1, 2, 3, 4)},
       .out = CUBE(BW_F32, 1, 3, 2, 6, 16, 17, 44, 7, 24)},
      {.name = "dilated input, flipped kernel",
       .prim = BWI_Convolution,
       .params = {.i = {1, 1}, .v = {ONES1, {1, {1}}, ZEROS1, ONES1, {1, {2}}}},
       .n_in = 2,
       .in = {CUBE(BW_F32, 1, 3, 1, 1, 2, 3), CUBE(BW_F32, 1, 2, 1, 1, 2)},
       .out = CUBE(BW_F32, 1, 5, 1, 1, 2, 2, 4, 3)},
      {.name = "uneven plane",
       .prim = BWI_Convolution,
       .params = {.i = {1}, .v = {{2, {1, 2}}, {2, {0, 1}}, {2, {0, 1}}, ONES2, ONES2}},
       .n_in = 2,
       .in = {HYPER(BW_F32, 1, 2, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
              HYPER(BW_F32, 2, 1, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8)},
       .out = HYPER(BW_F32, 1, 2, 2, 2, 11, 23, 50, 122, 53, 113, 110, 278)},
      {.name = "space",
       .prim = BWI_Convolution,
       .params = {.i = {1}, .v = {ONES3, ZEROS3, ZEROS3, ONES3, ONES3}},
       .n_in = 2,
       .in = {{BW_BF16, {5, {1, 2, 2, 2, 1}}, {1, 2, 3, 4, 5, 6, 7, 8}},
              {BW_BF16, {5, {1, 2, 2, 2, 1}}, {1, 2, 3, 4, 5, 6, 7, 8}}},
       .out = {BW_BF16, {5, {1, 1, 1, 1, 1}}, {204}}},
      {.name = "bias, residual, activation",
       .prim = BWI_FusedConvolution,
       .params = {.i = {1, 0, 1}, .v = {ONES1, ZEROS1, ZEROS1, ONES1, ONES1}},
       .n_in = 4,
       .in = {CUBE(BW_F32, 1, 2, 1, 1, 2), CUBE(BW_F32, 2, 1, 1, 1, -1), VECTOR(BW_F32, 2, 1, -1),
              CUBE(BW_F32, 1, 2, 2, 0, 5, -9, 5)},
       .out = CUBE(BW_F32, 1, 2, 2, 2, 3, 0, 2)},
      {.name = "bias, mask",
       .prim = BWI_FusedConvolution,
       .params = {.i = {1, 0, 2}, .v = {ONES1, ZEROS1, ZEROS1, ONES1, ONES1}},
       .n_in = 4,
       .in = {CUBE(BW_F32, 1, 2, 1, 1, 2), CUBE(BW_F32, 2, 1, 1, 1, -1), VECTOR(BW_F32, 2, 1, -1),
              CUBE(BW_BOOL, 1, 2, 2, 1, 1, 0, 0)},
       .out = CUBE(BW_F32, 1, 2, 2, 2, -2, 0, 0)},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_convolution)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
