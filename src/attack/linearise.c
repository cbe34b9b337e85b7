/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/linearise.h"

#include <math.h>
#include <string.h>

static bwi_facet facet_at(const bwi_batch *batch, double gap, const float *slope) {
  const double steepness = bwi_length(bwi_dual(batch->ball.norm), batch->ball.d, slope);
  return (bwi_facet){.gap = gap, .reach = fabs(gap) / (1e-12 + steepness)};
}

static void take_nearest(bwi_batch *batch, uint64_t i, uint32_t class, const float *slope) {
  const float *logits = batch->logits + i * batch->n_classes;
  bwi_facet *own = bwi_batch_note(batch, i);
  const bwi_facet other =
      facet_at(batch, (double)logits[class] - (double)logits[batch->subjects[i].label], slope);
  if (!(other.reach < own->reach)) return;
  *own = other;
  memcpy(bwi_batch_row(batch, i, BWI_FACET_ROW), slope, batch->ball.d * sizeof(float));
}

static bw_status aim(bwi_batch *batch, bwi_loss loss, bw_error *err) {
  BW_TRY(bwi_batch_gradient(batch, loss, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    bwi_facet *own = bwi_batch_note(batch, i);
    *own = facet_at(batch, batch->subjects[i].loss, batch->slope + i * batch->ball.d);
  }
  return BW_OK;
}

bw_status bwi_linearise(bwi_batch *batch, bwi_loss aimed, uint32_t n_chosen, bwi_class_choice_fn choice,
                        bw_error *err) {
  const uint64_t d = batch->ball.d;
  if (batch->n > 0 && batch->subjects[0].aim >= 0) return aim(batch, aimed, err);
  for (uint64_t i = 0; i < batch->n; i++) {
    *(bwi_facet *)bwi_batch_note(batch, i) = (bwi_facet){.reach = INFINITY};
    memset(bwi_batch_row(batch, i, BWI_FACET_ROW), 0, d * sizeof(float));
  }
  BW_TRY(choice != NULL ? bwi_batch_chosen_slopes(batch, n_chosen, choice, take_nearest, err)
                        : bwi_batch_class_slopes(batch, take_nearest, err));
  for (uint64_t i = 0; i < batch->n; i++)
    memcpy(batch->slope + i * d, bwi_batch_row(batch, i, BWI_FACET_ROW), d * sizeof(float));
  return BW_OK;
}
