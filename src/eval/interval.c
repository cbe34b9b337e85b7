/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds are quantiles of beta distributions (Clopper and Pearson 1934). The incomplete beta function is
 * its continued fraction (NIST Handbook of Mathematical Functions, 8.17.22), evaluated from the front by the
 * modified method of Lentz. */
#include "eval/interval.h"

#include <math.h>

/* Coefficient m >= 1 of the fraction 1 / (1 + d_1 / (1 + d_2 / (1 + ...))). */
static double coefficient(double a, double b, double x, int m) {
  const int half = m / 2;
  const double k = half;
  if (m % 2 == 0) return k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
  return -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
}

static double away_from_zero(double value) {
  return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* Converges in a few times sqrt(max(a, b)) terms for x < (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x) {
  double value = 1e-300, c = 1e-300, d = 0;
  for (int m = 0; m < 100000; m++) {
    const double numerator = m == 0 ? 1 : coefficient(a, b, x, m);
    d = 1 / away_from_zero(1 + numerator * d);
    c = away_from_zero(1 + numerator / c);
    value *= c * d;
    if (fabs(c * d - 1) < 1e-15) break;
  }
  return value;
}

double bwi_incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b));
  if (x < (a + 1) / (a + b + 2)) return front / a * fraction(a, b, x);
  return 1 - front / b * fraction(b, a, 1 - x);
}

/* The x at which I_x(a, b) = p, by bisection: 60 halvings are below the spacing of doubles near 1. */
static double quantile(double a, double b, double p) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; i++) {
    const double middle = 0.5 * (low + high);
    if (bwi_incomplete_beta(a, b, middle) < p)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

bw_rate bwi_rate(uint64_t hits, uint64_t trials, double confidence) {
  const double k = (double)hits, n = (double)trials, tail = 0.5 * (1 - confidence);
  if (trials == 0) return (bw_rate){.value = NAN, .low = 0, .high = 1};
  return (bw_rate){
      .hits = hits,
      .trials = trials,
      .value = k / n,
      .low = hits == 0 ? 0 : quantile(k, n - k + 1, tail),
      .high = hits == trials ? 1 : quantile(k + 1, n - k, 1 - tail),
  };
}
