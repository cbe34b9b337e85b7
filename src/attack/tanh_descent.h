/* SPDX-License-Identifier: Apache-2.0 */
/* Descent inside the box by a change of variables (Carlini and Wagner 2017, section V.B),
 * x = lower + (upper - lower) (tanh w + 1) / 2, with Adam in w. */
#ifndef ATTACK_TANH_DESCENT_H
#define ATTACK_TANH_DESCENT_H

#include "attack/attack.h"

/* The first rows of a class that descends like this: w, and what Adam keeps. */
enum { BWI_TANH_W, BWI_TANH_MEAN, BWI_TANH_SQUARE, BWI_TANH_ROWS };

/* Begins anew at a point of the box, which is drawn towards mid-grey by a millionth, as the authors do: on a
 * face of the box w would be infinite and could never come back. */
void bwi_tanh_start(bwi_batch *batch, uint64_t i, const float *from);

/* Step number `step`, from 1, of the descent that began last. The gradient of what descends is in slope,
 * measured in widths of the box; it is lost. */
void bwi_tanh_step(bwi_batch *batch, uint64_t i, double rate, uint32_t step);

#endif
