/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/adam.h"
#include "attack/tanh_descent.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

enum { D = 9 };

static const bw_attack descends = {.class = &bwi_cw};

/* A batch of one sample in the box [lower, upper]; the arrays last until the next call. */
static bwi_batch batch_in(float lower, float upper) {
  static float x[D], slope[D], state[BWI_TANH_ROWS * D];
  return (bwi_batch){.attack = &descends,
                     .ball = {.norm = BW_L2, .radius = 1, .lower = lower, .upper = upper, .d = D},
                     .n = 1,
                     .x = x,
                     .slope = slope,
                     .state = state};
}

static const float boxes[][2] = {{0, 1}, {-1, 1}, {0, 255}, {-10, 10}};
enum { N_BOXES = sizeof boxes / sizeof *boxes };

/* Half a millionth of the width from the pull to grey, and the rounding of numbers as great as the box. */
static void test_starts_where_told(void **state) {
  (void)state;
  for (int b = 0; b < N_BOXES; b++) {
    const float lower = boxes[b][0], width = boxes[b][1] - lower;
    bwi_batch batch = batch_in(lower, boxes[b][1]);
    float from[D];
    for (int j = 0; j < D; j++) from[j] = lower + width * (float)j / (D - 1);
    bwi_tanh_start(&batch, 0, from);
    for (int j = 0; j < D; j++) {
      assert_true(batch.x[j] >= lower && batch.x[j] <= boxes[b][1]);
      assert_true(fabs((double)batch.x[j] - (double)from[j]) < 2e-6 * (double)width);
    }
    assert_true(batch.x[0] > lower && batch.x[D - 1] < boxes[b][1]);
  }
}

/* Adam's first step is the rate against the slope's sign, whatever its size: here 0.01 in w. */
static void test_steps_in_tanh_space(void **state) {
  (void)state;
  for (int b = 0; b < N_BOXES; b++) {
    const double lower = (double)boxes[b][0], width = (double)boxes[b][1] - lower;
    bwi_batch batch = batch_in(boxes[b][0], boxes[b][1]);
    float from[D];
    for (int j = 0; j < D; j++) from[j] = (float)(lower + width * (j + 1) / (D + 1));
    bwi_tanh_start(&batch, 0, from);
    for (int j = 0; j < D; j++) batch.slope[j] = j % 2 ? 30 : -0.2F;
    bwi_tanh_step(&batch, 0, 0.01, 1);
    for (int j = 0; j < D; j++) {
      const double w = atanh(2 * (j + 1.0) / (D + 1) - 1) + (j % 2 ? -0.01 : 0.01);
      const double wanted = lower + width * (tanh(w) + 1) / 2;
      /* 1e-6 as above; 1e-7 for the step's 1e-8 beside a slope of 0.02. */
      assert_true(fabs((double)batch.x[j] - wanted) < 2e-6 * width);
    }
  }
}

/* From a face a pixel comes back: about 7.3 in w, in steps of 0.05. */
static void test_leaves_a_face(void **state) {
  (void)state;
  bwi_batch batch = batch_in(0, 1);
  const float black[D] = {0};
  bwi_tanh_start(&batch, 0, black);
  for (uint32_t step = 1; step <= 160; step++) {
    for (int j = 0; j < D; j++) batch.slope[j] = -1;
    bwi_tanh_step(&batch, 0, 0.05, step);
  }
  for (int j = 0; j < D; j++) assert_true(batch.x[j] > 0.3F);
}

/* Down a bowl of very different curvatures, to its bottom. */
static void test_adam_descends(void **state) {
  (void)state;
  float w[D], slope[D], mean[D] = {0}, square[D] = {0};
  for (int j = 0; j < D; j++) w[j] = 1;
  for (uint32_t step = 1; step <= 2000; step++) {
    for (int j = 0; j < D; j++) slope[j] = (float)pow(10, j - 4) * (w[j] - 3);
    bwi_adam_step(D, 0.01, step, slope, mean, square, w);
  }
  for (int j = 0; j < D; j++) assert_true(fabsf(w[j] - 3) < 0.01F);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_starts_where_told),
      cmocka_unit_test(test_steps_in_tanh_space),
      cmocka_unit_test(test_leaves_a_face),
      cmocka_unit_test(test_adam_descends),
  };
  return cmocka_run_group_tests_name("attack_tanh_descent", tests, NULL, NULL);
}
