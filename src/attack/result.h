/* SPDX-License-Identifier: Apache-2.0 */
/* What a run leaves behind for each sample. */
#ifndef ATTACK_RESULT_H
#define ATTACK_RESULT_H

#include <bulwark/attack.h>

#include "attack/ball.h"

/* What the checks of an evaluation want to know besides the outcome. */
typedef struct bwi_trail {
  float *adversarial; /* (d); NULL without a success */
  double worth;       /* of that one: a better one's is greater */
  float *by_queries;  /* as bwi_query_note; NULL without a success, and of attacks that use gradients */
  float late_gain;    /* rise of the best loss over the last 10 steps, as a share of all of its rise; NaN:
                         not measured */
  uint32_t n_refused; /* claims that verification refused */
  uint8_t fitted;     /* what is the same for all samples was made from this one, among others */
  uint8_t seen;       /* the search saw the model give a wrong answer at an iterate */
} bwi_trail;

struct bw_attack_result {
  const bw_dataset *dataset; /* borrowed */
  bwi_ball ball;
  uint64_t count;
  bw_sample_outcome *outcomes; /* (count) */
  bwi_trail *trails;           /* (count) */
  float *universal; /* (d) what is the same for all samples: a perturbation or a patch, NaN where it has no
ink; NULL: each has its own */
  double seconds;
};

/* Outcomes of nothing done yet. NULL when there is no memory. */
bw_attack_result *bwi_attack_result_create(const bw_dataset *dataset, const bwi_ball *ball);

#endif
