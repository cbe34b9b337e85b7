/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/sort.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

void bwi_sort(float *values, uint64_t n) {
  qsort(values, n, sizeof *values, by_value);
}
