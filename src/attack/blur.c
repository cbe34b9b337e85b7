/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/blur.h"

#include <math.h>
#include <string.h>

void bwi_gaussian(uint32_t length, double n_sigma, float *weights) {
  double density[BWI_MAX_KERNEL], sum = 0;
  const double middle = (length - 1) / 2.0;
  for (uint32_t k = 0; k < length; k++) {
    const double at = middle > 0 ? n_sigma * (k - middle) / middle : 0;
    density[k] = exp(-at * at / 2);
    sum += density[k];
  }
  for (uint32_t k = 0; k < length; k++) weights[k] = (float)(density[k] / sum);
}

/* Along the axis of n places that lie `step` floats apart: each tap adds a shifted copy of a whole line. */
static void blur_axis(uint64_t size, uint64_t n, uint64_t step, uint32_t length, const float *weights,
                      const float *restrict in, float *restrict out) {
  const uint64_t line = n * step, middle = length / 2;
  memset(out, 0, size * sizeof *out);
  for (uint64_t at = 0; at < size; at += line)
    for (uint64_t k = 0; k < length; k++) {
      const uint64_t shift = (k < middle ? middle - k : k - middle) * step;
      if (shift >= line) continue;
      const float *from = in + at + (k < middle ? 0 : shift);
      float *to = out + at + (k < middle ? shift : 0);
      for (uint64_t j = 0; j < line - shift; j++) to[j] += weights[k] * from[j];
    }
}

void bwi_blur(const bwi_layout *l, uint32_t length, const float *weights, float *picture, float *scratch) {
  const uint64_t size = l->height * l->width * l->channels;
  blur_axis(size, l->height, l->row_step, length, weights, picture, scratch);
  blur_axis(size, l->width, l->column_step, length, weights, scratch, picture);
}
