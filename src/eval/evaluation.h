/* SPDX-License-Identifier: Apache-2.0 */
/* An evaluation from inside: stages, what is left of every sample after all of them, and the checks. */
#ifndef EVAL_EVALUATION_H
#define EVAL_EVALUATION_H

#include <bulwark/evaluation.h>

#include "eval/stage.h"
#include "eval/suite.h"

struct bw_evaluation {
  const bw_dataset *dataset; /* what is attacked; borrowed, unless it is `part` */
  bw_dataset *part;          /* the random part of the caller's data; NULL: all of it */
  uint64_t count;            /* samples */
  bw_norm norm;
  double eps, confidence;
  uint64_t seed;
  bool extra_checks; /* run the checks that cost runs of their own */
  float lower, upper;
  char model_digest[65];
  bw_precision search;
  int pair_checked;
  uint32_t n_model_classes;

  bwi_clean clean;
  bool clean_done;
  uint64_t clean_right;
  bwi_suite suite;
  char surrogate_digest[65]; /* "" if there is none */
  char *configurations[BWI_MAX_SUITE];
  bwi_stage stages[BWI_MAX_SUITE];  /* of the suite, at eps; count 0: not run */
  float *universals[BWI_MAX_SUITE]; /* (d) of attacks that make one thing for all samples in this run, else
                                       NULL */

  /* The curve: budgets[0] is 0 and has no stage; the one that equals eps has its stage in the suite. */
  uint32_t n_budgets;
  double *budgets;
  bwi_stage *curve;
  int32_t curve_attack; /* of the suite: bwi_strongest; -1: not known yet */

  int32_t *broken_by;  /* attack of the suite that broke a right sample; -1: none */
  float **adversarial; /* by that attack; NULL where unbroken */

  uint32_t n_classes; /* that occur in the data */
  bw_class_row *classes;
  uint32_t n_checks;
  bw_check_result *checks; /* findings are owned */
  bool complete;
  double seconds;
};

static inline bool bwi_is_right(const bw_evaluation *e, uint64_t i) {
  return e->clean_done && e->clean.predictions[i] == bw_dataset_label(e->dataset, i);
}

/* Whether no attack of the suite broke sample i, and whether attack k got it. */
static inline bool bwi_stands(const bw_evaluation *e, uint64_t i) {
  return bwi_is_right(e, i) && e->broken_by[i] < 0;
}
static inline bool bwi_was_attacked(const bw_evaluation *e, uint32_t k, uint64_t i) {
  return bwi_is_right(e, i) && (e->broken_by[i] < 0 || (uint32_t)e->broken_by[i] >= k);
}

/* Whether budget k of the curve has a stage of its own. */
static inline bool bwi_has_stage(const bw_evaluation *e, uint32_t k) {
  return k > 0 && e->budgets[k] != e->eps;
}

/* Samples that are right and that the stage did not break. */
uint64_t bwi_count_survivors(const bw_evaluation *e, const bwi_stage *stage);

/* Takes a stage of the suite into account: who broke what. Moves adversarial samples, and what is the same
 * for all, out of result. */
void bwi_absorb_stage(bw_evaluation *e, uint32_t attack, bw_attack_result *result);

bw_status bwi_count_classes(bw_evaluation *e, bw_error *err);
bool bwi_is_blocked(const bw_evaluation *e);

/* The attack that curve and checks run again, of those that were run on the model alone: with a budget and
 * gradient steps before any other, then that of most steps, then that which broke most, though each got what
 * those before it left. -1: none has run. */
int32_t bwi_strongest(const bw_evaluation *e, bool iterative_only);

#endif
