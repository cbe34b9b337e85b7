/* SPDX-License-Identifier: Apache-2.0 */
/* A soundness check of an evaluation: a constant descriptor with a function that looks at the stages, or runs
 * something of its own. Numbers, criteria and severities: docs/checks.md. */
#ifndef EVAL_CHECK_H
#define EVAL_CHECK_H

#include "base/buffer.h"
#include "eval/evaluation.h"

typedef struct bwi_check bwi_check;

typedef struct bwi_check_call {
  const bw_evaluation *e;
  bwi_crew *crew;
  bwi_stage_call stage_call;
  const bwi_check *check;
  bw_check_outcome outcome; /* BW_CHECK_PASSED at the start */
  bwi_buffer finding;       /* sentences with figures */
} bwi_check_call;

struct bwi_check {
  uint32_t number;
  const char *name; /* "gradient-present" */
  const char *rule; /* the criterion in words */
  bool blocks;      /* else it warns */
  bool costs_extra; /* model evaluations of its own; left out on request */
  bw_status (*run)(bwi_check_call *call, bw_error *err);
};

extern const bwi_check bwi_check_valid, bwi_check_reverified, bwi_check_deterministic, bwi_check_logits,
    bwi_check_gradient_present, bwi_check_gradient_correct, bwi_check_iterative, bwi_check_monotone,
    bwi_check_unbounded, bwi_check_converged, bwi_check_restarts, bwi_check_black_box, bwi_check_noise,
    bwi_check_transfer, bwi_check_silent, bwi_check_worst_case, bwi_check_enough_classes, bwi_check_batch,
    bwi_check_8bit, bwi_check_planted, bwi_check_intervals;

/* All checks, in the order of their numbers. */
extern const bwi_check *const bwi_checks[];
extern const uint32_t bwi_n_checks;

/* Runs every check on finished stages and stores the results. BW_ECANCEL keeps those that were run. */
bw_status bwi_checks_run(bw_evaluation *e, bwi_crew *crew, bw_error *err);

/* ---- for the checks ---- */

/* Sets the outcome to blocked or warned, whichever this check does. */
void bwi_check_fail(bwi_check_call *call);
void bwi_check_skip(bwi_check_call *call, const char *why);

#define BWI_CHECK_SAMPLES 1000 /* most samples that a check attacks again */

/* Up to `most` of the right samples for which wanted() holds (NULL: all), evenly spread. *out is the
 * caller's. */
typedef bool (*bwi_wanted_fn)(const bw_evaluation *e, const void *payload, uint64_t i);
bw_status bwi_pick(uint64_t **out, uint64_t *n, const bw_evaluation *e, uint64_t most, bwi_wanted_fn wanted,
                   const void *payload, bw_error *err);
/* Each a bwi_wanted_fn: unbroken by every attack; unbroken by the attacks of a kind (a bwi_kind *). */
bool bwi_withstood(const bw_evaluation *e, const void *unused, uint64_t i);
typedef struct bwi_kind {
  bwi_kind_fn is;
} bwi_kind;
bool bwi_withstood_kind(const bw_evaluation *e, const void *kind, uint64_t i);

/* Attacks the chosen samples again. *result is the caller's. */
typedef struct bwi_again {
  bw_attack attack;
  const uint64_t *chosen;
  uint64_t n_chosen;
  uint32_t first_restart;
  uint64_t most; /* samples in flight for a worker; 0: as many as usual */
} bwi_again;
bw_status bwi_attack_again(bw_attack_result **result, const bwi_check_call *call, const bwi_again *again,
                           bw_error *err);
/* Keeps of the chosen samples those that the attack breaks again. */
bw_status bwi_keep_broken(const bwi_check_call *call, const bw_attack *attack, uint64_t *chosen, uint64_t *n,
                          bw_error *err);

/* Keeps of the chosen samples, which no attack of the kind broke, those that withstand them all: the ones of
 * that kind that did not get a sample, because another attack had broken it before, attack it now. Where
 * extra runs are not wanted, such a sample is let go. */
bw_status bwi_keep_withstanding(const bwi_check_call *call, bwi_kind_fn is_kind, uint64_t *chosen,
                                uint64_t *n, bw_error *err);

/* Attacks what the suite left, as said in `how`, whose samples are set here. Says what is broken and gives
 * the change of the robust accuracy. */
bw_status bwi_attack_survivors(double *change, uint64_t *n_broken, bwi_check_call *call, bwi_again *how,
                               const char *what, bw_error *err);

/* "1 sample", "2 samples" */
void bwi_say_count(bwi_buffer *out, uint64_t n, const char *noun);

#endif
