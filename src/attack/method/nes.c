/* SPDX-License-Identifier: Apache-2.0 */
/* Projected ascent along gradients that natural evolution strategies estimate, with the momentum and the
 * falling step of the authors' code: the step is halved when the loss is lower than some estimates ago. */
#include <math.h>

#include "attack/ascent.h"
#include "attack/estimate.h"

enum { MOMENTUM = BWI_ESTIMATE_ROWS, N_ROWS, N_MEMORY = 5 };

typedef struct note {
  bwi_estimate estimate; /* first, as bwi_estimate_gradient has it */
  double step;
  double losses[N_MEMORY]; /* of the latest estimates, in a ring */
  uint32_t n_losses;       /* since the step was last made shorter */
} note;

static void watch_plateau(note *own, double shortest) {
  const uint32_t at = own->n_losses++ % N_MEMORY;
  own->losses[at] = own->estimate.mean;
  if (own->n_losses < N_MEMORY || own->losses[at] >= own->losses[(at + 1) % N_MEMORY]) return;
  own->step = fmax(own->step / 2, shortest);
  own->n_losses = 0;
}

static void climb(bwi_batch *batch, uint64_t i, float decay) {
  const uint64_t d = batch->ball.d;
  const note *own = bwi_batch_note(batch, i);
  const float *slope = batch->slope + i * d;
  float *momentum = bwi_batch_row(batch, i, MOMENTUM);
  for (uint64_t j = 0; j < d; j++) momentum[j] = decay * momentum[j] + (1 - decay) * slope[j];
  bwi_ball_ascend(&batch->ball, batch->subjects[i].clean, momentum, (float)own->step, 1, batch->x + i * d,
                  batch->scratch);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const uint32_t n_pairs = (uint32_t)bwi_attack_value(attack, "samples", 50) / 2,
                 n_queries = (uint32_t)bwi_attack_value(attack, "queries", 10000);
  const double step = bwi_attack_value(attack, "step", 0.01),
               shortest = fmin(bwi_attack_value(attack, "shortest", 5e-5), step);
  const float decay = (float)bwi_attack_value(attack, "decay", 0.9);
  bwi_estimator how = {.n_pairs = n_pairs,
                       .radius = bwi_attack_value(attack, "sigma", 1e-3),
                       .weight = 1.0 / n_pairs,
                       .most = INFINITY,
                       .loss = (bwi_loss)bwi_attack_value(attack, "loss", BWI_LOSS_CE),
                       .direct = bwi_direct_gaussian};
  if (batch->restart > 0) bwi_start_at_random(batch);
  for (uint64_t i = 0; i < batch->n; i++) ((note *)bwi_batch_note(batch, i))->step = step;
  const uint32_t n_steps = n_queries / (2 * n_pairs + 1);
  for (uint32_t k = 0; k < n_steps && batch->n > 0; k++, how.first += n_pairs) {
    BW_TRY(bwi_estimate_gradient(batch, &how, err));
    for (uint64_t i = 0; i < batch->n; i++) {
      watch_plateau(bwi_batch_note(batch, i), shortest);
      climb(batch, i, decay);
    }
    BW_TRY(bwi_batch_logits(batch, err));
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    {"queries", "greatest number of model evaluations for a sample", NULL, BW_OPTION_INTEGER, 1, 10000000,
     10000, NULL},
    BWI_SAMPLES(50),
    {"sigma", "standard deviation of the points around the iterate", "distance", BW_OPTION_REAL, 1e-9, 1e9,
     1e-3, NULL},
    {"step", "length of the first steps", "distance", BW_OPTION_REAL, 0, 1e9, 0.01, NULL},
    {"shortest", "length of the shortest steps", "distance", BW_OPTION_REAL, 0, 1e9, 5e-5, NULL},
    {"decay", "share of the momentum that is kept in a step", NULL, BW_OPTION_REAL, 0, 1, 0.9, NULL},
    BWI_SCORE_LOSS(BWI_LOSS_CE),
    BWI_RESTARTS("starts tried for a sample: the sample, then random points of the ball"),
    BWI_TARGET,
};

const bwi_attack_class bwi_nes = {
    .info = {.name = "nes",
             .title = "Natural evolution strategies",
             .summary =
                 "Projected ascent along gradients that are estimated from the scores of random points.",
             .paper =
                 "Ilyas, Engstrom, Athalye, Lin 2018, Black-box adversarial attacks with limited queries "
                 "and information",
             .access = BW_ACCESS_SCORE,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 41,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .run = run,
};
