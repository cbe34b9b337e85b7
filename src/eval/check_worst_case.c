/* SPDX-License-Identifier: Apache-2.0 */
/* Check 16: the robust accuracy is the mean over samples of the minimum over attacks, recounted here from the
 * stages. */
#include <inttypes.h>

#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  uint64_t robust = 0, reported = 0, n_broken = 0;
  for (uint64_t i = 0; i < e->count; i++) {
    bool stands = bwi_is_right(e, i);
    reported += bwi_stands(e, i);
    for (uint32_t k = 0; k < e->suite.n_attacks; k++) stands &= !e->stages[k].broken[i];
    robust += stands;
  }
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) n_broken += e->stages[k].totals.n_broken;
  bwi_buffer_format(&call->finding,
                    "%" PRIu64 " of %" PRIu64 " right samples withstand all attacks, %" PRIu64
                    " are broken by one",
                    robust, e->clean_right, n_broken);
  if (robust != reported || robust + n_broken != e->clean_right) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_worst_case = {
    .number = 16,
    .name = "worst-case-per-sample",
    .rule = "the robust accuracy counts a sample as broken when any attack breaks it",
    .blocks = true,
    .run = run,
};
