/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient steps with momentum. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {
    BWI_STEPS(10),  BWI_STEP("length of a step; by default eps / steps"),
    BWI_DECAY,      BWI_LOSS,
    BWI_TARGET,     BWI_SPARSITY,
    BWI_EARLY_STOP,
};

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
    .derive = bwi_even_step,
    .run = bwi_run_ascent,
};
