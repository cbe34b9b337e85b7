/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/blur.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

enum { MOST = 3 * 9 * 7 };

static void test_gaussian(void **state) {
  (void)state;
  float w[BWI_MAX_KERNEL];
  bwi_gaussian(15, 3, w);
  double sum = 0;
  for (int k = 0; k < 15; k++) {
    const double at = 3 * (k - 7) / 7.0;
    assert_float_equal(w[k] / w[7], exp(-at * at / 2), 1e-6); /* quotients of floats */
    assert_true(w[k] == w[14 - k]);
    sum += (double)w[k];
  }
  assert_float_equal(sum, 1, 1e-6);
  bwi_gaussian(1, 3, w);
  assert_true(w[0] == 1);
  bwi_gaussian(5, 0, w);
  for (int k = 0; k < 5; k++) assert_true(w[k] == 0.2F);
}

static uint64_t at(const bwi_layout *l, uint64_t row, uint64_t column, uint64_t c) {
  return row * l->row_step + column * l->column_step + c * l->channel_step;
}

/* As the definition says: sum over the window of the two-dimensional kernel. */
static double convolved(const bwi_layout *l, int length, const float *w, const float *x, uint64_t row,
                        uint64_t column, uint64_t c) {
  double sum = 0;
  for (int a = 0; a < length; a++)
    for (int b = 0; b < length; b++) {
      const int64_t r = (int64_t)row + a - length / 2, s = (int64_t)column + b - length / 2;
      if (r < 0 || s < 0 || r >= (int64_t)l->height || s >= (int64_t)l->width) continue;
      sum += (double)w[a] * (double)w[b] * (double)x[at(l, (uint64_t)r, (uint64_t)s, c)];
    }
  return sum;
}

static void test_convolution(void **state) {
  (void)state;
  static const struct {
    uint32_t rank;
    int64_t shape[3];
  } shapes[] = {{2, {9, 7}}, {3, {9, 7, 3}}, {3, {3, 9, 7}}};
  static const uint32_t lengths[] = {1, 3, 15, 63}; /* the last two reach over all of the picture */
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    for (size_t m = 0; m < sizeof lengths / sizeof *lengths; m++) {
      const bwi_layout l = bwi_layout_of(shapes[k].rank, shapes[k].shape);
      float w[BWI_MAX_KERNEL], x[MOST], blurred[MOST], scratch[MOST];
      bwi_gaussian(lengths[m], 3, w);
      bwi_rng_normal(x, MOST, (bwi_rng_key){.seed = 4}, 0);
      memcpy(blurred, x, sizeof x);
      bwi_blur(&l, lengths[m], w, blurred, scratch);
      for (uint64_t row = 0; row < l.height; row++)
        for (uint64_t column = 0; column < l.width; column++)
          for (uint64_t c = 0; c < l.channels; c++) {
            const double wanted = convolved(&l, (int)lengths[m], w, x, row, column, c);
            /* sums of floats whose sizes add up to less than 3 */
            if (fabs((double)blurred[at(&l, row, column, c)] - wanted) > 1e-6)
              fail_msg("shape %d, kernel %d", (int)k, (int)lengths[m]);
          }
    }
}

/* <K x, y> = <x, K y>: what ends at a shifted picture's gradient is the shifted gradient. */
static void test_is_its_own_adjoint(void **state) {
  (void)state;
  static const int64_t shape[3] = {9, 7, 3};
  const bwi_layout l = bwi_layout_of(3, shape);
  float w[BWI_MAX_KERNEL], x[MOST], y[MOST], blurred_x[MOST], blurred_y[MOST], scratch[MOST];
  bwi_gaussian(5, 3, w);
  bwi_rng_normal(x, MOST, (bwi_rng_key){.seed = 5}, 0);
  bwi_rng_normal(y, MOST, (bwi_rng_key){.seed = 5}, 1);
  memcpy(blurred_x, x, sizeof x);
  memcpy(blurred_y, y, sizeof y);
  bwi_blur(&l, 5, w, blurred_x, scratch);
  bwi_blur(&l, 5, w, blurred_y, scratch);
  double one = 0, other = 0;
  for (int j = 0; j < MOST; j++) {
    one += (double)blurred_x[j] * (double)y[j];
    other += (double)x[j] * (double)blurred_y[j];
  }
  assert_float_equal(one, other, 1e-5); /* 189 terms of size 1, each rounded by 1e-7 */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gaussian),
      cmocka_unit_test(test_convolution),
      cmocka_unit_test(test_is_its_own_adjoint),
  };
  return cmocka_run_group_tests_name("attack_blur", tests, NULL, NULL);
}
