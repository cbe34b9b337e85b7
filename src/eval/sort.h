/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting what medians and percentiles are read from. */
#ifndef EVAL_SORT_H
#define EVAL_SORT_H

#include <stdint.h>

void bwi_sort(float *values, uint64_t n); /* ascending; no NaN */

#endif
