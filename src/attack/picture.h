/* SPDX-License-Identifier: Apache-2.0 */
/* Samples as pictures: which shapes are images, and their pixels. */
#ifndef ATTACK_PICTURE_H
#define ATTACK_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bwi_picture {
  uint32_t height, width, channels; /* channels 1 or 3 */
  bool planar;                      /* stored as (channels, height, width) */
} bwi_picture;

/* Where the pixels of a sample are, whether or not it can be shown: coordinate (row, column, channel) is at
 * row * row_step + column * column_step + channel * channel_step. */
typedef struct bwi_layout {
  uint64_t height, width, channels;
  uint64_t row_step, column_step, channel_step;
} bwi_layout;

/* (h, w), (h, w, channels), and (1 or 3, h, w) where the last extent is neither; else one line. */
bwi_layout bwi_layout_of(uint32_t rank, const int64_t *shape);

/* (h, w), (h, w, 1 or 3) and (1 or 3, h, w) are images, up to 4096 pixels a side. */
bool bwi_picture_of(bwi_picture *out, uint32_t rank, const int64_t *shape);

/* Pixels (h, w, 3) of a sample whose domain [lower, upper] becomes 0 to 255. */
void bwi_picture_pixels(uint8_t *rgb, const bwi_picture *picture, const float *sample, float lower,
                        float upper);

/* Pixels (h, w, 3) of adversarial - clean; `largest` is the difference with the strongest colour. One
 * channel: blue below, white at, red above zero. Three: each channel grey at zero. */
void bwi_picture_difference(uint8_t *rgb, const bwi_picture *picture, const float *clean,
                            const float *adversarial, float largest);

/* The greatest |adversarial - clean| of a coordinate. */
float bwi_picture_largest(const bwi_picture *picture, const float *clean, const float *adversarial);

#endif
