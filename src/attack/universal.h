/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks that make one thing for all samples, a perturbation or a patch: what they see while they make it.
 * It is made from the samples that are to be attacked, or from some of them drawn at random (option fit), and
 * then tried on all. */
#ifndef ATTACK_UNIVERSAL_H
#define ATTACK_UNIVERSAL_H

#include "attack/crew.h"
#include "attack/result.h"

struct bwi_fitting {
  const bw_attack *attack;
  bwi_crew *crew;
  bwi_ball ball; /* of the perturbation: around zero, in a box from which all of the domain can be reached */
  float lower, upper; /* of the domain */
  bwi_layout layout;
  bwi_rng_key key;
  uint64_t n; /* samples to fit to, in random order */
  const bwi_subject *subjects;
  float *universal; /* (d) what is made; zero at the start */

  /* Buffers. */
  float *x, *slope, *logits; /* (rows, d) and (rows, classes) */
  float *zero, *mean;        /* (d) */
  float *scratch[2];         /* (d) */
  bw_sample_outcome *outcomes;
};

/* Makes what the attack's class makes for the n subjects, which it puts in random order, and leaves it in
 * the result. Errors of the class, BW_ENOMEM. */
bw_status bwi_fit(bw_attack_result *result, bwi_crew *crew, const bw_attack *attack, const bwi_layout *layout,
                  uint64_t seed, uint64_t n, bwi_subject *subjects, bw_error *err);

/* Buffers with n_rows, and a phase of progress over so many evaluated samples. BW_ENOMEM. */
bw_status bwi_fitting_begin(bwi_fitting *f, uint64_t n_rows, uint64_t n_samples, bw_error *err);

/* Logits of rows [0, n) of x and, unless cotangent is NULL, gradients. Whoever calls counts. */
bw_status bwi_fit_evaluate(bwi_fitting *f, uint64_t n, bwi_cotangent_fn cotangent, void *payload,
                           bw_error *err);

/* Row k of x is made from subject first + k: logits, and gradients of the attack's loss (option loss), each
 * with the weight of its greatest cotangent 1. What has a loss above `most` has had enough: its gradient is
 * zero. BW_ECANCEL when the run was cancelled. */
bw_status bwi_fit_climb(bwi_fitting *f, uint64_t first, uint64_t n, double most, bw_error *err);

/* Counts evaluations of subject i. */
void bwi_fit_count(bwi_fitting *f, uint64_t i, uint32_t forwards, uint32_t backwards);

/* Universal perturbations: the clean sample and the perturbation, in the box; and the attack on a batch. */
void bwi_universal_add(uint64_t d, const float *clean, const float *universal, float lower, float upper,
                       float *x);
bw_status bwi_universal_run(bwi_batch *batch, bw_error *err);

/* BW_EINVAL unless the model has the class of option `towards`. */
bw_status bwi_check_towards(const bw_attack *attack, const bw_model *model, bw_error *err);

/* Rows of option tables. */
#define BWI_FIT                                                                                          \
  {                                                                                                      \
    "fit",                                                                                               \
        "samples, drawn at random, that it is made from; the others are held out. 0: all of those that " \
        "are attacked",                                                                                  \
        NULL, BW_OPTION_INTEGER, 0, 1e9, 0, NULL                                                         \
  }
#define BWI_TOWARDS                                                                                        \
  {                                                                                                        \
    "towards", "class that all samples are to be turned into; -1: any wrong one", NULL, BW_OPTION_INTEGER, \
        -1, 1e9, -1, NULL                                                                                  \
  }
#define BWI_MINIBATCH(standard_size) \
  { "minibatch", "samples that a step looks at", NULL, BW_OPTION_INTEGER, 1, 10000, (standard_size), NULL }

#endif
