/* SPDX-License-Identifier: Apache-2.0 */
/* The floating-point peak that shares are counted of. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "backend/cpu/simd/table.h"

/* Runs some 100 microseconds, one function an instruction set; returns how many operations it did. factor:
 * 0.5, say, and unknown to the compiler. */
double bwi_peak_baseline(float factor, float *result);
double bwi_peak_avx2(float factor, float *result);
double bwi_peak_avx512(float factor, float *result);

#endif
