/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/decision.h"

#include <math.h>

bw_status bwi_decide(bwi_batch *batch, bwi_ask_fn ask, const void *settings, bw_error *err) {
  const uint32_t n_queries = (uint32_t)bwi_attack_value(batch->attack, "queries", 1);
  batch->roams = true;
  for (uint32_t query = 0; query < n_queries; query++) {
    for (uint64_t i = batch->n; i-- > 0;) {
      const bool was_success = query > 0 && bwi_is_success(&batch->subjects[i], batch->answers[i]);
      if (!ask(batch, i, was_success, settings)) bwi_batch_drop(batch, i);
    }
    if (batch->n == 0) return BW_OK;
    BW_TRY(bwi_batch_labels(batch, err));
  }
  return BW_OK;
}

bwi_bracket bwi_bracket_of(double low, double high, double tolerance) {
  const double n = ceil(log2((high - low) / tolerance));
  return (bwi_bracket){.low = low, .high = high, .n_left = n > 0 ? (uint32_t)n : 0};
}

double bwi_bracket_middle(const bwi_bracket *b) {
  return 0.5 * (b->low + b->high);
}

void bwi_bracket_halve(bwi_bracket *b, bool was_success) {
  *(was_success ? &b->high : &b->low) = bwi_bracket_middle(b);
  b->n_left--;
}

static inline float clamp(float value, float low, float high) {
  value = value > low ? value : low;
  return value < high ? value : high;
}

void bwi_approach(const bwi_ball *ball, const float *restrict clean, const float *restrict end, double share,
                  float *restrict x) {
  const uint64_t d = ball->d;
  if (ball->norm != BW_LINF) {
    for (uint64_t j = 0; j < d; j++)
      x[j] = (float)((double)clean[j] + share * ((double)end[j] - (double)clean[j]));
    return;
  }
  const float reach = (float)(share * bwi_distance(BW_LINF, d, clean, end));
  for (uint64_t j = 0; j < d; j++) x[j] = clamp(end[j], clean[j] - reach, clean[j] + reach);
}

void bwi_walk(const bwi_ball *box, const float *restrict from, const float *restrict direction, double scale,
              float *restrict x) {
  const float step = (float)scale, lower = box->lower, upper = box->upper;
  for (uint64_t j = 0; j < box->d; j++) x[j] = clamp(from[j] + step * direction[j], lower, upper);
}
