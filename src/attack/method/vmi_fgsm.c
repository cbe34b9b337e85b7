/* SPDX-License-Identifier: Apache-2.0 */
/* MI-FGSM and NI-FGSM with the gradient's variance added: how much the mean gradient of random neighbours
 * differed from the iterate's own, one step before. VNI-FGSM takes the gradient at the point that the
 * momentum leads to, and the neighbours still around the iterate, as the authors' code does. */
#include <string.h>

#include "attack/views.h"

enum { VARIANCE = BWI_N_VIEW_ROWS, N_ROWS };

typedef struct note {
  bwi_view_note views; /* first: views.c looks for it there */
  double scale;        /* of the variance */
  double loss;         /* at the iterate */
} note;

static const bw_option_info options[] = {
    BWI_STEPS(10),
    BWI_STEP("length of a step; by default eps / steps"),
    BWI_DECAY,
    {"neighbours", "random points around an iterate", NULL, BW_OPTION_INTEGER, 0, 10000, 20, NULL},
    {"reach", "greatest distance of a neighbour in a coordinate, as multiple of eps", NULL, BW_OPTION_REAL, 0,
     1000, 1.5, NULL},
    BWI_LOSS,
    BWI_TARGET,
    BWI_EARLY_STOP,
};

static void show(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                 const float *restrict x, float *restrict view) {
  const uint32_t n = (uint32_t)bwi_attack_value(batch->attack, "neighbours", 1);
  const float reach = (float)(bwi_attack_value(batch->attack, "reach", 1) * batch->attack->eps);
  (void)how;
  bwi_rng_uniform(view, batch->ball.d, batch->subjects[i].key, step * n + k, -reach, reach);
  for (uint64_t j = 0; j < batch->ball.d; j++) view[j] += x[j];
}

/* slope <- slope + variance of the step before; the variance becomes that of this step. */
static bw_status tune(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  const uint64_t d = batch->ball.d;
  const bwi_views neighbours = {.count = (uint32_t)bwi_attack_value(batch->attack, "neighbours", 1),
                                .show = show};
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    const float *slope = batch->slope + i * d;
    float *sum = bwi_batch_row(batch, i, BWI_SUM);
    note *own = bwi_batch_note(batch, i);
    own->loss = s->loss;
    own->views.scale = 0;
    memset(sum, 0, d * sizeof *sum);
    bwi_add_scaled(d, -(double)neighbours.count * s->scale, slope, &own->views.scale, sum);
    bwi_add_scaled(d, s->scale, slope, &own->scale, bwi_batch_row(batch, i, VARIANCE));
  }
  if (step + 1 < how->n_steps) BW_TRY(bwi_add_views(batch, how, &neighbours, step, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    float *variance = bwi_batch_row(batch, i, VARIANCE);
    note *own = bwi_batch_note(batch, i);
    batch->subjects[i].loss = own->loss;
    memcpy(batch->slope + i * d, variance, d * sizeof *variance);
    memcpy(variance, bwi_batch_row(batch, i, BWI_SUM), d * sizeof *variance);
    own->scale = own->views.scale / neighbours.count;
  }
  return BW_OK;
}

static bw_status slopes(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  static const bwi_views ahead = {.count = 1, .show = bwi_look_ahead};
  BW_TRY(batch->attack->class == &bwi_vni_fgsm ? bwi_view_slopes(batch, how, &ahead, step, err)
                                               : bwi_batch_gradient(batch, how->loss, err));
  return bwi_attack_value(batch->attack, "neighbours", 1) > 0 ? tune(batch, how, step, err) : BW_OK;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.slopes = slopes;
  return bwi_ascend(batch, &how, err);
}

static const char paper[] =
    "Wang, He 2021, Enhancing the transferability of adversarial attacks through variance tuning";

const bwi_attack_class bwi_vmi_fgsm = {
    .info = {.name = "vmi-fgsm",
             .title = "Variance-tuned momentum iterative method",
             .summary = "As MI-FGSM, with gradients corrected by those of random neighbours one step before.",
             .paper = paper,
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 24,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_even_step,
    .run = run,
};

const bwi_attack_class bwi_vni_fgsm = {
    .info = {.name = "vni-fgsm",
             .title = "Variance-tuned Nesterov iterative method",
             .summary = "As NI-FGSM, with gradients corrected by those of random neighbours one step before.",
             .paper = paper,
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 25,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_even_step,
    .run = run,
};
