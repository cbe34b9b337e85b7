/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/resample.h"

#include <math.h>

#include "base/rng.h"
#include "support/unit.h"

enum { MOST = 3 * 9 * 7 };

static const struct {
  uint32_t rank;
  int64_t shape[3];
} shapes[] = {{2, {9, 7}}, {3, {9, 7, 3}}, {3, {3, 9, 7}}, {3, {9, 7, 1}}};

static const bwi_resample maps[][2] = {
    {{9, 9, 9, 0}, {7, 7, 7, 0}},   /* nothing happens */
    {{9, 10, 12, 1}, {7, 8, 9, 0}}, /* larger, padded, back */
    {{9, 6, 9, 3}, {7, 5, 7, 1}},   /* smaller */
    {{9, 30, 36, 6}, {7, 7, 28, 21}},
};

static double dot(uint64_t n, const float *a, const float *b) {
  double sum = 0;
  for (uint64_t j = 0; j < n; j++) sum += (double)a[j] * (double)b[j];
  return sum;
}

static void test_line(void **state) {
  (void)state;
  static const float x[2 * 4] = {1, 2, 3, 4, 5, 6, 7, 8};
  static const int64_t shape[2] = {2, 4};
  const bwi_layout l = bwi_layout_of(2, shape);
  const bwi_resample rows = {2, 2, 2, 0};
  static const struct {
    bwi_resample columns;
    float shown[4], back[4]; /* of the first row */
  } cases[] = {
      {{4, 4, 4, 0}, {1, 2, 3, 4}, {1, 2, 3, 4}},
      {{4, 4, 8, 2}, {0, 1, 3, 0}, {2, 0, 3, 0}}, /* every second pixel of 0 0 1 2 3 4 0 0 */
      {{4, 2, 4, 1}, {0, 1, 3, 0}, {2, 0, 3, 0}},
      {{4, 8, 8, 0}, {1, 2, 3, 4}, {1, 2, 3, 4}},
      {{4, 6, 8, 2}, {0, 1, 2, 3}, {2, 3, 4, 0}}, /* of 0 0 1 1 2 3 3 4 */
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    float out[8];
    bwi_resample_show(&l, &rows, &cases[k].columns, x, out);
    for (int j = 0; j < 4; j++)
      if (out[j] != cases[k].shown[j]) fail_msg("case %d shows %g at %d", (int)k, (double)out[j], j);
    bwi_resample_back(&l, &rows, &cases[k].columns, x, out);
    for (int j = 0; j < 4; j++)
      if (out[j] != cases[k].back[j]) fail_msg("case %d brings %g back to %d", (int)k, (double)out[j], j);
  }
}

/* <A x, y> = <x, A' y>. */
static void test_adjoint(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
      const bwi_layout l = bwi_layout_of(shapes[k].rank, shapes[k].shape);
      const uint64_t d = l.height * l.width * l.channels;
      float x[MOST], y[MOST], shown[MOST], back[MOST];
      bwi_rng_normal(x, d, (bwi_rng_key){.seed = 1}, (uint32_t)m);
      bwi_rng_normal(y, d, (bwi_rng_key){.seed = 2}, (uint32_t)m);
      bwi_resample_show(&l, &maps[m][0], &maps[m][1], x, shown);
      bwi_resample_back(&l, &maps[m][0], &maps[m][1], y, back);
      /* sums of up to six floats in `back` round by 1e-7 of terms of size 1, of which there are 189 */
      if (fabs(dot(d, shown, y) - dot(d, x, back)) > 1e-5) fail_msg("shape %d, map %d", (int)k, (int)m);
    }
}

/* Channels stay apart, and both orders of axes show the same picture. */
static void test_layouts(void **state) {
  (void)state;
  const bwi_layout last = bwi_layout_of(3, shapes[1].shape), first = bwi_layout_of(3, shapes[2].shape);
  float x[MOST], turned[MOST], shown[MOST], shown_turned[MOST];
  bwi_rng_normal(x, MOST, (bwi_rng_key){.seed = 3}, 0);
  for (uint64_t p = 0; p < 63; p++)
    for (uint64_t c = 0; c < 3; c++) turned[c * 63 + p] = x[p * 3 + c];
  bwi_resample_show(&last, &maps[1][0], &maps[1][1], x, shown);
  bwi_resample_show(&first, &maps[1][0], &maps[1][1], turned, shown_turned);
  for (uint64_t p = 0; p < 63; p++)
    for (uint64_t c = 0; c < 3; c++) assert_true(shown_turned[c * 63 + p] == shown[p * 3 + c]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line),
      cmocka_unit_test(test_adjoint),
      cmocka_unit_test(test_layouts),
  };
  return cmocka_run_group_tests_name("attack_resample", tests, NULL, NULL);
}
