/* SPDX-License-Identifier: Apache-2.0 */
/* Check 8, on the attack of the curve before smaller budgets are counted for larger ones. The main budget is
 * left out, unless that attack was the first of the suite: else it got only what others had left. */
#include <inttypes.h>

#include "eval/check.h"

/* Searches with different random starts differ by a sample or so where the curve is flat. */
static const double most_lost = 0.005;

/* What the curve's attack did to all samples at budget k; NULL: it did not get all. */
static const bwi_stage *stage_at(const bw_evaluation *e, uint32_t k) {
  if (e->curve_attack < 0) return NULL;
  if (bwi_has_stage(e, k)) return &e->curve[k];
  return e->curve_attack == 0 ? &e->stages[0] : NULL;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  uint32_t n_compared = 0;
  for (uint32_t k = 1; k < e->n_budgets; k++) n_compared += stage_at(e, k) != NULL;
  if (n_compared < 2) {
    bwi_check_skip(call, "fewer than two budgets were attacked");
    return BW_OK;
  }
  uint64_t most_broken = 0, greatest_loss = 0;
  double at = 0;
  for (uint32_t k = 1; k < e->n_budgets; k++) {
    const bwi_stage *stage = stage_at(e, k);
    if (stage == NULL) continue;
    const uint64_t broken = e->clean_right - bwi_count_survivors(e, stage);
    if (broken < most_broken && most_broken - broken > greatest_loss) {
      greatest_loss = most_broken - broken;
      at = e->budgets[k];
    }
    if (broken > most_broken) most_broken = broken;
  }
  const double allowed = most_lost * (double)e->clean_right;
  bwi_buffer_format(&call->finding, "over %u budgets ", (unsigned)n_compared);
  if (greatest_loss == 0)
    bwi_buffer_text(&call->finding, "the number of broken samples never falls");
  else
    bwi_buffer_format(&call->finding, "it falls by %" PRIu64 " at most, at eps %.4g", greatest_loss, at);
  if ((double)greatest_loss > (allowed > 1 ? allowed : 1)) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_monotone = {
    .number = 8,
    .name = "monotone-in-eps",
    .rule = "a larger budget breaks at least as many samples, but for 0.5 %",
    .blocks = true,
    .run = run,
};
