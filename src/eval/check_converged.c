/* SPDX-License-Identifier: Apache-2.0 */
/* Check 10: twice the iterations on what the whole suite left (Carlini et al. 2019), and the
 * incomplete optimisation of Pintor et al. 2022: the best loss still rises over the last 10 steps. On its own
 * the second says little, because the loss of a sample that withstands rises to the end in honest models too.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/check.h"
#include "eval/sort.h"

static const double most_change = 0.005, most_late_gain = 0.05;

/* The median survivor's late gain; NaN if none was measured. */
static bw_status median_late_gain(double *out, const bw_evaluation *e, const bwi_stage *stage,
                                  bw_error *err) {
  float *gains = bwi_alloc(e->count, sizeof *gains);
  if (gains == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the losses of an attack");
  uint64_t n = 0;
  for (uint64_t i = 0; i < e->count; i++)
    if (bwi_stands(e, i) && !isnan(stage->late_gains[i])) gains[n++] = stage->late_gains[i];
  bwi_sort(gains, n);
  *out = n > 0 ? (double)gains[n / 2] : NAN;
  bwi_free(gains);
  return BW_OK;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, true);
  if (strongest < 0) {
    bwi_check_skip(call, "the suite has no iterative gradient attack");
    return BW_OK;
  }
  const bwi_stage *stage = &e->stages[strongest];
  bwi_again again = {.attack = stage->attack};
  bwi_attack_put(&again.attack, "steps", fmin(2 * bwi_attack_value(&stage->attack, "steps", 1), 100000));
  uint64_t n_broken = 0;
  double change = 0, late_gain = NAN;
  BW_TRY(median_late_gain(&late_gain, e, stage, err));
  BW_TRY(bwi_attack_survivors(&change, &n_broken, call, &again, "twice the steps", err));
  if (!isnan(late_gain))
    bwi_buffer_format(&call->finding, "; the median loss rises by %.1f %% of its range in the last 10 steps",
                      100 * late_gain);
  if (change >= most_change || (n_broken > 0 && late_gain > most_late_gain)) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_converged = {
    .number = 10,
    .name = "converged",
    .rule =
        "twice the steps change the robust accuracy by less than 0.5 points, or by nothing if the median "
        "loss still rises by 5 % of its range in the last 10",
    .costs_extra = true,
    .run = run,
};
