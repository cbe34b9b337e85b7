/* SPDX-License-Identifier: Apache-2.0 */
/* Check 21: every rate that is reported has its sampling error beside it. */
#include <math.h>

#include "eval/check.h"

static bool is_interval(bw_rate rate) {
  return rate.trials > 0 && rate.low >= 0 && rate.low <= rate.value && rate.value <= rate.high &&
         rate.high <= 1;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  const bw_evaluation_summary summary = bw_evaluation_summarise(e);
  bool all = is_interval(summary.clean_accuracy) && is_interval(summary.robust_accuracy);
  for (uint32_t k = 0; k < summary.n_attacks; k++) {
    const bw_attack_summary attack = bw_evaluation_attack(e, k);
    all &= is_interval(attack.remaining);
  }
  for (uint32_t k = 0; k < summary.n_budgets; k++)
    all &= is_interval(bw_evaluation_budget(e, k).robust_accuracy);
  const bw_rate robust = summary.robust_accuracy;
  bwi_buffer_format(&call->finding, "robust accuracy between %.1f and %.1f %% at %.4g %% confidence",
                    100 * robust.low, 100 * robust.high, 100 * e->confidence);
  if (!all) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_intervals = {
    .number = 21,
    .name = "sampling-error",
    .rule = "every rate is reported with its Clopper-Pearson interval",
    .run = run,
};
