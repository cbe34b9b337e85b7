/* SPDX-License-Identifier: Apache-2.0 */
/* Steps in L1 that share their length among the coordinates of greatest slope (SLIDE), from the clean sample.
 * As CleverHans has it with clip_grad, where coordinates at the edge of the box are passed over; the
 * projection is the exact one onto ball and box, and of equal slopes only as many count as fit the share. */
#include "attack/ascent.h"

static const bw_option_info options[] = {
    BWI_STEPS(20),  BWI_STEP("length of a step; by default eps / 10"), BWI_SPARSITY, BWI_LOSS, BWI_TARGET,
    BWI_EARLY_STOP,
};

static double derive(const bw_attack *attack, const char *option) {
  (void)option;
  return attack->eps / 10;
}

const bwi_attack_class bwi_sparse_l1_descent = {
    .info = {.name = "sparse-l1-descent",
             .title = "Sparse L1 descent",
             .summary = "Gradient steps in L1 that move the coordinates of greatest slope.",
             .paper = "Tramer, Boneh 2019, Adversarial training and robustness for multiple perturbations",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L1),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 26,
    .derive = derive,
    .run = bwi_run_ascent,
};
