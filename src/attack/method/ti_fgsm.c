/* SPDX-License-Identifier: Apache-2.0 */
/* MI-FGSM with gradients that are convolved with a Gaussian, which comes near to averaging the gradients at
 * shifted pictures. */
#include "attack/ascent.h"
#include "attack/blur.h"

static const bw_option_info options[] = {
    BWI_STEPS(10),
    BWI_STEP("length of a step; by default eps / steps"),
    BWI_DECAY,
    {"kernel", "side of the Gaussian kernel, odd", "pixels", BW_OPTION_INTEGER, 1, BWI_MAX_KERNEL, 15, NULL},
    {"sigmas", "standard deviations from the middle of the kernel to its edge", NULL, BW_OPTION_REAL, 0, 10,
     3, NULL},
    BWI_LOSS,
    BWI_TARGET,
    BWI_SPARSITY,
    BWI_EARLY_STOP,
};

static uint32_t kernel_of(const bw_attack *attack) {
  return (uint32_t)bwi_attack_value(attack, "kernel", 1);
}

static bw_status check(const bw_attack *attack, const bw_model *model, bw_error *err) {
  (void)model;
  if (kernel_of(attack) % 2 == 1) return BW_OK;
  return BW_FAIL(err, BW_EINVAL, "kernel=%u: must be odd", (unsigned)kernel_of(attack));
}

static bw_status slopes(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  (void)step;
  const uint32_t length = kernel_of(batch->attack);
  float weights[BWI_MAX_KERNEL];
  bwi_gaussian(length, bwi_attack_value(batch->attack, "sigmas", 1), weights);
  BW_TRY(bwi_batch_gradient(batch, how->loss, err));
  for (uint64_t i = 0; i < batch->n; i++)
    bwi_blur(&batch->layout, length, weights, batch->slope + i * batch->ball.d, batch->scratch);
  return BW_OK;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  BW_TRY(bwi_need_pictures(batch, err));
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.slopes = slopes;
  return bwi_ascend(batch, &how, err);
}

const bwi_attack_class bwi_ti_fgsm = {
    .info = {.name = "ti-fgsm",
             .title = "Translation-invariant iterative method",
             .summary = "As MI-FGSM, with gradients smoothed by a Gaussian kernel.",
             .paper = "Dong, Pang, Su, Zhu 2019, Evading defenses to transferable adversarial examples by "
                      "translation-invariant attacks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 23,
    .n_rows = 1,
    .check = check,
    .derive = bwi_even_step,
    .run = run,
};
