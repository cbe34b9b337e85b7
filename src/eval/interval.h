/* SPDX-License-Identifier: Apache-2.0 */
/* Clopper-Pearson intervals of a rate. */
#ifndef EVAL_INTERVAL_H
#define EVAL_INTERVAL_H

#include <bulwark/evaluation.h>

/* Regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1]. */
double bwi_incomplete_beta(double a, double b, double x);

/* hits of trials with the exact two-sided interval of the given confidence, 0 < confidence < 1. No trials:
 * value NaN, interval [0, 1]. */
bw_rate bwi_rate(uint64_t hits, uint64_t trials, double confidence);

#endif
