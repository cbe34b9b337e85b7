/* SPDX-License-Identifier: Apache-2.0 */
/* Check 15: the silent success of Pintor et al. 2022. Counted where the model's answers pass by, apart from
 * what the attack returns. */
#include <inttypes.h>

#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  uint64_t n_silent = 0;
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) n_silent += e->stages[k].totals.n_silent;
  for (uint32_t k = 0; k < e->n_budgets; k++) n_silent += e->curve[k].totals.n_silent;
  bwi_say_count(&call->finding, n_silent, "sample");
  bwi_buffer_text(&call->finding, " broken on the way and not reported");
  if (n_silent > 0) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_silent = {
    .number = 15,
    .name = "no-silent-success",
    .rule = "no sample was misclassified at any iterate without being reported as broken",
    .blocks = true,
    .run = run,
};
