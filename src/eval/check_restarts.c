/* SPDX-License-Identifier: Apache-2.0 */
/* Check 11: as many restarts again, with other random starts, on what the whole suite left. */
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
  bwi_again again = {.attack = e->suite.attacks[strongest], .first_restart = restarts};
  uint64_t n_broken = 0;
  double change = 0;
  BW_TRY(bwi_attack_survivors(&change, &n_broken, call, &again, "twice the restarts", err));
  if (change >= most_change) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_restarts = {
    .number = 11,
    .name = "restarts-suffice",
    .rule = "twice the restarts change the robust accuracy by less than 0.5 points",
    .costs_extra = true,
    .run = run,
};
