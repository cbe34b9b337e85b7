/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/tradeoff.h"

#include <math.h>

bwi_tradeoff_plan bwi_tradeoff_begin(bwi_batch *batch) {
  const bw_attack *attack = batch->attack;
  batch->roams = true;
  batch->confidence = bwi_attack_value(attack, "confidence", 0);
  const bwi_tradeoff_plan plan = {
      .first_c = bwi_attack_value(attack, "c", 1e-3),
      .rate = bwi_attack_value(attack, "rate", 0.01),
      .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 1000),
      .n_searches = (uint32_t)bwi_attack_value(attack, "searches", 1),
      .gives_up = bwi_attack_value(attack, "abort_early", 0) != 0,
  };
  for (uint64_t i = 0; i < batch->n; i++) {
    bwi_tradeoff *own = bwi_batch_note(batch, i);
    *own = (bwi_tradeoff){.c = plan.first_c, .high = INFINITY, .checked = INFINITY};
  }
  return plan;
}

double bwi_tradeoff_loss(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const bwi_tradeoff *own = bwi_batch_note(batch, i);
  const bwi_subject *s = &batch->subjects[i];
  const double margin = bwi_loss_eval(BWI_LOSS_MARGIN, batch->n_classes, logits, s->label, s->aim, cotangent);
  const double lack = batch->confidence - margin, weight = lack > 0 ? own->c : 0;
  for (uint32_t k = 0; k < batch->n_classes; k++) cotangent[k] = (float)(-weight * (double)cotangent[k]);
  return weight * lack;
}

bool bwi_tradeoff_ends(const bwi_tradeoff_plan *plan, bwi_tradeoff *own, double loss) {
  const uint32_t step = own->n_steps++, tenth = plan->n_steps > 10 ? plan->n_steps / 10 : 1;
  if (own->n_steps == plan->n_steps) return true;
  if (!plan->gives_up || step % tenth != 0) return false;
  const bool is_stuck = loss > 0.9999 * own->checked;
  own->checked = loss;
  return is_stuck;
}

bool bwi_tradeoff_next(const bwi_tradeoff_plan *plan, bwi_tradeoff *own) {
  if (own->found)
    own->high = fmin(own->high, own->c);
  else
    own->low = fmax(own->low, own->c);
  own->c = isfinite(own->high) ? (own->low + own->high) / 2 : 10 * own->c;
  own->n_searches++;
  /* A search of many values ends with one that is known to succeed. */
  if (plan->n_searches >= 10 && own->n_searches + 1 == plan->n_searches && isfinite(own->high))
    own->c = own->high;
  own->n_steps = 0;
  own->found = false;
  own->checked = INFINITY;
  return own->n_searches < plan->n_searches;
}

void bwi_tradeoff_add_square(const bwi_ball *box, const float *restrict clean, const float *restrict x,
                             float *restrict slope) {
  const float width = box->upper - box->lower, pull = 2 / width;
  for (uint64_t j = 0; j < box->d; j++) slope[j] = width * slope[j] + pull * (x[j] - clean[j]);
}
