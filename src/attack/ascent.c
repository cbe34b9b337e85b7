/* SPDX-License-Identifier: Apache-2.0 */
/* Iterates x <- P(x + step * steepest(m)), where m is the gradient of the loss or, with momentum,
 * m <- decay * m + g / mean|g| (Dong et al. 2018, equation 6; divided by the mean as the authors' code does).
 */
#include "attack/ascent.h"

const char *const bwi_loss_names[] = {"ce", "margin", "dlr", NULL};
const char *const bwi_target_names[] = {"none", "next", "random", "least-likely", NULL};

double bwi_usual_step(const bw_attack *attack, const char *option) {
  (void)option;
  return 2.5 * attack->eps / bwi_attack_value(attack, "steps", 1);
}

double bwi_even_step(const bw_attack *attack, const char *option) {
  (void)option;
  return attack->eps / bwi_attack_value(attack, "steps", 1);
}

bwi_ascent bwi_ascent_of(const bw_attack *attack, uint64_t d) {
  const double left_alone = bwi_attack_value(attack, "sparsity", 0.99);
  const double n_moved = ceil((1 - left_alone) * (double)d), decay = bwi_attack_value(attack, "decay", NAN);
  return (bwi_ascent){
      .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 1),
      .step = (float)bwi_attack_value(attack, "step", attack->eps),
      .loss = (bwi_loss)bwi_attack_value(attack, "loss", BWI_LOSS_CE),
      .has_momentum = !isnan(decay),
      .decay = (float)decay,
      .n_moved = n_moved > 1 ? (uint64_t)n_moved : 1,
  };
}

bw_status bwi_need_pictures(const bwi_batch *batch, bw_error *err) {
  if (batch->layout.height > 1 && batch->layout.width > 1) return BW_OK;
  return BW_FAIL(err, BW_EUNSUPPORTED, "%s needs pictures: samples have no height and width",
                 batch->attack->class->info.name);
}

double bwi_cosine_schedule(double first, double last, uint32_t step, uint32_t n_steps) {
  static const double pi = 3.14159265358979323846;
  return last + (first - last) * (1 + cos(pi * step / n_steps)) / 2;
}

void bwi_start_at_random(bwi_batch *batch) {
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    bwi_ball_random(&batch->ball, s->clean, s->key, 0, batch->x + i * batch->ball.d);
  }
}

#define N_LATE 10 /* steps at the end over which the loss should hardly rise any more */

void bwi_note_loss(bwi_subject *s, uint32_t step, uint32_t n_steps) {
  if (step == 0) s->lowest = s->highest = s->loss;
  if (s->loss < s->lowest) s->lowest = s->loss;
  if (s->loss > s->highest) s->highest = s->loss;
  if (step + N_LATE < n_steps) s->highest_before = s->highest;
}

static void add_momentum(uint64_t d, float decay, const float *restrict slope, float *restrict momentum) {
  double sum = 0;
  for (uint64_t j = 0; j < d; j++) sum += fabs((double)slope[j]);
  const double mean = sum / (double)d;
  const float scale = mean > 0 && isfinite(mean) ? (float)(1 / mean) : 0;
  for (uint64_t j = 0; j < d; j++) momentum[j] = decay * momentum[j] + scale * slope[j];
}

bw_status bwi_ascend(bwi_batch *batch, const bwi_ascent *how, bw_error *err) {
  const uint64_t d = batch->ball.d;
  for (uint32_t step = 0; step < how->n_steps && batch->n > 0; step++) {
    BW_TRY(how->slopes != NULL ? how->slopes(batch, how, step, err)
                               : bwi_batch_gradient(batch, how->loss, err));
    for (uint64_t i = 0; i < batch->n; i++) {
      bwi_subject *s = &batch->subjects[i];
      const float *direction = batch->slope + i * d;
      bwi_note_loss(s, step, how->n_steps);
      if (how->has_momentum) {
        float *momentum = bwi_batch_row(batch, i, BWI_MOMENTUM);
        add_momentum(d, how->decay, direction, momentum);
        direction = momentum;
      }
      bwi_ball_ascend(&batch->ball, s->clean, direction, how->step, how->n_moved, batch->x + i * d,
                      batch->scratch);
    }
  }
  return bwi_batch_logits(batch, err);
}

bw_status bwi_run_ascent(bwi_batch *batch, bw_error *err) {
  const bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  return bwi_ascend(batch, &how, err);
}
