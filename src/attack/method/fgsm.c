/* SPDX-License-Identifier: Apache-2.0 */
/* One step of the whole budget along the steepest ascent. */
#include <math.h>

#include "attack/ascent.h"

static const bw_option_info options[] = {BWI_LOSS, BWI_TARGET, BWI_SPARSITY};

const bwi_attack_class bwi_fgsm = {
    .info = {.name = "fgsm",
             .title = "Fast gradient sign method",
             .summary = "One step of length eps along the gradient's steepest ascent.",
             .paper = "Goodfellow, Shlens, Szegedy 2015, Explaining and harnessing adversarial examples",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 1,
    .run = bwi_run_ascent,
};
