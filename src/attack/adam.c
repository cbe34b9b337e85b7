/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/adam.h"

#include <math.h>

void bwi_adam_step(uint64_t d, double rate, uint32_t step, const float *restrict slope, float *restrict mean,
                   float *restrict square, float *restrict w) {
  const float length = (float)(rate * sqrt(1 - pow(0.999, step)) / (1 - pow(0.9, step)));
  for (uint64_t j = 0; j < d; j++) {
    mean[j] = 0.9F * mean[j] + 0.1F * slope[j];
    square[j] = 0.999F * square[j] + 0.001F * slope[j] * slope[j];
    w[j] -= length * mean[j] / (sqrtf(square[j]) + 1e-8F);
  }
}
