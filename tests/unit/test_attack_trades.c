/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "support/contest.h"
#include "support/unit.h"

/* Of the logit's difference that has to rise. */
static void weights_of(const linear *l, uint64_t i, double *w) {
  const int label = l->labels[i];
  for (int j = 0; j < LINEAR_D; j++) w[j] = (double)l->weights[1 - label][j] - (double)l->weights[label][j];
}

/* Whether the first restart's start is nearer to the boundary than the sample. */
static bool leans_over(const double *w, uint64_t i) {
  float noise[LINEAR_D];
  double sum = 0;
  bwi_rng_normal(noise, LINEAR_D, (bwi_rng_key){.sample = (uint32_t)i, .stream = 27U << 16}, 0);
  for (int j = 0; j < LINEAR_D; j++) sum += w[j] * (double)noise[j];
  return sum > 0;
}

/* Between two classes the divergence of a linear model rises on either side of the sample. Where the start
 * leans decides which one is climbed; there the edge of the ball is reached, where the optimum is. */
static void test_start_decides_the_side(void **state) {
  (void)state;
  static const char *const late[] = {"early_stop", "false", NULL};
  linear l;
  linear_open(&l, 2, -10, 10);
  for (int norm = BW_LINF; norm <= BW_L2; norm++) {
    const double eps = norm == BW_LINF ? 0.5 : 3;
    bw_attack_result *result = contest("trades", (bw_norm)norm, eps, late, l.model, l.data, NULL);
    int n_broken = 0, n_spared = 0;
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      double w[LINEAR_D], length = 0;
      weights_of(&l, i, w);
      for (int j = 0; j < LINEAR_D; j++) length += w[j] * w[j];
      const bool is_reached = linear_distance(&l, (bw_norm)norm, i) < eps;
      const bool success = bw_attack_result_at(result, i)->success != 0;
      assert_int_equal(success, is_reached && leans_over(w, i));
      n_broken += success;
      n_spared += is_reached && !success;
      const float *x = bw_attack_result_sample(result, i);
      for (int j = 0; j < LINEAR_D && success; j++) {
        const double step = norm == BW_LINF ? copysign(eps, w[j]) : eps * w[j] / sqrt(length);
        const double miss = (double)x[j] - (double)l.samples[i * LINEAR_D + (uint64_t)j] - step;
        /* In L2 the noise of 0.001 is forgotten at the edge only by and by. */
        if (fabs(miss) > (norm == BW_LINF ? 1e-5 : 3e-3)) fail_msg("sample %d is off by %g", (int)i, miss);
      }
    }
    assert_true(n_broken > 0 && n_spared > 0);
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

static void test_restarts_find_the_boundary(void **state) {
  (void)state;
  static const char *const settings[] = {"restarts", "12", NULL};
  linear l;
  linear_open(&l, 2, -10, 10);
  assert_boundary_decides("trades", BW_LINF, settings, &l, 1.001);
  assert_boundary_decides("trades", BW_L2, settings, &l, 1.01);
  linear_close(&l);
}

/* The noise may be greater than the ball. */
static void test_starts_in_the_ball(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"noise", "5", "early_stop", "false", NULL};
  for (int norm = BW_LINF; norm <= BW_L2; norm++) {
    bw_attack_result *result = contest("trades", (bw_norm)norm, norm == BW_LINF ? 0.12 : 0.8, settings,
                                       here->model, here->pictures, NULL);
    assert_int_equal(bw_attack_result_refused(result), 0);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
      n_broken += bw_attack_result_at(result, i)->success;
    assert_true(n_broken > 0);
    bw_attack_result_free(result);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const early[] = {"steps", "10", "restarts", "2", NULL}, *const late[] = {"steps", "10",
                                                                                              "early_stop",
                                                                                              "false", NULL};
  assert_sameness("trades", BW_LINF, 0.12, early, here->model, here->pictures);
  assert_sameness("trades", BW_LINF, 0.12, late, here->model, here->pictures);
  assert_sameness("trades", BW_L2, 0.8, late, here->model, here->pictures);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("trades", BW_LINF, 0.2, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_start_decides_the_side), cmocka_unit_test(test_restarts_find_the_boundary),
      cmocka_unit_test(test_starts_in_the_ball),     cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_trades", tests, arena_open, arena_close);
}
