/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/adam.h"

#include <math.h>

#include "base/clones.h"

BWI_CLONES void descend(uint64_t d, float length, const float *restrict slope, float *restrict mean,
                        float *restrict square, float *restrict w) {
  for (uint64_t j = 0; j < d; j++) {
    mean[j] = 0.9F * mean[j] + 0.1F * slope[j];
    square[j] = 0.999F * square[j] + 0.001F * slope[j] * slope[j];
    w[j] -= length * mean[j] / (sqrtf(square[j]) + 1e-8F);
  }
}

void bwi_adam_step(uint64_t d, double rate, uint32_t step, const float *slope, float *mean, float *square,
                   float *w) {
  const double length = rate * sqrt(1 - pow(0.999, step)) / (1 - pow(0.9, step));
  descend(d, (float)length, slope, mean, square, w);
}
