/* SPDX-License-Identifier: Apache-2.0 */
/* Things in random order. */
#ifndef ATTACK_SHUFFLE_H
#define ATTACK_SHUFFLE_H

#include "attack/attack.h"

/* BW_EUNSUPPORTED if a sample has more coordinates than floats, as which rows hold their order, can count. */
bw_status bwi_check_indices(const bw_attack *attack, const bw_model *model, bw_error *err);

/* Puts n values in random order, a pure function of (key, draw). scratch: n floats. */
void bwi_shuffle(float *values, uint64_t n, bwi_rng_key key, uint32_t draw, float *scratch);

#endif
