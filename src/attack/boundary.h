/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a boundary of a linear model inside the box: what attacks that linearise the model step by. */
#ifndef ATTACK_BOUNDARY_H
#define ATTACK_BOUNDARY_H

#include "attack/ball.h"

/* The least step, in the ball's norm, that raises w . x by `rise` (lowers it if that is negative) and stays
 * in the box, in which x (d) lies; its radius does not matter. Where the box does not reach that far, the
 * step goes as far as it does; coordinates with w = 0 stay. */
void bwi_boundary_step(const bwi_ball *box, const float *x, const float *w, double rise, float *step);

#endif
