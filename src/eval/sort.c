/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/sort.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

void bwi_sort(float *values, uint64_t n) {
  qsort(values, n, sizeof *values, by_value);
}

double bwi_median(float *values, uint64_t n) {
  bwi_sort(values, n);
  return n > 0 ? 0.5 * ((double)values[(n - 1) / 2] + (double)values[n / 2]) : NAN;
}
