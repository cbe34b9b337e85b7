/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient steps with momentum; the gradient is divided by its mean absolute value before it is added, as the
 * authors' code does. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    BWI_STEPS(10),
    BWI_STEP("length of a step; by default eps / steps"),
    {"decay", "share of the momentum that a step keeps", NULL, BW_OPTION_REAL, 0, 1, 1, NULL},
    BWI_LOSS,
    BWI_TARGET,
    BWI_SPARSITY,
    BWI_EARLY_STOP,
};

static double derive(const bw_attack *attack, const char *option) {
  (void)option;
  return attack->eps / bwi_attack_value(attack, "steps", 1);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.has_momentum = true;
  how.decay = (float)bwi_attack_value(batch->attack, "decay", 1);
  return bwi_ascend(batch, &how, err);
}

const bwi_attack_class bwi_mi_fgsm = {
    .info = {.name = "mi-fgsm",
             .title = "Momentum iterative method",
             .summary = "Gradient steps from the clean sample along a running sum of normalised gradients.",
             .paper = "Dong, Liao, Pang, Su, Zhu, Hu, Li 2018, Boosting adversarial attacks with momentum",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 5,
    .n_rows = 1,
    .derive = derive,
    .run = run,
};
