/* SPDX-License-Identifier: Apache-2.0 */
/* Simultaneous perturbation stochastic approximation: Adam along gradients that are estimated from points at
 * which each coordinate is a little higher or lower. */
#include <math.h>

#include "attack/adam.h"
#include "attack/ascent.h"
#include "attack/estimate.h"

enum { MEAN = BWI_ESTIMATE_ROWS, SQUARE, N_ROWS };

static void climb(bwi_batch *batch, uint64_t i, double rate, uint32_t step) {
  const uint64_t d = batch->ball.d;
  float *down = batch->slope + i * d, *x = batch->x + i * d;
  for (uint64_t j = 0; j < d; j++) down[j] = -down[j];
  bwi_adam_step(d, rate, step, down, bwi_batch_row(batch, i, MEAN), bwi_batch_row(batch, i, SQUARE), x);
  bwi_ball_project(&batch->ball, batch->subjects[i].clean, x);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const uint32_t n_pairs = (uint32_t)bwi_attack_value(attack, "samples", 128) / 2,
                 n_steps = (uint32_t)bwi_attack_value(attack, "steps", 100);
  const double rate = bwi_attack_value(attack, "rate", 0.01);
  bwi_estimator how = {.n_pairs = n_pairs,
                       .radius = bwi_attack_value(attack, "delta", 0.01),
                       .weight = 1.0 / n_pairs,
                       .most = INFINITY,
                       .loss = (bwi_loss)bwi_attack_value(attack, "loss", BWI_LOSS_MARGIN),
                       .direct = bwi_direct_signs};
  if (batch->restart > 0) bwi_start_at_random(batch);
  for (uint32_t step = 1; step <= n_steps && batch->n > 0; step++, how.first += n_pairs) {
    BW_TRY(bwi_estimate_gradient(batch, &how, err));
    for (uint64_t i = 0; i < batch->n; i++) climb(batch, i, rate, step);
    BW_TRY(bwi_batch_logits(batch, err));
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    BWI_STEPS(100),
    BWI_SAMPLES(128),
    {"delta", "how much higher or lower coordinates are at the points", "distance", BW_OPTION_REAL, 1e-9, 1e9,
     0.01, NULL},
    {"rate", "learning rate of Adam", "distance", BW_OPTION_REAL, 0, 1e9, 0.01, NULL},
    BWI_SCORE_LOSS(BWI_LOSS_MARGIN),
    BWI_RESTARTS("starts tried for a sample: the sample, then random points of the ball"),
    BWI_TARGET,
};

const bwi_attack_class bwi_spsa = {
    .info = {.name = "spsa",
             .title = "Simultaneous perturbation stochastic approximation",
             .summary = "Adam along gradients that are estimated from the scores of random points.",
             .paper = "Uesato, O'Donoghue, van den Oord, Kohli 2018, Adversarial risk and the dangers of "
                      "evaluating against weak attacks",
             .access = BW_ACCESS_SCORE,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 42,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(bwi_estimate),
    .run = run,
};
