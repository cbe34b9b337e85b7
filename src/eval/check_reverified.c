/* SPDX-License-Identifier: Apache-2.0 */
/* Check 2. Counted when each stage ends. */
#include <inttypes.h>

#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  uint64_t n_broken = 0, n_disagreed = 0, n_refused = 0;
  for (uint32_t k = 0; k < e->suite.n_attacks + e->n_budgets; k++) {
    const bwi_stage *stage = k < e->suite.n_attacks ? &e->stages[k] : &e->curve[k - e->suite.n_attacks];
    n_broken += stage->totals.n_broken;
    n_disagreed += stage->totals.n_disagreed;
    n_refused += stage->totals.n_refused;
  }
  bwi_buffer_format(&call->finding, "%" PRIu64 " of ", n_disagreed);
  bwi_say_count(&call->finding, n_broken, "successful sample");
  bwi_buffer_text(&call->finding, " predicted otherwise when evaluated again");
  if (n_refused > 0)
    bwi_buffer_format(&call->finding, "; verification refused %" PRIu64 " claims during the search",
                      n_refused);
  if (n_disagreed > 0) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_reverified = {
    .number = 2,
    .name = "successes-verified",
    .rule = "every success is one again in a fresh float32 forward pass, in a batch and alone",
    .blocks = true,
    .run = run,
};
