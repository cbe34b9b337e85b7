/* SPDX-License-Identifier: Apache-2.0 */
/* Projected gradient ascent: the one loop of FGSM, BIM, PGD, TRADES and the MI-FGSM family. */
#ifndef ATTACK_ASCENT_H
#define ATTACK_ASCENT_H

#include <math.h>

#include "attack/attack.h"

typedef struct bwi_ascent bwi_ascent;

/* Writes the direction of a step into `slope` for every sample, and judges the iterates meanwhile. */
typedef bw_status (*bwi_slopes_fn)(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err);

struct bwi_ascent {
  uint32_t n_steps;
  float step; /* length of a step, in the attack's norm */
  bwi_loss loss;
  bwi_slopes_fn slopes; /* NULL: the gradients at the iterates */
  bool has_momentum;
  float decay;      /* of the momentum, which is row BWI_MOMENTUM of the class */
  uint64_t n_moved; /* coordinates that a step of L1 moves */
};

#define BWI_MOMENTUM 0

/* Settings from the attack's options: steps, step, loss, sparsity, and decay, without which there is no
 * momentum. */
bwi_ascent bwi_ascent_of(const bw_attack *attack, uint64_t d);

/* Climbs from where the iterates are. Every iterate is checked, the last one by a forward pass. */
bw_status bwi_ascend(bwi_batch *batch, const bwi_ascent *how, bw_error *err);

/* The same with the settings that the options give: all that some attacks are. */
bw_status bwi_run_ascent(bwi_batch *batch, bw_error *err);

/* Notes the loss of a gradient step in what bwi_trail.late_gain is made of. */
void bwi_note_loss(bwi_subject *subject, uint32_t step, uint32_t n_steps);

/* BW_EUNSUPPORTED if samples have no height and width. */
bw_status bwi_need_pictures(const bwi_batch *batch, bw_error *err);

/* From `first` to `last` along half a cosine, over n_steps. */
double bwi_cosine_schedule(double first, double last, uint32_t step, uint32_t n_steps);

/* Puts every iterate at a random point of its ball. */
void bwi_start_at_random(bwi_batch *batch);

/* 2.5 eps / steps for "step", so that the steps can cross the ball (Madry et al. 2018). */
double bwi_usual_step(const bw_attack *attack, const char *option);

/* eps / steps for "step", with which the last step can reach the edge of the ball (Dong et al. 2018). */
double bwi_even_step(const bw_attack *attack, const char *option);

/* Rows of option tables that several attacks have. */
extern const char *const bwi_loss_names[], *const bwi_target_names[];

#define BWI_STEPS(standard_steps) \
  { "steps", "gradient steps", NULL, BW_OPTION_INTEGER, 1, 100000, (standard_steps), NULL }
#define BWI_STEP(text) \
  { "step", (text), "distance", BW_OPTION_REAL, 0, 1e9, NAN, NULL }
#define BWI_DECAY \
  { "decay", "share of the momentum that a step keeps", NULL, BW_OPTION_REAL, 0, 1, 1, NULL }
#define BWI_LOSS                                                                                 \
  {                                                                                              \
    "loss", "what is climbed: cross-entropy, logit margin, or difference of logits ratio", NULL, \
        BW_OPTION_CHOICE, 0, 2, 0, bwi_loss_names                                                \
  }
#define BWI_RESTARTS(text) \
  { "restarts", (text), NULL, BW_OPTION_INTEGER, 1, 65535, 1, NULL }
#define BWI_TARGET                                                                                      \
  {                                                                                                     \
    "target", "class to be reached: none (any wrong one), the next, a random one, or the least likely", \
        NULL, BW_OPTION_CHOICE, 0, 3, 0, bwi_target_names                                               \
  }
#define BWI_SPARSITY                                                                                      \
  {                                                                                                       \
    "sparsity", "L1 only: share of the coordinates that a step leaves alone", NULL, BW_OPTION_REAL, 0, 1, \
        0.99, NULL                                                                                        \
  }
#define BWI_EARLY_STOP                                                                                   \
  {                                                                                                      \
    "early_stop", "leave a sample at its first success; else keep its success of greatest margin", NULL, \
        BW_OPTION_BOOLEAN, 0, 1, 1, NULL                                                                 \
  }
#define BWI_NEAREST_STOP                                                                                   \
  {                                                                                                        \
    "early_stop", "leave a sample at its first success within eps; by default if there is a budget", NULL, \
        BW_OPTION_BOOLEAN, 0, 1, NAN, NULL                                                                 \
  }

#endif
