/* SPDX-License-Identifier: Apache-2.0 */
/* Resizing a picture, padding it with zeros and resizing the result back, as one linear map: each pixel of
 * the result is one of the picture (the nearest, as Xie et al. 2019 have it) or of the padding. */
#ifndef ATTACK_RESAMPLE_H
#define ATTACK_RESAMPLE_H

#include "attack/picture.h"

/* What happens along one axis: `length` pixels become `resized`, which lie at [offset, offset + resized) of
 * `padded`, which become `length` again. */
typedef struct bwi_resample {
  uint64_t length, resized, padded, offset;
} bwi_resample;

/* out = A x, all samples of the layout's shape. */
void bwi_resample_show(const bwi_layout *layout, const bwi_resample *rows, const bwi_resample *columns,
                       const float *x, float *out);

/* out = A' slope: what a gradient with respect to A x is with respect to x. */
void bwi_resample_back(const bwi_layout *layout, const bwi_resample *rows, const bwi_resample *columns,
                       const float *slope, float *out);

#endif
