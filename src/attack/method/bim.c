/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient steps from the sample itself. Differs from the paper in keeping the budget and the number of steps
 * apart, as every later tool does. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    BWI_STEPS(10), BWI_STEP("length of a step; by default 2.5 eps / steps"),
    BWI_LOSS,      BWI_TARGET,
    BWI_SPARSITY,  BWI_EARLY_STOP,
};

const bwi_attack_class bwi_bim = {
    .info = {.name = "bim",
             .title = "Basic iterative method",
             .summary = "Projected gradient steps that begin at the clean sample.",
             .paper = "Kurakin, Goodfellow, Bengio 2017, Adversarial examples in the physical world",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 3,
    .derive = bwi_usual_step,
    .run = bwi_run_ascent,
};
