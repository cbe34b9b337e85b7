/* SPDX-License-Identifier: Apache-2.0 */
/* Separable convolution of a picture with zeros around it. */
#ifndef ATTACK_BLUR_H
#define ATTACK_BLUR_H

#include "attack/picture.h"

#define BWI_MAX_KERNEL 63

/* The normal density at `length` points from -n_sigma to n_sigma, scaled to the sum 1. */
void bwi_gaussian(uint32_t length, double n_sigma, float *weights);

/* Convolves each channel with the square kernel weights x weights' of odd length, whose middle is its origin.
 * A symmetric kernel makes the map its own adjoint. scratch: as many floats as the picture has. */
void bwi_blur(const bwi_layout *layout, uint32_t length, const float *weights, float *picture,
              float *scratch);

#endif
