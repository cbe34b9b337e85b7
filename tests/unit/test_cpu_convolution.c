/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define IMAGE(...) \
  { BW_F32, {4, {BATCH, __VA_ARGS__}}, ANY, false, 0 }
#define MASK(...) \
  { BW_BOOL, {4, {BATCH, __VA_ARGS__}}, ANY, false, 0 }
#define FILTERS(...) \
  { BW_F32, {4, {__VA_ARGS__}}, ANY, true, 0 }
#define LINE(...) \
  { BW_F32, {3, {BATCH, __VA_ARGS__}}, ANY, false, 0 }
#define LINE_FILTERS(...) \
  { BW_F32, {3, {__VA_ARGS__}}, ANY, true, 0 }
#define VECTOR(n) \
  { BW_F32, {1, {n}}, ANY, true, 0 }

/* Strides, padding before and after, dilation of the kernel and of the input, the same for both axes. */
#define PLANE(stride, low, high, dilation, input_dilation) \
  .v = {                                                   \
      {2, {stride, stride}},                               \
      {2, {low, low}},                                     \
      {2, {high, high}},                                   \
      {2, {dilation, dilation}},                           \
      {2, {input_dilation, input_dilation}},               \
  }

/* A sum in another order than the reference's: half a unit of a partial result a term, which add up like a
 * random walk; the longest row has 1,500 terms. */
#define SUM .units = 16, .sums = true
/* The points' sums cancel when they are transformed back, so their rounding errors count several times.
 * Measured: at most 40 units of the root mean square for 3 x 3 kernels, fewer for larger ones. */
#define POINTS .units = 80, .sums = true
/* Chains of 256 and 512 channels instead of 16 to 70. Measured: 90 units without fused multiply-adds. */
#define DEEP_POINTS .units = 150, .sums = true

#define CONVOLUTION(text, ...) \
  .name = text, .prim = BWI_Convolution, .n_in = 2, .params = {.i = {1}, __VA_ARGS__}

static void test_direct(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {CONVOLUTION("one pixel", PLANE(1, 0, 0, 1, 1)), .in = {IMAGE(1, 1, 5), FILTERS(7, 1, 1, 5)}, SUM},
      {CONVOLUTION("1 x 1", PLANE(1, 0, 0, 1, 1)), .in = {IMAGE(5, 4, 33), FILTERS(20, 1, 1, 33)}, SUM},
      {CONVOLUTION("1 x 1 of stride 2", PLANE(2, 0, 0, 1, 1)), .in = {IMAGE(6, 5, 8), FILTERS(6, 1, 1, 8)},
       SUM},
      {CONVOLUTION("one channel", PLANE(1, 2, 2, 1, 1)), .in = {IMAGE(9, 8, 1), FILTERS(32, 5, 5, 1)}, SUM},
      {CONVOLUTION("stride 2", PLANE(2, 1, 1, 1, 1)), .in = {IMAGE(8, 10, 16), FILTERS(32, 4, 4, 16)}, SUM},
      {CONVOLUTION("stride 3, uneven padding", PLANE(3, 2, 1, 1, 1)),
       .in = {IMAGE(8, 7, 3), FILTERS(5, 3, 4, 3)}, SUM},
      {CONVOLUTION("dilated kernel", PLANE(1, 2, 3, 2, 1)), .in = {IMAGE(7, 9, 4), FILTERS(70, 3, 2, 4)},
       SUM},
      {CONVOLUTION("dilated input", PLANE(1, 1, 2, 1, 2)), .in = {IMAGE(4, 5, 6), FILTERS(16, 3, 4, 6)}, SUM},
      {CONVOLUTION("dilated input, stride 2", PLANE(2, 2, 2, 1, 3)),
       .in = {IMAGE(4, 5, 6), FILTERS(9, 3, 4, 6)}, SUM},
      {CONVOLUTION("everything dilated", PLANE(3, 4, 5, 2, 4)), .in = {IMAGE(5, 5, 2), FILTERS(9, 3, 5, 2)},
       SUM},
      {CONVOLUTION("phases without taps", PLANE(1, 0, 0, 1, 3)),
       .in = {IMAGE(4, 3, 10), FILTERS(8, 1, 1, 10)}, SUM},
      {CONVOLUTION("taps that meet only zeros", PLANE(1, 1, 1, 2, 2)),
       .in = {IMAGE(4, 3, 5), FILTERS(8, 2, 2, 5)}, SUM},
      {CONVOLUTION("more padding than image", PLANE(1, 6, 7, 1, 1)),
       .in = {IMAGE(2, 1, 3), FILTERS(8, 3, 3, 3)}, SUM},
      {CONVOLUTION("deeper than a segment", PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(3, 2, 300), FILTERS(8, 2, 2, 300)}, SUM},
      {CONVOLUTION("many filters", PLANE(1, 0, 0, 1, 1)), .in = {IMAGE(3, 3, 4), FILTERS(150, 2, 2, 4)}, SUM},
  };
  check_versus(rows, COUNT(rows));
}

