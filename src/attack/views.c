/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/views.h"

#include <math.h>
#include <string.h>

void bwi_add_scaled(uint64_t d, double scale, const float *restrict slope, double *sum_scale,
                    float *restrict sum) {
  const double size = fabs(scale);
  if (!(size > 0)) return;
  if (size > *sum_scale) {
    const float shrink = (float)(*sum_scale / size);
    for (uint64_t j = 0; j < d; j++) sum[j] *= shrink;
    *sum_scale = size;
  }
  const float factor = (float)(scale / *sum_scale);
  for (uint64_t j = 0; j < d; j++) sum[j] += factor * slope[j];
}

void bwi_look_ahead(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                    const float *restrict x, float *restrict view) {
  (void)step;
  (void)k;
  const float *momentum = bwi_batch_row(batch, i, BWI_MOMENTUM);
  const float length = how->decay * how->step;
  for (uint64_t j = 0; j < batch->ball.d; j++) view[j] = x[j] + length * momentum[j];
}

static void take_view(bwi_batch *batch, const bwi_ascent *how, const bwi_views *views, uint64_t i,
                      uint32_t step, uint32_t k) {
  const uint64_t d = batch->ball.d;
  const bwi_subject *s = &batch->subjects[i];
  bwi_view_note *own = bwi_batch_note(batch, i);
  const float *slope = batch->slope + i * d;
  if (views->back != NULL) {
    views->back(batch, how, i, step, k, slope, batch->scratch);
    slope = batch->scratch;
  }
  bwi_add_scaled(d, s->scale, slope, &own->scale, bwi_batch_row(batch, i, BWI_SUM));
  own->loss += s->loss / views->count;
}

bw_status bwi_add_views(bwi_batch *batch, const bwi_ascent *how, const bwi_views *views, uint32_t step,
                        bw_error *err) {
  const uint64_t d = batch->ball.d, n = batch->n;
  for (uint64_t i = 0; i < n; i++) {
    memcpy(bwi_batch_row(batch, i, BWI_CENTRE), batch->x + i * d, d * sizeof(float));
    ((bwi_view_note *)bwi_batch_note(batch, i))->loss = 0;
  }
  batch->probes = true;
  for (uint32_t k = 0; k < views->count; k++) {
    for (uint64_t i = 0; i < n; i++)
      views->show(batch, how, i, step, k, bwi_batch_row(batch, i, BWI_CENTRE), batch->x + i * d);
    BW_TRY(bwi_batch_gradient(batch, how->loss, err));
    for (uint64_t i = 0; i < n; i++) take_view(batch, how, views, i, step, k);
  }
  batch->probes = false;
  for (uint64_t i = 0; i < n; i++)
    memcpy(batch->x + i * d, bwi_batch_row(batch, i, BWI_CENTRE), d * sizeof(float));
  return BW_OK;
}

bw_status bwi_view_slopes(bwi_batch *batch, const bwi_ascent *how, const bwi_views *views, uint32_t step,
                          bw_error *err) {
  const uint64_t d = batch->ball.d;
  BW_TRY(bwi_batch_logits(batch, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    ((bwi_view_note *)bwi_batch_note(batch, i))->scale = 0;
    memset(bwi_batch_row(batch, i, BWI_SUM), 0, d * sizeof(float));
  }
  BW_TRY(bwi_add_views(batch, how, views, step, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_view_note *own = bwi_batch_note(batch, i);
    batch->subjects[i].loss = own->loss;
    batch->subjects[i].scale = own->scale;
    memcpy(batch->slope + i * d, bwi_batch_row(batch, i, BWI_SUM), d * sizeof(float));
  }
  return BW_OK;
}
