/* SPDX-License-Identifier: Apache-2.0 */
/* Check 11: as many restarts again, with other random starts, on what the strongest iterative attack left. */
#include <inttypes.h>

#include "base/memory.h"
#include "eval/check.h"

static const double most_change = 0.005;

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, true);
  const uint32_t restarts =
      strongest >= 0 ? (uint32_t)bwi_attack_value(&e->suite.attacks[strongest], "restarts", 0) : 0;
  if (restarts == 0) {
    bwi_check_skip(call, "the strongest iterative attack has no restarts");
    return BW_OK;
  }
  const bwi_stage *stage = &e->stages[strongest];
  uint64_t *chosen = NULL, n = 0;
  bw_attack_result *result = NULL;
  BW_TRY(bwi_pick(&chosen, &n, e, BWI_CHECK_SAMPLES, bwi_survived, stage, err));
  const bwi_again again = {
      .attack = stage->attack, .chosen = chosen, .n_chosen = n, .first_restart = restarts};
  const bw_status status = bwi_attack_again(&result, call, &again, err);
  if (status == BW_OK) {
    const uint64_t broken = bwi_count_broken(result, chosen, n), survivors = bwi_count_survivors(e, stage);
    const double change = n > 0 ? (double)broken / (double)n * (double)survivors / (double)e->count : 0;
    bwi_buffer_format(&call->finding,
                      "twice the restarts of %s break %" PRIu64 " of %" PRIu64
                      " survivors more: %.2f points of accuracy",
                      stage->attack.class->info.name, broken, n, 100 * change);
    if (change >= most_change) bwi_check_fail(call);
  }
  bw_attack_result_free(result);
  bwi_free(chosen);
  return status;
}

const bwi_check bwi_check_restarts = {
    .number = 11,
    .name = "restarts-suffice",
    .rule = "twice the restarts change the robust accuracy by less than 0.5 points",
    .costs_extra = true,
    .run = run,
};