static void test_gradients(void **state) {
  (void)state;
#define FLIPPED(text, ...) \
  .name = text, .prim = BWI_Convolution, .n_in = 2, .params = {.i = {1, 1}, __VA_ARGS__ }
  static const versus_row rows[] = {
      {FLIPPED("by Winograd, passing weights", PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(3, 3, 512), FILTERS(49, 3, 3, 512)}, DEEP_POINTS},
      {FLIPPED("of 3 x 3", PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(6, 5, 8), FILTERS(7, 3, 3, 8)}, SUM},
      {FLIPPED("of stride 2", PLANE(1, 2, 2, 1, 2)), .in = {IMAGE(4, 5, 32), FILTERS(16, 4, 4, 32)}, SUM},
      {FLIPPED("of stride 3 and dilation 2", PLANE(1, 4, 5, 2, 3)),
       .in = {IMAGE(3, 4, 8), FILTERS(16, 3, 3, 8)}, SUM},
      {FLIPPED("to one channel", PLANE(1, 2, 2, 1, 1)), .in = {IMAGE(7, 9, 32), FILTERS(1, 5, 5, 32)}, SUM},
      {FLIPPED("to one channel, stride 2", PLANE(1, 2, 2, 1, 2)),
       .in = {IMAGE(7, 6, 16), FILTERS(1, 4, 4, 16)}, SUM},
      {FLIPPED("to three channels", PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(6, 8, 20), FILTERS(3, 3, 3, 20)},
       SUM},
      {FLIPPED("to four channels, stride 3", PLANE(1, 4, 3, 1, 3)),
       .in = {IMAGE(5, 4, 6), FILTERS(4, 5, 3, 6)}, SUM},
      {FLIPPED("to two channels, dilated", PLANE(1, 3, 1, 2, 2)), .in = {IMAGE(5, 6, 6), FILTERS(2, 3, 4, 6)},
       SUM},
      {CONVOLUTION("to two channels, not flipped", PLANE(1, 1, 2, 1, 1)),
       .in = {IMAGE(5, 6, 6), FILTERS(2, 3, 4, 6)}, SUM},
      {FLIPPED("to a line of 130", PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(2, 130, 4), FILTERS(1, 3, 3, 4)}, SUM},
      {CONVOLUTION("to three channels, stride 2", PLANE(2, 1, 2, 1, 1)),
       .in = {IMAGE(7, 10, 9), FILTERS(3, 3, 4, 9)}, SUM},
      {CONVOLUTION("to two channels, stride 2 of input dilated by 3", PLANE(2, 2, 2, 1, 3)),
       .in = {IMAGE(4, 5, 20), FILTERS(2, 3, 4, 20)}, SUM},
      {FLIPPED("to one channel, deeper than a segment", PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(3, 18, 300), FILTERS(1, 2, 2, 300)}, SUM},
      {FLIPPED("to more than is reached", PLANE(1, 1, 9, 1, 2)), .in = {IMAGE(2, 3, 4), FILTERS(1, 2, 2, 4)},
       SUM},
  };
#undef FLIPPED
  check_versus(rows, COUNT(rows));
}

static void test_groups(void **state) {
  (void)state;
#define GROUPED(text, n, ...) \
  .name = text, .prim = BWI_Convolution, .n_in = 2, .params = {.i = {n}, __VA_ARGS__ }
  static const versus_row rows[] = {
      {GROUPED("two groups", 2, PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(5, 6, 8), FILTERS(34, 3, 3, 4)}, SUM},
      {GROUPED("each channel by itself", 6, PLANE(2, 1, 1, 1, 1)),
       .in = {IMAGE(5, 6, 6), FILTERS(6, 3, 3, 1)}, SUM},
      {GROUPED("two filters a channel", 3, PLANE(1, 1, 0, 1, 2)), .in = {IMAGE(5, 6, 3), FILTERS(6, 3, 3, 1)},
       SUM},
  };
#undef GROUPED
  check_versus(rows, COUNT(rows));
}

static void test_one_axis(void **state) {
  (void)state;
#define AXIS(stride, low, high, dilation, input_dilation) \
  .v = { {1, {stride}}, {1, {low}}, {1, {high}}, {1, {dilation}}, {1, {input_dilation}} }
  static const versus_row rows[] = {
      {CONVOLUTION("line", AXIS(1, 1, 1, 1, 1)), .in = {LINE(9, 5), LINE_FILTERS(12, 3, 5)}, SUM},
      {CONVOLUTION("line of stride 2", AXIS(2, 0, 1, 2, 1)), .in = {LINE(11, 20), LINE_FILTERS(18, 4, 20)},
       SUM},
      {CONVOLUTION("dilated line", AXIS(1, 2, 0, 1, 2)), .in = {LINE(6, 7), LINE_FILTERS(1, 3, 7)}, SUM},
  };
#undef AXIS
  check_versus(rows, COUNT(rows));
}

