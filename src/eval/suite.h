/* SPDX-License-Identifier: Apache-2.0 */
/* Which attacks an evaluation runs. */
#ifndef EVAL_SUITE_H
#define EVAL_SUITE_H

#include "attack/attack.h"
#include "model/model.h"

#define BWI_MAX_SUITE 32

typedef struct bwi_suite {
  uint32_t n_attacks;
  bw_attack attacks[BWI_MAX_SUITE];
} bwi_suite;

/* The attacks of `text`, "pgd:steps=100:restarts=5,mi-fgsm"; one that is a sequence of others gives its
 * parts. NULL: the standard suite, as far as the model gives the access that its attacks need. BW_EINVAL: an
 * attack, option or value that does not exist, or none left; BW_EUNSUPPORTED: a named attack needs more
 * access than the model gives; BW_ELIMIT: too many. */
bw_status bwi_suite_parse(bwi_suite *out, const char *text, const bw_model *model, bw_norm norm, double eps,
                          bw_error *err);

/* What an attack of the suite is for a check. */
bool bwi_is_iterative(const bw_attack *attack);   /* climbs the gradient step by step */
bool bwi_is_single_step(const bw_attack *attack); /* one gradient step */
bool bwi_is_white_box(const bw_attack *attack);   /* uses gradients */
bool bwi_is_noise(const bw_attack *attack);       /* draws points without looking at the answers */
bool bwi_is_black_box(const bw_attack *attack);   /* searches by the answers alone */

#endif
