/* SPDX-License-Identifier: Apache-2.0 */
/* One attack at one budget: the unit of work of an evaluation, of its checks and of its
 * resume file. */
#ifndef EVAL_STAGE_H
#define EVAL_STAGE_H

#include "attack/driver.h"
#include "eval/query_curve.h"

/* What a stage comes to, over all samples. */
typedef struct bwi_stage_totals {
  uint64_t forwards, backwards;
  uint64_t n_broken;
  uint64_t n_refused;   /* claims that verification refused while the attack went on */
  uint64_t n_silent;    /* samples that the search saw broken, and neither returned nor refused */
  uint64_t n_invalid;   /* returned, but outside ball or box or not finite when recomputed */
  uint64_t n_disagreed; /* returned, but predicted otherwise when evaluated again, in a batch or alone */
  double mean_distance, median_distance; /* of the successes; NaN if there are none */
  double seconds;
} bwi_stage_totals;

typedef struct bwi_stage {
  bw_attack attack;              /* with its budget */
  uint64_t count;                /* samples; 0: not run */
  uint8_t *broken, *broken_8bit; /* 8-bit: also after rounding the sample to 255 steps of the domain */
  int32_t *predictions;          /* of the adversarial sample; of the clean one where unbroken */
  float *distances;              /* NaN where unbroken */
  float *late_gains;             /* as bwi_trail */
  bwi_query_state by_queries[BWI_QUERY_STEPS]; /* as bwi_query_curve */
  bwi_stage_totals totals;
} bwi_stage;

bw_status bwi_stage_create(bwi_stage *out, const bw_attack *attack, uint64_t count, bw_error *err);
void bwi_stage_clear(bwi_stage *stage);

typedef struct bwi_stage_call {
  bwi_crew *crew;
  const bw_dataset *dataset;
  const bwi_clean *clean;
  const uint64_t *chosen; /* samples to attack, n_chosen of them; NULL: all */
  uint64_t n_chosen;
  uint64_t seed;
} bwi_stage_call;

/* Runs the attack on every chosen sample that is right, evaluates each success again (in a batch and alone)
 * and after rounding to 8 bits. *result (may be NULL) is the caller's. On failure and on BW_ECANCEL nothing
 * is left. */
bw_status bwi_stage_run(bwi_stage *out, bw_attack_result **result, const bwi_stage_call *call,
                        const bw_attack *attack, bw_error *err);

#endif