static void test_winograd(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {CONVOLUTION("3 x 3", PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(8, 8, 16), FILTERS(16, 3, 3, 16)}, POINTS},
      {CONVOLUTION("3 x 3, no padding", PLANE(1, 0, 0, 1, 1)),
       .in = {IMAGE(6, 10, 17), FILTERS(33, 3, 3, 17)}, POINTS},
      {CONVOLUTION("3 x 3, tiles over the edge", PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(7, 11, 20), FILTERS(70, 3, 3, 20)}, POINTS},
      {CONVOLUTION("3 x 3, one tile", PLANE(1, 1, 1, 1, 1)), .in = {IMAGE(4, 4, 40), FILTERS(24, 3, 3, 40)},
       POINTS},
      {CONVOLUTION("4 x 4, uneven padding", PLANE(1, 2, 1, 1, 1)),
       .in = {IMAGE(9, 12, 16), FILTERS(16, 4, 4, 16)}, POINTS},
      {CONVOLUTION("5 x 5", PLANE(1, 2, 2, 1, 1)), .in = {IMAGE(6, 8, 16), FILTERS(20, 5, 5, 16)}, POINTS},
      {.name = "3 x 3, flipped",
       .prim = BWI_Convolution,
       .n_in = 2,
       .params = {.i = {1, 1}, PLANE(1, 1, 1, 1, 1)},
       .in = {IMAGE(8, 4, 16), FILTERS(18, 3, 3, 16)},
       POINTS},
      {.name = "5 x 5, flipped",
       .prim = BWI_Convolution,
       .n_in = 2,
       .params = {.i = {1, 1}, PLANE(1, 3, 1, 1, 1)},
       .in = {IMAGE(6, 6, 16), FILTERS(16, 5, 5, 16)},
       POINTS},
  };
  check_versus(rows, COUNT(rows));
}

static void test_fused(void **state) {
  (void)state;
#define FUSED(text, n, activation, ...) \
  .name = text, .prim = BWI_FusedConvolution, .n_in = n, .params = {.i = {1, 0, activation}, __VA_ARGS__ }
  static const versus_row rows[] = {
      {FUSED("direct, bias", 3, 0, PLANE(2, 1, 1, 1, 1)),
       .in = {IMAGE(7, 6, 5), FILTERS(21, 3, 3, 5), VECTOR(21)}, SUM},
      {FUSED("direct, all", 4, 1, PLANE(2, 1, 1, 1, 1)),
       .in = {IMAGE(7, 6, 5), FILTERS(21, 3, 3, 5), VECTOR(21), IMAGE(4, 3, 21)}, SUM},
      {FUSED("direct, all, deep", 4, 1, PLANE(1, 0, 0, 1, 1)),
       .in = {IMAGE(3, 3, 200), FILTERS(5, 2, 2, 200), VECTOR(5), IMAGE(2, 2, 5)}, SUM},
      {.name = "direct, two groups, all",
       .prim = BWI_FusedConvolution,
       .n_in = 4,
       .params = {.i = {2, 0, 1}, PLANE(1, 1, 1, 1, 1)},
       .in = {IMAGE(3, 4, 6), FILTERS(8, 3, 3, 3), VECTOR(8), IMAGE(3, 4, 8)},
       SUM},
      {FUSED("direct, mask", 4, 2, PLANE(2, 1, 1, 1, 1)),
       .in = {IMAGE(7, 6, 5), FILTERS(21, 3, 3, 5), VECTOR(21), MASK(4, 3, 21)}, SUM},
      {FUSED("direct, residual and mask", 5, 2, PLANE(2, 1, 1, 1, 1)),
       .in = {IMAGE(7, 6, 5), FILTERS(21, 3, 3, 5), VECTOR(21), IMAGE(4, 3, 21), MASK(4, 3, 21)}, SUM},
      {FUSED("Winograd, residual and mask", 5, 2, PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(8, 7, 16), FILTERS(21, 3, 3, 16), VECTOR(21), IMAGE(8, 7, 21), MASK(8, 7, 21)}, POINTS},
      {FUSED("to one channel, bias", 3, 0, PLANE(1, 1, 1, 1, 2)),
       .in = {IMAGE(4, 3, 6), FILTERS(1, 3, 3, 6), VECTOR(1)}, SUM},
      {FUSED("Winograd, bias", 3, 0, PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(8, 7, 16), FILTERS(21, 3, 3, 16), VECTOR(21)}, POINTS},
      {FUSED("Winograd, passing weights, residual and mask", 5, 2, PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(5, 4, 256), FILTERS(100, 3, 3, 256), VECTOR(100), IMAGE(5, 4, 100), MASK(5, 4, 100)},
       DEEP_POINTS},
      {FUSED("Winograd, all", 4, 1, PLANE(1, 1, 1, 1, 1)),
       .in = {IMAGE(8, 7, 16), FILTERS(21, 3, 3, 16), VECTOR(21), IMAGE(8, 7, 21)}, POINTS},
  };
#undef FUSED
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_direct),   cmocka_unit_test(test_gradients), cmocka_unit_test(test_groups),
      cmocka_unit_test(test_one_axis), cmocka_unit_test(test_winograd),  cmocka_unit_test(test_fused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
