/* SPDX-License-Identifier: Apache-2.0 */
/* Random points of the ball: what an attack must beat to deserve its name. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    {"draws", "random points tried for a sample", NULL, BW_OPTION_INTEGER, 1, 1000000, 100, NULL},
    BWI_TARGET,
};

static bw_status run(bwi_batch *batch, bw_error *err) {
  const uint32_t n_draws = (uint32_t)bwi_attack_value(batch->attack, "draws", 1);
  for (uint32_t draw = 0; draw < n_draws && batch->n > 0; draw++) {
    for (uint64_t i = 0; i < batch->n; i++) {
      const bwi_subject *s = &batch->subjects[i];
      bwi_ball_random(&batch->ball, s->clean, s->key, draw, batch->x + i * batch->ball.d);
    }
    BW_TRY(bwi_batch_logits(batch, err));
  }
  return BW_OK;
}

const bwi_attack_class bwi_noise = {
    .info = {.name = "noise",
             .title = "Random noise",
             .summary =
                 "Random points of the ball, without looking at the model: a floor for every other attack.",
             .paper = "Carlini et al. 2019, On evaluating adversarial robustness, section on random noise",
             .access = BW_ACCESS_SCORE,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 6,
    .run = run,
};
