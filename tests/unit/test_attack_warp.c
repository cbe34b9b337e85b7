/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "attack/warp.h"
#include "base/rng.h"
#include "support/unit.h"

enum { MOST = 3 * 8 * 9 };

static const int64_t shapes[][3] = {{8, 8, 1}, {7, 9, 3}, {3, 8, 9}, {9, 4, 1}};

static const struct {
  double angle, scale, down, right;
} warps[] = {{0, 1, 0, 0},         {0.4, 1, 2, -1.5}, {-2, 0.6, -0.3, 1.7}, {0.1, 2.5, 0, 3},
             {1.5707963, 1, 0, 0}, {0, 0.3, 9, 9},    {0.7, 0.05, 1, 1}};

static void test_back_is_the_adjoint(void **state) {
  (void)state;
  float x[MOST], y[MOST], shown[MOST], carried[MOST];
  bwi_rng_normal(x, MOST, (bwi_rng_key){.seed = 1}, 0);
  bwi_rng_normal(y, MOST, (bwi_rng_key){.seed = 1}, 1);
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (size_t w = 0; w < sizeof warps / sizeof *warps; w++) {
      const bwi_layout l = bwi_layout_of(3, shapes[s]);
      const bwi_warp warp = bwi_warp_of(&l, warps[w].angle, warps[w].scale, warps[w].down, warps[w].right);
      double left = 0, right = 0, size = 0;
      bwi_warp_show(&l, &warp, x, shown);
      bwi_warp_back(&l, &warp, y, carried);
      for (uint64_t j = 0; j < l.height * l.width * l.channels; j++) {
        left += (double)shown[j] * (double)y[j];
        right += (double)x[j] * (double)carried[j];
        size += fabs((double)shown[j] * (double)y[j]);
      }
      /* Sums of at most d terms that round by 6e-8 each. */
      if (!(fabs(left - right) <= 1e-6 * (size + 1))) fail_msg("shape %d, warp %d", (int)s, (int)w);
    }
}

/* Whole pixels move exactly; what comes in is zero. */
static void test_moves_whole_pixels(void **state) {
  (void)state;
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const bwi_layout l = bwi_layout_of(3, shapes[s]);
    float x[MOST], out[MOST];
    bwi_rng_normal(x, MOST, (bwi_rng_key){.seed = 2}, 0);
    const bwi_warp warp = bwi_warp_of(&l, 0, 1, 2, -1);
    bwi_warp_show(&l, &warp, x, out);
    for (uint64_t r = 0; r < l.height; r++)
      for (uint64_t c = 0; c < l.width; c++)
        for (uint64_t k = 0; k < l.channels; k++) {
          const uint64_t at = r * l.row_step + c * l.column_step + k * l.channel_step;
          const bool inside = r >= 2 && c + 1 < l.width;
          const float wanted = inside ? x[at - 2 * l.row_step + l.column_step] : 0;
          assert_float_equal(out[at], wanted, 0);
        }
  }
}

/* A quarter turn against the clock takes the right edge to the top. */
static void test_turns_against_the_clock(void **state) {
  (void)state;
  static const int64_t shape[3] = {3, 3, 1};
  static const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, wanted[9] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
  const bwi_layout l = bwi_layout_of(3, shape);
  float out[9];
  const bwi_warp warp = bwi_warp_of(&l, acos(-1) / 2, 1, 0, 0);
  bwi_warp_show(&l, &warp, x, out);
  for (int j = 0; j < 9; j++) assert_float_equal(out[j], wanted[j], 1e-5); /* the cosine is not quite 0 */
}

/* Half as large, a picture of ones covers half of each side, and its centre stays one. */
static void test_scales(void **state) {
  (void)state;
  static const int64_t shape[3] = {8, 8, 1};
  const bwi_layout l = bwi_layout_of(3, shape);
  float x[64], out[64];
  double sum = 0;
  for (int j = 0; j < 64; j++) x[j] = 1;
  const bwi_warp warp = bwi_warp_of(&l, 0, 0.5, 0, 0);
  bwi_warp_show(&l, &warp, x, out);
  for (int j = 0; j < 64; j++) sum += (double)out[j];
  assert_float_equal(out[3 * 8 + 3], 1, 0);
  assert_float_equal(out[0], 0, 0);
  assert_float_equal(sum, 16, 1e-5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_back_is_the_adjoint),
      cmocka_unit_test(test_moves_whole_pixels),
      cmocka_unit_test(test_turns_against_the_clock),
      cmocka_unit_test(test_scales),
  };
  return cmocka_run_group_tests_name("attack_warp", tests, NULL, NULL);
}
