/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient steps with momentum, where the gradient is taken at the point that the momentum alone would reach
 * (Nesterov), and, for SI-NI-FGSM, summed over copies of that point at half, a quarter, ... of its size. The
 * copies are gradients with respect to the iterate, so that copy k weighs 2^-k, as in the authors' code. */
#include "attack/views.h"

static const bw_option_info options[] = {
    BWI_STEPS(10),  BWI_STEP("length of a step; by default eps / steps"), BWI_DECAY, BWI_LOSS, BWI_TARGET,
    BWI_EARLY_STOP,
};

static const bw_option_info scaled_options[] = {
    BWI_STEPS(10),
    BWI_STEP("length of a step; by default eps / steps"),
    BWI_DECAY,
    {"scales", "copies at 1, 1/2, 1/4, ... of the size", NULL, BW_OPTION_INTEGER, 1, 30, 5, NULL},
    BWI_LOSS,
    BWI_TARGET,
    BWI_EARLY_STOP,
};

static void halve(uint64_t d, uint32_t k, const float *from, float *to) {
  const float size = ldexpf(1, -(int)k);
  for (uint64_t j = 0; j < d; j++) to[j] = size * from[j];
}

static void show(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                 const float *x, float *view) {
  bwi_look_ahead(batch, how, i, step, k, x, view);
  halve(batch->ball.d, k, view, view);
}

static void back(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                 const float *slope, float *out) {
  (void)how;
  (void)i;
  (void)step;
  halve(batch->ball.d, k, slope, out);
}

static bw_status slopes(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  const bwi_views scales = {
      .count = (uint32_t)bwi_attack_value(batch->attack, "scales", 1), .show = show, .back = back};
  return bwi_view_slopes(batch, how, &scales, step, err);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.slopes = slopes;
  return bwi_ascend(batch, &how, err);
}

static const char paper[] =
    "Lin, Song, He, Wang, Hopcroft 2020, Nesterov accelerated gradient and scale invariance for "
    "adversarial attacks";

const bwi_attack_class bwi_ni_fgsm = {
    .info = {.name = "ni-fgsm",
             .title = "Nesterov iterative method",
             .summary = "As MI-FGSM, with the gradient at the point that the momentum leads to.",
             .paper = paper,
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 20,
    .n_rows = BWI_N_VIEW_ROWS,
    .note_bytes = sizeof(bwi_view_note),
    .derive = bwi_even_step,
    .run = run,
};

const bwi_attack_class bwi_si_ni_fgsm = {
    .info = {.name = "si-ni-fgsm",
             .title = "Scale-invariant Nesterov iterative method",
             .summary = "As NI-FGSM, with gradients summed over copies of the picture at smaller scales.",
             .paper = paper,
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .n_options = sizeof scaled_options / sizeof *scaled_options,
             .options = scaled_options},
    .stream = 21,
    .n_rows = BWI_N_VIEW_ROWS,
    .note_bytes = sizeof(bwi_view_note),
    .derive = bwi_even_step,
    .run = run,
};
