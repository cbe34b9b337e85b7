/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting what medians and percentiles are read from. */
#ifndef EVAL_SORT_H
#define EVAL_SORT_H

#include <stdint.h>

void bwi_sort(float *values, uint64_t n); /* ascending; no NaN */

double bwi_median(float *values, uint64_t n); /* sorts them; NaN if there are none */

#endif
