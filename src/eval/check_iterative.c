/* SPDX-License-Identifier: Apache-2.0 */
/* Check 7. One step that beats many is a sign of masked gradients (Athalye, Carlini, Wagner 2018). */
#include <inttypes.h>

#include "eval/check.h"

/* A sign step lands on a corner of the ball that a search inside it may miss by a hair: honest models show it
 * for a sample in a few hundred. */
static const double most_exceptions = 0.005;

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  bool has_single = false, has_iterative = false;
  uint64_t n_single = 0, n_iterative = 0, n_exceptions = 0, n_right = 0;
  for (uint64_t i = 0; i < e->count; i++) {
    bool single = false, iterative = false;
    for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
      const bool is_single = bwi_is_single_step(&e->suite.attacks[k]),
                 is_iterative = bwi_is_iterative(&e->suite.attacks[k]);
      has_single |= is_single;
      has_iterative |= is_iterative;
      single |= is_single && e->stages[k].broken[i];
      iterative |= is_iterative && e->stages[k].broken[i];
    }
    if (!bwi_is_right(e, i)) continue;
    n_right++;
    n_single += single;
    n_iterative += iterative;
    n_exceptions += single && !iterative;
  }
  if (!has_iterative) {
    call->outcome = BW_CHECK_WARNED;
    bwi_buffer_text(&call->finding,
                    "the suite has no iterative gradient attack: its robust accuracy is too high");
    return BW_OK;
  }
  if (!has_single) {
    bwi_check_skip(call, "the suite has no single-step attack to compare with");
    return BW_OK;
  }
  bwi_buffer_format(&call->finding,
                    "broken by one step %" PRIu64 ", by many %" PRIu64 ", by one step only %" PRIu64
                    " of %" PRIu64,
                    n_single, n_iterative, n_exceptions, n_right);
  const double allowed = most_exceptions * (double)n_right;
  if (n_iterative < n_single || (double)n_exceptions > (allowed > 1 ? allowed : 1)) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_iterative = {
    .number = 7,
    .name = "iterative-beats-single-step",
    .rule =
        "iterative attacks break at least as many samples as single-step ones, and miss at most 0.5 % of "
        "those",
    .blocks = true,
    .run = run,
};
