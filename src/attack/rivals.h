/* SPDX-License-Identifier: Apache-2.0 */
/* What attacks that try one wrong class after the other share: the classes that are most likely on the clean
 * sample, one a round. */
#ifndef ATTACK_RIVALS_H
#define ATTACK_RIVALS_H

#include "attack/attack.h"

/* The class at place `rank`, from the most likely one, of those that are not the label; there are more than
 * `rank` of them. */
uint32_t bwi_rival(uint32_t n_classes, const float *logits, uint32_t label, uint32_t rank);

/* The iterates are the clean samples: evaluates them and aims each at its class number batch->rival, counted
 * from the most likely wrong one; at its target if it has one. */
bw_status bwi_aim_at_rivals(bwi_batch *batch, bw_error *err);

/* The class at place `rank`, from 0 for the most likely, of those that are not the label; there are more than
 * `rank` of them. */
uint32_t bwi_rival(uint32_t n_classes, const float *logits, uint32_t label, uint32_t rank);

/* BW_EUNSUPPORTED unless the model has the classes that the attack's loss compares: two, and for the
 * difference of logits ratio three, or four with a class to aim at. */
bw_status bwi_check_classes(const bw_attack *attack, const bw_model *model, bw_error *err);
bw_status bwi_check_rivals(const bw_attack *attack, const bw_model *model, bw_error *err);

/* Row of an option table. */
#define BWI_TARGETS                                                                               \
  {                                                                                               \
    "targets", "wrong classes tried in turn, from the most likely one on the clean sample", NULL, \
        BW_OPTION_INTEGER, 1, 100, 9, NULL                                                        \
  }

#endif
