/* SPDX-License-Identifier: Apache-2.0 */
/* Which attacks an evaluation runs. */
#ifndef EVAL_SUITE_H
#define EVAL_SUITE_H

#include "attack/attack.h"
#include "model/model.h"

#define BWI_MAX_SUITE 32

/* Each attack gets the samples that those before it left. */
typedef struct bwi_suite {
  uint32_t n_attacks;
  bw_attack attacks[BWI_MAX_SUITE];
  bool transfers; /* the last attack follows the gradients of a surrogate */
  uint32_t
      n_replaced; /* attacks whose difference of logits ratio gave way to the margin, for want of classes */
} bwi_suite;

/* The attacks of `text`, "pgd:steps=100:restarts=5,mi-fgsm"; one that is a sequence of others gives its
 * parts. for_all: options that each gets before its own, "eot=20:quantize=8"; NULL: none. text NULL:
 * AutoAttack, or Square for a model without gradients. BW_EINVAL: an attack, option or value that does not
 * exist; BW_EUNSUPPORTED: an attack needs more access than the model gives, or the norm has no standard
 * suite; BW_ELIMIT: too many. */
bw_status bwi_suite_parse(bwi_suite *out, const char *text, const char *for_all, const bw_model *model,
                          bw_norm norm, double eps, bw_error *err);

/* Adds the attack by transfer. BW_ELIMIT: too many. */
bw_status bwi_suite_add_transfer(bwi_suite *suite, const char *for_all, bw_norm norm, double eps,
                                 bw_error *err);

const char *bwi_suite_name(const bwi_suite *suite, uint32_t k); /* of attack k, for people */

/* What attack k of the suite is for a check. */
typedef bool (*bwi_kind_fn)(const bwi_suite *suite, uint32_t k);
bool bwi_is_iterative(const bwi_suite *suite, uint32_t k); /* climbs the gradient step by step */
bool bwi_is_white_box(const bwi_suite *suite, uint32_t k); /* uses the model's gradients */
bool bwi_is_transfer(const bwi_suite *suite, uint32_t k);  /* uses those of another */
bool bwi_is_noise(const bwi_suite *suite, uint32_t k);     /* draws points without looking at the answers */
bool bwi_is_black_box(const bwi_suite *suite, uint32_t k); /* searches by the answers alone */

#endif
