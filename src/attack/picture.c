/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/picture.h"

#include <math.h>
#include <stddef.h>

static bool is_side(int64_t extent) {
  return extent >= 2 && extent <= 4096;
}

bool bwi_picture_of(bwi_picture *out, uint32_t rank, const int64_t *shape) {
  bwi_picture p = {.channels = 1};
  if (rank == 2) {
    p.height = (uint32_t)shape[0];
    p.width = (uint32_t)shape[1];
    if (!is_side(shape[0]) || !is_side(shape[1])) return false;
  } else if (rank == 3 && (shape[2] == 1 || shape[2] == 3) && is_side(shape[0]) && is_side(shape[1])) {
    p = (bwi_picture){
        .height = (uint32_t)shape[0], .width = (uint32_t)shape[1], .channels = (uint32_t)shape[2]};
  } else if (rank == 3 && (shape[0] == 1 || shape[0] == 3) && is_side(shape[1]) && is_side(shape[2])) {
    p = (bwi_picture){.height = (uint32_t)shape[1],
                      .width = (uint32_t)shape[2],
                      .channels = (uint32_t)shape[0],
                      .planar = true};
  } else {
    return false;
  }
  *out = p;
  return true;
}

bwi_layout bwi_layout_of(uint32_t rank, const int64_t *shape) {
  uint64_t e[3] = {1, 1, 1}, d = 1;
  for (uint32_t i = 0; i < rank; i++) d *= (uint64_t)shape[i];
  if (rank != 2 && rank != 3) return (bwi_layout){1, d, 1, d, 1, 1};
  for (uint32_t i = 0; i < rank; i++) e[i] = (uint64_t)shape[i];
  if (rank == 3 && e[2] != 1 && e[2] != 3 && (e[0] == 1 || e[0] == 3))
    return (bwi_layout){e[1], e[2], e[0], e[2], 1, e[1] * e[2]};
  return (bwi_layout){e[0], e[1], e[2], e[1] * e[2], e[2], 1};
}

/* Where channel c of pixel i is in a sample. */
static size_t position(const bwi_picture *p, size_t i, uint32_t c) {
  return p->planar ? (size_t)c * p->height * p->width + i : i * p->channels + c;
}

static uint8_t to_byte(double share) {
  if (!(share > 0)) return 0;
  return share < 1 ? (uint8_t)lround(255 * share) : 255;
}

void bwi_picture_pixels(uint8_t *rgb, const bwi_picture *p, const float *sample, float lower, float upper) {
  const size_t n = (size_t)p->height * p->width;
  for (size_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < 3; c++) {
      const double value = (double)sample[position(p, i, p->channels == 3 ? c : 0)];
      rgb[3 * i + c] = to_byte((value - (double)lower) / ((double)upper - (double)lower));
    }
}

/* From blue over white to red, share from -1 to 1. */
static void diverge(uint8_t rgb[3], double share) {
  static const double blue[3] = {0.13, 0.40, 0.67}, white[3] = {0.97, 0.97, 0.97},
                      red[3] = {0.70, 0.09, 0.17};
  const double *end = share < 0 ? blue : red;
  const double weight = fabs(share) < 1 ? fabs(share) : 1;
  for (int c = 0; c < 3; c++) rgb[c] = to_byte(white[c] + weight * (end[c] - white[c]));
}

void bwi_picture_difference(uint8_t *rgb, const bwi_picture *p, const float *clean, const float *adversarial,
                            float largest) {
  const size_t n = (size_t)p->height * p->width;
  const double scale = largest > 0 ? 1 / (double)largest : 0;
  for (size_t i = 0; i < n; i++) {
    double share[3] = {0};
    for (uint32_t c = 0; c < p->channels; c++) {
      const size_t at = position(p, i, c);
      share[c] = scale * ((double)adversarial[at] - (double)clean[at]);
    }
    if (p->channels == 1)
      diverge(rgb + 3 * i, share[0]);
    else
      for (uint32_t c = 0; c < 3; c++) rgb[3 * i + c] = to_byte(0.5 + 0.5 * share[c]);
  }
}

float bwi_picture_largest(const bwi_picture *p, const float *clean, const float *adversarial) {
  const size_t n = (size_t)p->height * p->width * p->channels;
  float largest = 0;
  for (size_t i = 0; i < n; i++) {
    const float size = fabsf(adversarial[i] - clean[i]);
    if (size > largest) largest = size;
  }
  return largest;
}
