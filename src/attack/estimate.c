/* SPDX-License-Identifier: Apache-2.0 */
/* With u a direction and s the radius, (f(x + s u) - f(x - s u)) / 2 s is the slope of f along u but for
 * terms of order s^2; times u and averaged it estimates the gradient wherever the mean of u u^T is the unit
 * matrix (Spall 1992; Ilyas et al. 2018, section 2.1). */
#include "attack/estimate.h"

#include <math.h>
#include <string.h>

const char *const bwi_score_names[] = {"ce", "margin", NULL};

static uint32_t draw_of(const bwi_estimator *how, uint32_t pair) {
  return 1 + (uint32_t)how->first + pair; /* 0 is for where the attack begins */
}

void bwi_direct_gaussian(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                         float *direction) {
  bwi_rng_normal(direction, batch->ball.d, batch->subjects[i].key, draw_of(how, pair));
}

void bwi_direct_signs(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                      float *direction) {
  bwi_rng_uniform(direction, batch->ball.d, batch->subjects[i].key, draw_of(how, pair), -1, 1);
  for (uint64_t j = 0; j < batch->ball.d; j++) direction[j] = copysignf(1, direction[j]);
}

static void write_point(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, float *restrict x) {
  const bwi_estimator *how = payload;
  const float *centre = bwi_batch_row(batch, i, BWI_CENTRE_ROW);
  float *direction = bwi_batch_row(batch, i, BWI_DIRECTION_ROW);
  const float radius = k % 2 == 0 ? (float)how->radius : -(float)how->radius;
  if (k % 2 == 0) how->direct(how, batch, i, k / 2, direction);
  for (uint64_t j = 0; j < batch->ball.d; j++) x[j] = centre[j] + radius * direction[j];
}

/* The direction is told from the point behind: the row may hold that of a later pair by now. */
static void take_difference(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, const float *restrict x,
                            const float *logits) {
  const bwi_estimator *how = payload;
  bwi_estimate *own = bwi_batch_note(batch, i);
  const double loss = fmin(bwi_score(&batch->subjects[i], how->loss, batch->n_classes, logits), how->most);
  own->mean += loss / (2 * how->n_pairs);
  if (k % 2 == 0) {
    own->ahead = loss;
    return;
  }
  const float *centre = bwi_batch_row(batch, i, BWI_CENTRE_ROW);
  float *restrict slope = batch->slope + i * batch->ball.d;
  const float scale = (float)(how->weight * (own->ahead - loss) / (2 * how->radius * how->radius));
  for (uint64_t j = 0; j < batch->ball.d; j++) slope[j] += scale * (centre[j] - x[j]);
}

bw_status bwi_estimate_gradient(bwi_batch *batch, const bwi_estimator *how, bw_error *err) {
  const uint64_t d = batch->ball.d;
  bwi_estimator copy = *how;
  const bwi_trials trials = {
      .n = 2 * how->n_pairs, .write = write_point, .visit = take_difference, .payload = &copy};
  for (uint64_t i = 0; i < batch->n; i++) {
    memcpy(bwi_batch_row(batch, i, BWI_CENTRE_ROW), batch->x + i * d, d * sizeof(float));
    memset(batch->slope + i * d, 0, d * sizeof(float));
    ((bwi_estimate *)bwi_batch_note(batch, i))->mean = 0;
  }
  BW_TRY(bwi_batch_trials(batch, &trials, err));
  for (uint64_t i = 0; i < batch->n; i++)
    memcpy(batch->x + i * d, bwi_batch_row(batch, i, BWI_CENTRE_ROW), d * sizeof(float));
  return BW_OK;
}
