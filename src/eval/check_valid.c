/* SPDX-License-Identifier: Apache-2.0 */
/* Check 1. Counted when each stage ends, on the tensors that are reported. */
#include <inttypes.h>

#include "eval/check.h"

static void add(const bw_evaluation *e, uint64_t *n_broken, uint64_t *n_invalid) {
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    *n_broken += e->stages[k].totals.n_broken;
    *n_invalid += e->stages[k].totals.n_invalid;
  }
  for (uint32_t k = 0; k < e->n_budgets; k++) {
    *n_broken += e->curve[k].totals.n_broken;
    *n_invalid += e->curve[k].totals.n_invalid;
  }
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  uint64_t n_broken = 0, n_invalid = 0;
  add(call->e, &n_broken, &n_invalid);
  bwi_buffer_format(&call->finding, "%" PRIu64 " of ", n_invalid);
  bwi_say_count(&call->finding, n_broken, "adversarial sample");
  bwi_buffer_text(&call->finding, " outside the budget or the input domain, or not finite");
  if (n_invalid > 0) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_valid = {
    .number = 1,
    .name = "valid-outputs",
    .rule = "every adversarial sample, recomputed, is within eps + 1e-6, inside the input domain and finite",
    .blocks = true,
    .run = run,
};
