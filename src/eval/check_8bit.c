/* SPDX-License-Identifier: Apache-2.0 */
/* Check 19: a picture file holds 256 values a channel. */
#include <inttypes.h>

#include "eval/check.h"

static const double most_change = 0.005;

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  uint64_t n_broken = 0, n_survive = 0;
  for (uint64_t i = 0; i < e->count; i++) {
    bool broken = false, survives = false;
    for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
      broken |= e->stages[k].broken[i] != 0;
      survives |= e->stages[k].broken_8bit[i] != 0;
    }
    n_broken += bwi_is_right(e, i) && broken;
    n_survive += bwi_is_right(e, i) && survives;
  }
  const double change = e->count > 0 ? (double)(n_broken - n_survive) / (double)e->count : 0;
  bwi_buffer_format(&call->finding,
                    "%" PRIu64 " of %" PRIu64
                    " broken samples stay broken after rounding: %.2f points of accuracy",
                    n_survive, n_broken, 100 * change);
  if (change > most_change) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_8bit = {
    .number = 19,
    .name = "8-bit-survival",
    .rule = "rounding the adversarial samples to n/255 changes the robust accuracy by at most 0.5 points",
    .run = run,
};
