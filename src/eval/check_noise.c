/* SPDX-License-Identifier: Apache-2.0 */
/* Check 13: random noise never beats an attack that sees the gradient (Athalye, Carlini, Wagner 2018). */
#include <inttypes.h>

#include "base/memory.h"
#include "eval/check.h"

/* Survivors of the gradient that noise of the suite broke. */
static uint64_t count_in_suite(const bw_evaluation *e, bool *has_noise) {
  uint64_t broken = 0;
  for (uint64_t i = 0; i < e->count; i++) {
    bool by_noise = false;
    for (uint32_t k = 0; k < e->suite.n_attacks; k++)
      if (bwi_is_noise(&e->suite.attacks[k])) by_noise |= e->stages[k].broken[i] != 0, *has_noise = true;
    broken += by_noise && bwi_is_right(e, i) && bwi_survived_gradients(e, NULL, i);
  }
  return broken;
}

static bw_status run_noise(uint64_t *broken, uint64_t *n, const bwi_check_call *call, bw_error *err) {
  uint64_t *chosen = NULL;
  bw_attack *noise = NULL;
  bw_attack_result *result = NULL;
  BW_TRY(bw_attack_create(&noise, "noise", call->e->norm, call->e->eps, err));
  bwi_again again = {.attack = *noise};
  bw_attack_free(noise);
  BW_TRY(bwi_pick(&chosen, n, call->e, BWI_CHECK_SAMPLES, bwi_survived_gradients, NULL, err));
  again.chosen = chosen;
  again.n_chosen = *n;
  const bw_status status = bwi_attack_again(&result, call, &again, err);
  if (status == BW_OK) *broken = bwi_count_broken(result, chosen, *n);
  bw_attack_result_free(result);
  bwi_free(chosen);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  bool has_noise = false;
  const uint64_t in_suite = count_in_suite(e, &has_noise);
  if (!has_noise && !e->extra_checks) {
    bwi_check_skip(call, "the suite has no noise, and checks with runs of their own were left out");
    return BW_OK;
  }
  uint64_t broken = 0, n = 0;
  if (e->extra_checks) BW_TRY(run_noise(&broken, &n, call, err));
  if (has_noise)
    bwi_buffer_format(&call->finding, "noise of the suite breaks %" PRIu64 " that gradients do not",
                      in_suite);
  if (has_noise && e->extra_checks) bwi_buffer_text(&call->finding, "; ");
  if (e->extra_checks)
    bwi_buffer_format(&call->finding,
                      "100 draws break %" PRIu64 " of %" PRIu64 " survivors of the gradient attacks", broken,
                      n);
  if (in_suite > 0 || broken > 0) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_noise = {
    .number = 13,
    .name = "noise-not-better",
    .rule = "random noise of the same size breaks no sample that the gradient attacks leave unbroken",
    .blocks = true,
    .run = run,
};
