/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/tanh_descent.h"

#include <math.h>
#include <string.h>

#include "attack/adam.h"
#include "base/clones.h"

static void enter(const bwi_ball *box, const float *x, float *w) {
  const float lower = box->lower, width = box->upper - box->lower;
  for (uint64_t j = 0; j < box->d; j++) w[j] = atanhf(0.999999F * (2 * (x[j] - lower) / width - 1));
}

/* exp(z) to 2 units in the last place for |z| <= 80: z = n ln 2 + r and a polynomial in r, without a call so
 * that the compiler can use vectors. */
BWI_INTO_CLONES float exponential(float z) {
  const float rounder = 12582912; /* 1.5 * 2^23: adding it leaves z / ln 2 rounded in the low bits */
  const float shifted = z * 1.44269504F + rounder, n = shifted - rounder;
  const float r = z - n * 0.693359375F + n * 2.12194440e-4F;
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1;
  p = p * r + 1;
  uint32_t bits, rounder_bits, scale_bits;
  memcpy(&bits, &shifted, sizeof bits);
  memcpy(&rounder_bits, &rounder, sizeof rounder_bits);
  scale_bits = (bits - rounder_bits + 127) << 23;
  float scale;
  memcpy(&scale, &scale_bits, sizeof scale);
  return p * scale;
}

/* (tanh w + 1) / 2 = 1 / (1 + exp(-2 w)), which keeps its digits near 0. */
BWI_CLONES void leave(const bwi_ball *box, const float *restrict w, float *restrict x) {
  const float lower = box->lower, upper = box->upper, width = upper - lower;
  for (uint64_t j = 0; j < box->d; j++) {
    float z = -2 * w[j];
    z = z < 80 ? z : 80;
    z = z > -80 ? z : -80;
    const float y = lower + width / (1 + exponential(z));
    x[j] = y < upper ? y : upper;
  }
}

/* The gradient in x becomes the one in w. */
static void chain(const bwi_ball *box, const float *restrict x, float *restrict slope) {
  const float lower = box->lower, width = box->upper - box->lower;
  for (uint64_t j = 0; j < box->d; j++) {
    const float share = (x[j] - lower) / width;
    slope[j] *= 2 * share * (1 - share);
  }
}

void bwi_tanh_start(bwi_batch *batch, uint64_t i, const float *from) {
  const uint64_t d = batch->ball.d;
  memset(bwi_batch_row(batch, i, BWI_TANH_MEAN), 0, d * sizeof(float));
  memset(bwi_batch_row(batch, i, BWI_TANH_SQUARE), 0, d * sizeof(float));
  enter(&batch->ball, from, bwi_batch_row(batch, i, BWI_TANH_W));
  leave(&batch->ball, bwi_batch_row(batch, i, BWI_TANH_W), batch->x + i * d);
}

void bwi_tanh_step(bwi_batch *batch, uint64_t i, double rate, uint32_t step) {
  const uint64_t d = batch->ball.d;
  float *x = batch->x + i * d, *slope = batch->slope + i * d, *w = bwi_batch_row(batch, i, BWI_TANH_W);
  chain(&batch->ball, x, slope);
  bwi_adam_step(d, rate, step, slope, bwi_batch_row(batch, i, BWI_TANH_MEAN),
                bwi_batch_row(batch, i, BWI_TANH_SQUARE), w);
  leave(&batch->ball, w, x);
}
