/* SPDX-License-Identifier: Apache-2.0 */
/* Descent whose step adapts to each coordinate (Kingma and Ba 2015, section 2, the form with the corrected
 * step): decays 0.9 and 0.999, 1e-8 added to the root. */
#ifndef ATTACK_ADAM_H
#define ATTACK_ADAM_H

#include <stdint.h>

/* Step number `step`, from 1, down the slope. mean and square (d): zero before the first. */
void bwi_adam_step(uint64_t d, double rate, uint32_t step, const float *slope, float *mean, float *square,
                   float *w);

#endif
