/* SPDX-License-Identifier: Apache-2.0 */
/* Where attacks that see labels only begin: points that may already be successes. */
#ifndef ATTACK_START_H
#define ATTACK_START_H

#include "attack/attack.h"

/* Writes point number k to try for sample i to its row of x. Towards a target: samples of that class in the
 * data set, those after it first. Otherwise, and when they are used up: random points of the box (random
 * numbers: draw k), alike over blocks of 1, 2, 4, ... pixels in turn, since a model often sees one and the
 * same class in all pictures of noise. */
void bwi_write_start(bwi_batch *batch, uint64_t i, uint32_t k);

#endif
