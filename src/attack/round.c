/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "attack/ball.h"

void bwi_ball_round(const bwi_ball *ball, const float *clean, const float *x, uint32_t n_bits,
                    float *rounded) {
  const double width = (double)ball->upper - (double)ball->lower, greatest = exp2(n_bits) - 1;
  for (int towards_clean = 0; towards_clean < 2; towards_clean++) {
    for (uint64_t j = 0; j < ball->d; j++) {
      const double level = greatest * ((double)x[j] - (double)ball->lower) / width;
      double whole = nearbyint(level);
      if (towards_clean && x[j] != clean[j]) whole = x[j] > clean[j] ? floor(level) : ceil(level);
      rounded[j] = (float)((double)ball->lower + whole * width / greatest);
    }
    if (bwi_ball_holds(ball, clean, rounded)) return;
  }
}
