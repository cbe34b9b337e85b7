/* SPDX-License-Identifier: Apache-2.0 */
/* A random step of alpha in every coordinate, x + alpha * sign(N(0, 1)), then a gradient step of eps - alpha:
 * equation 7 of the paper. One step, as there; some tools iterate under the same name. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    {"alpha", "length of the random step; by default half of eps", "distance", BW_OPTION_REAL, 0, 1e9, NAN,
     NULL},
    BWI_LOSS,
    BWI_RESTARTS("random steps tried for a sample"),
    BWI_TARGET,
};

static double derive(const bw_attack *attack, const char *option) {
  (void)option;
  return attack->eps / 2;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const uint64_t d = batch->ball.d;
  const double alpha = fmin(bwi_attack_value(batch->attack, "alpha", 0), batch->attack->eps);
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    bwi_rng_uniform(batch->slope, d, s->key, 0, -1, 1); /* its sign is that of a normal draw */
    bwi_ball_ascend(&batch->ball, s->clean, batch->slope, (float)alpha, d, batch->x + i * d, batch->scratch);
  }
  bwi_ascent how = bwi_ascent_of(batch->attack, d);
  how.step = (float)(batch->attack->eps - alpha);
  return bwi_ascend(batch, &how, err);
}

const bwi_attack_class bwi_r_fgsm = {
    .info = {.name = "r-fgsm",
             .title = "Randomised fast gradient sign method",
             .summary = "A random step first, which leaves the masked neighbourhood of the sample, then one "
                        "gradient step.",
             .paper =
                 "Tramer, Kurakin, Papernot, Goodfellow, Boneh, McDaniel 2018, Ensemble adversarial training",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 2,
    .derive = derive,
    .run = run,
};
