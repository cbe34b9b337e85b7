/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/interval.h"

#include <math.h>

#include "support/unit.h"

static void assert_near(double value, double wanted, double tolerance) {
  if (!(fabs(value - wanted) <= tolerance))
    fail_msg("%.17g, wanted %.17g within %g", value, wanted, tolerance);
}

/* I_x(a, b) for whole numbers is a sum of binomial probabilities: P(at least a of a + b - 1). */
static double binomial_tail(int a, int b, double x) {
  const int n = a + b - 1;
  double tail = 0;
  for (int k = a; k <= n; k++)
    tail += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(x) + (n - k) * log1p(-x));
  return tail;
}

static void test_incomplete_beta(void **state) {
  (void)state;
  const double points[] = {0.001, 0.1, 0.3, 0.5, 0.9, 0.999};
  for (int a = 1; a < 40; a += 6)
    for (int b = 1; b < 40; b += 5)
      for (int i = 0; i < 6; i++) {
        const double wanted = binomial_tail(a, b, points[i]);
        /* lgamma near 1e2 carries 1e-14, and so does the reference. */
        assert_near(bwi_incomplete_beta(a, b, points[i]), wanted, 1e-12);
      }
  assert_true(bwi_incomplete_beta(2, 3, 0) == 0);
  assert_true(bwi_incomplete_beta(2, 3, 1) == 1);
  assert_near(bwi_incomplete_beta(0.5, 0.5, 0.5), 0.5, 1e-13); /* the arcsine law */
}

/* Published Clopper-Pearson bounds, to the digits given. */
static void test_known_intervals(void **state) {
  (void)state;
  static const struct {
    uint64_t hits, trials;
    double confidence, low, high, digits;
  } rows[] = {
      {0, 10, 0.95, 0, 0.3085, 1e-4},      {10, 10, 0.95, 0.6915, 1, 1e-4},
      {5, 10, 0.95, 0.1871, 0.8129, 1e-4}, {1, 10, 0.95, 0.0025, 0.4450, 1e-4},
      {4, 20, 0.95, 0.0573, 0.4366, 1e-4}, {50, 100, 0.95, 0.3983, 0.6017, 1e-4},
      {0, 100, 0.95, 0, 0.0362, 1e-4},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const bw_rate rate = bwi_rate(rows[i].hits, rows[i].trials, rows[i].confidence);
    assert_near(rate.value, (double)rows[i].hits / (double)rows[i].trials, 1e-15);
    assert_near(rate.low, rows[i].low, rows[i].digits);
    assert_near(rate.high, rows[i].high, rows[i].digits);
  }
}

/* What defines the bounds: each leaves half of 1 - confidence outside. */
static void test_bounds_by_definition(void **state) {
  (void)state;
  const uint64_t trials[] = {7, 300, 10000};
  for (int t = 0; t < 3; t++)
    for (uint64_t hits = 1; hits < trials[t]; hits += 1 + trials[t] / 5) {
      const bw_rate rate = bwi_rate(hits, trials[t], 0.99);
      const double k = (double)hits, n = (double)trials[t];
      assert_near(bwi_incomplete_beta(k, n - k + 1, rate.low), 0.005, 1e-10);
      assert_near(bwi_incomplete_beta(k + 1, n - k, rate.high), 0.995, 1e-10);
      assert_true(rate.low < rate.value && rate.value < rate.high);
    }
}

static void test_no_trials(void **state) {
  (void)state;
  const bw_rate rate = bwi_rate(0, 0, 0.95);
  assert_true(isnan(rate.value) && rate.low == 0 && rate.high == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_incomplete_beta),
      cmocka_unit_test(test_known_intervals),
      cmocka_unit_test(test_bounds_by_definition),
      cmocka_unit_test(test_no_trials),
  };
  return cmocka_run_group_tests_name("eval_interval", tests, NULL, NULL);
}
