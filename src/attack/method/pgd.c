/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient steps from random points of the ball. A sample is broken when any restart breaks it. In L1 a step
 * is the sparse one of Tramer and Boneh 2019 (SLIDE) with an exact projection. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    BWI_STEPS(40),
    BWI_STEP("length of a step; by default 2.5 eps / steps"),
    BWI_RESTARTS("random starts tried for a sample"),
    BWI_LOSS,
    BWI_TARGET,
    {"random_start", "begin at a random point of the ball instead of at the sample", NULL, BW_OPTION_BOOLEAN,
     0, 1, 1, NULL},
    BWI_SPARSITY,
    BWI_EARLY_STOP,
};

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  if (bwi_attack_value(batch->attack, "random_start", 1) != 0) bwi_start_at_random(batch);
  return bwi_ascend(batch, &how, err);
}

const bwi_attack_class bwi_pgd = {
    .info = {.name = "pgd",
             .title = "Projected gradient descent",
             .summary = "Projected gradient steps from random points of the ball, with restarts.",
             .paper = "Madry, Makelov, Schmidt, Tsipras, Vladu 2018, Towards deep learning models resistant "
                      "to adversarial attacks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 4,
    .derive = bwi_usual_step,
    .run = run,
};
