/* SPDX-License-Identifier: Apache-2.0 */
/* Turning, scaling and moving a picture, as one linear map: a pixel of the result is the bilinear mean of the
 * four of the picture around the place that it comes from, which is zero outside of it. */
#ifndef ATTACK_WARP_H
#define ATTACK_WARP_H

#include "attack/picture.h"
#include "base/error.h"

/* Pixel (row, column) of the result comes from (origin[0], origin[1]) + turn * (row, column). */
typedef struct bwi_warp {
  double turn[2][2], origin[2];
} bwi_warp;

/* Turned about its centre by `angle` (radians, against the clock), enlarged `scale` times, and moved by so
 * many pixels. */
bwi_warp bwi_warp_of(const bwi_layout *layout, double angle, double scale, double down, double right);

/* out = A x, both of the layout's shape. */
void bwi_warp_show(const bwi_layout *layout, const bwi_warp *warp, const float *x, float *out);

/* out = A' slope: what a gradient with respect to A x is with respect to x. */
void bwi_warp_back(const bwi_layout *layout, const bwi_warp *warp, const float *slope, float *out);

/* BW_EUNSUPPORTED unless samples have rows and columns; `name` is what asks for them. */
bw_status bwi_check_is_picture(const bwi_layout *layout, const char *name, bw_error *err);

#endif
