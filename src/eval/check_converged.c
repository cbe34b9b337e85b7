/* SPDX-License-Identifier: Apache-2.0 */
/* Check 10: twice the iterations on what the strongest iterative attack left (Carlini et al. 2019), and the
 * incomplete optimisation of Pintor et al. 2022: the best loss still rises over the last 10 steps. On its own
 * the second says little, because the loss of a sample that withstands rises to the end in honest models too.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "attack/result.h"
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
    if (bwi_is_right(e, i) && !stage->broken[i] && !isnan(stage->late_gains[i]))
      gains[n++] = stage->late_gains[i];
  bwi_sort(gains, n);
  *out = n > 0 ? (double)gains[n / 2] : NAN;
  bwi_free(gains);
  return BW_OK;
}

static bw_status run_longer(bw_attack_result **result, const bwi_check_call *call, const bwi_stage *stage,
                            const uint64_t *chosen, uint64_t n, bw_error *err) {
  bwi_again again = {.attack = stage->attack, .chosen = chosen, .n_chosen = n};
  char steps[16];
  snprintf(steps, sizeof steps, "%.0f", fmin(2 * bwi_attack_value(&stage->attack, "steps", 1), 100000));
  BW_TRY(bw_attack_set(&again.attack, "steps", steps, err));
  return bwi_attack_again(result, call, &again, err);
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, true);
  if (strongest < 0) {
    bwi_check_skip(call, "the suite has no iterative gradient attack");
    return BW_OK;
  }
  const bwi_stage *stage = &e->stages[strongest];
  uint64_t *chosen = NULL, n = 0;
  double late_gain = NAN;
  bw_attack_result *result = NULL;
  BW_TRY(median_late_gain(&late_gain, e, stage, err));
  BW_TRY(bwi_pick(&chosen, &n, e, BWI_CHECK_SAMPLES, bwi_survived, stage, err));
  const bw_status status = run_longer(&result, call, stage, chosen, n, err);
  if (status == BW_OK) {
    const uint64_t broken = bwi_count_broken(result, chosen, n), survivors = bwi_count_survivors(e, stage);
    const double change = n > 0 ? (double)broken / (double)n * (double)survivors / (double)e->count : 0;
    bwi_buffer_format(&call->finding,
                      "twice the steps of %s break %" PRIu64 " of %" PRIu64
                      " survivors more: %.2f points of accuracy",
                      stage->attack.class->info.name, broken, n, 100 * change);
    if (!isnan(late_gain))
      bwi_buffer_format(&call->finding,
                        "; the median loss rises by %.1f %% of its range in the last 10 steps",
                        100 * late_gain);
    if (change >= most_change || (broken > 0 && late_gain > most_late_gain)) bwi_check_fail(call);
  }
  bw_attack_result_free(result);
  bwi_free(chosen);
  return status;
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
