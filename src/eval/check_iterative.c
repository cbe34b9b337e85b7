/* SPDX-License-Identifier: Apache-2.0 */
/* Check 7. One step that beats many is a sign of masked gradients (Athalye, Carlini, Wagner 2018). */
#include <inttypes.h>

#include "base/memory.h"
#include "eval/check.h"

/* A sign step lands on a corner of the ball that a search inside it may miss by a hair: honest models show it
 * for a sample in a few hundred. */
static const double most_exceptions = 0.005;

static uint64_t broken_by_iterative(const bw_evaluation *e, bool *has_iterative) {
  uint64_t n = 0;
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    if (!bwi_is_iterative(&e->suite, k)) continue;
    *has_iterative = true;
    n += e->stages[k].totals.n_broken;
  }
  return n;
}

/* Of *n_tried samples that no iterative attack broke, those that one step breaks and they do not. */
static bw_status compare(uint64_t *n_tried, uint64_t *n_exceptions, const bwi_check_call *call,
                         bw_error *err) {
  const bw_evaluation *e = call->e;
  const bw_attack one_step = bwi_attack_of(&bwi_fgsm, e->norm, e->eps);
  const bwi_kind iterative = {bwi_is_iterative};
  uint64_t *chosen = NULL;
  BW_TRY(bwi_pick(&chosen, n_tried, e, BWI_CHECK_SAMPLES, bwi_withstood_kind, &iterative, err));
  *n_exceptions = *n_tried;
  bw_status status = bwi_keep_broken(call, &one_step, chosen, n_exceptions, err);
  if (status == BW_OK) status = bwi_keep_withstanding(call, bwi_is_iterative, chosen, n_exceptions, err);
  bwi_free(chosen);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  bool has_iterative = false;
  const uint64_t n_iterative = broken_by_iterative(e, &has_iterative), left = e->clean_right - n_iterative;
  if (!has_iterative) {
    call->outcome = BW_CHECK_WARNED;
    bwi_buffer_text(&call->finding,
                    "the suite has no iterative gradient attack: its robust accuracy is too high");
    return BW_OK;
  }
  if (!e->extra_checks || e->norm == BW_L0) {
    bwi_check_skip(call, e->extra_checks ? "there is no single step in L0" : "left out on request");
    return BW_OK;
  }
  uint64_t n_tried = 0, n_exceptions = 0;
  BW_TRY(compare(&n_tried, &n_exceptions, call, err));
  bwi_buffer_format(&call->finding,
                    "broken by many steps %" PRIu64 "; of %" PRIu64 " others one step alone breaks %" PRIu64,
                    n_iterative, n_tried, n_exceptions);
  const double all = n_tried > 0 ? (double)n_exceptions * (double)left / (double)n_tried : 0;
  const double allowed = most_exceptions * (double)e->clean_right;
  if (all > (allowed > 1 ? allowed : 1)) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_iterative = {
    .number = 7,
    .name = "iterative-beats-single-step",
    .rule = "iterative attacks miss at most 0.5 % of the samples, or one, that a single step breaks",
    .blocks = true,
    .run = run,
};
