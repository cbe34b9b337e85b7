/* SPDX-License-Identifier: Apache-2.0 */
/* Products in bfloat16: exact for bfloat16 numbers but for the order of sums, and of the right size of error
 * for others. */
#include <math.h>

#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(...) \
  { BW_F32, {__VA_ARGS__}, ANY, false, 0 }
#define WEIGHTS(...) \
  { BW_F32, {__VA_ARGS__}, ANY, true, 0 }

/* Half a unit of a partial result a term, which add up like a random walk; the longest row has 2,304 terms.
 */
#define SUM .units = 24, .sums = true
#define PRODUCT(text, ...) \
  { .name = text, .prim = BWI_Matmul, .n_in = 2, .in = {__VA_ARGS__}, SUM }

static void test_products(void **state) {
  (void)state;
  static const versus_row rows[] = {
      PRODUCT("whole tiles", F32(2, {BATCH, 256}), WEIGHTS(2, {256, 64})),
      PRODUCT("one column", F32(2, {BATCH, 128}), WEIGHTS(2, {128, 1})),
      PRODUCT("a column more than a tile", F32(2, {BATCH, 130}), WEIGHTS(2, {130, 17})),
      PRODUCT("a column more than a panel", F32(2, {BATCH, 129}), WEIGHTS(2, {129, 33})),
      PRODUCT("an odd number of elements", F32(2, {BATCH, 159}), WEIGHTS(2, {159, 48})),
      PRODUCT("deeper than a segment", F32(2, {BATCH, 777}), WEIGHTS(2, {777, 100})),
      PRODUCT("more rows than a block", F32(3, {BATCH, 99, 140}), WEIGHTS(2, {140, 10})),
      PRODUCT("a row more than a tile", F32(3, {BATCH, 17, 140}), WEIGHTS(2, {140, 40})),
  };
  check_versus_bfloat16(rows, COUNT(rows));
}

static void test_epilogues(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "bias, residual, max",
       .prim = BWI_FusedMatmul,
       .params = {.i = {1}},
       .n_in = 4,
       .in = {F32(2, {BATCH, 300}), WEIGHTS(2, {300, 35}), WEIGHTS(1, {35}), F32(2, {BATCH, 35})},
       SUM},
      {.name = "bias, residual, mask",
       .prim = BWI_FusedMatmul,
       .params = {.i = {2}},
       .n_in = 5,
       .in = {F32(2, {BATCH, 300}),
              WEIGHTS(2, {300, 35}),
              WEIGHTS(1, {35}),
              F32(2, {BATCH, 35}),
              {BW_BOOL, {2, {BATCH, 35}}, ANY, false, 0}},
       SUM},
  };
  check_versus_bfloat16(rows, COUNT(rows));
}

#define SQUARE(stride, pad, input_dilation) \
  .v = {{2, {stride, stride}},              \
        {2, {pad, pad}},                    \
        {2, {pad, pad}},                    \
        {2, {1, 1}},                        \
        {2, {input_dilation, input_dilation}}}

static void test_convolutions(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "3 x 3",
       .prim = BWI_Convolution,
       .params = {.i = {1}, SQUARE(1, 1, 1)},
       .n_in = 2,
       .in = {F32(4, {BATCH, 7, 6, 32}), WEIGHTS(4, {40, 3, 3, 32})},
       SUM},
      {.name = "stride 2",
       .prim = BWI_Convolution,
       .params = {.i = {1}, SQUARE(2, 1, 1)},
       .n_in = 2,
       .in = {F32(4, {BATCH, 8, 9, 16}), WEIGHTS(4, {20, 4, 4, 16})},
       SUM},
      {.name = "gradient of stride 2, segments of odd lengths",
       .prim = BWI_Convolution,
       .params = {.i = {1, 1}, SQUARE(1, 2, 2)},
       .n_in = 2,
       .in = {F32(4, {BATCH, 4, 5, 35}), WEIGHTS(4, {16, 4, 4, 35})},
       SUM},
      {.name = "two groups",
       .prim = BWI_Convolution,
       .params = {.i = {2}, SQUARE(1, 1, 1)},
       .n_in = 2,
       .in = {F32(4, {BATCH, 5, 6, 32}), WEIGHTS(4, {34, 3, 3, 16})},
       SUM},
      {.name = "deep",
       .prim = BWI_Convolution,
       .params = {.i = {1}, SQUARE(1, 1, 1)},
       .n_in = 2,
       .in = {F32(4, {BATCH, 4, 4, 256}), WEIGHTS(4, {16, 3, 3, 256})},
       SUM},
  };
  check_versus_bfloat16(rows, COUNT(rows));
}

/* Rounding to nearest even, in every place of a row, with rest and without. */
static void test_rounding(void **state) {
  (void)state;
  const bwi_simd *simd = bwi_simd_bfloat16();
  if (simd == NULL) {
    print_message("SKIP bfloat16: the processor lacks it\n");
    return;
  }
  static const struct {
    float value;
    uint16_t bits;
  } cases[] = {{1.0f, 0x3f80},        {1.00390625f, 0x3f80}, {1.01171875f, 0x3f82},
               {1.00390637f, 0x3f81}, {-2.5f, 0xc020},       {0.0f, 0x0000},
               {-0.0f, 0x8000},       {INFINITY, 0x7f80},    {3.4e38f, 0x7f80}};
  for (int64_t length = 1; length <= 64; length++) {
    float row[64];
    _Alignas(64) uint16_t out[16 * 64];
    const float *rows[] = {row};
    const bwi_segment segment = {0, length};
    for (int64_t k = 0; k < length; k++) row[k] = cases[(size_t)k % COUNT(cases)].value;
    const int64_t depth = (length + 31) / 32 * 32;
    simd->narrow(&(bwi_narrow){1, 1, rows, &segment, depth, out});
    for (int64_t k = 0; k < 16 * depth; k++)
      assert_int_equal(out[k], k < length ? cases[(size_t)k % COUNT(cases)].bits : 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products),
      cmocka_unit_test(test_epilogues),
      cmocka_unit_test(test_convolutions),
      cmocka_unit_test(test_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
