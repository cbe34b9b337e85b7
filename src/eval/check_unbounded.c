/* SPDX-License-Identifier: Apache-2.0 */
/* Check 9: "unbounded attacks do not reach 100 %" is a sign of masked gradients (Athalye, Carlini, Wagner
 * 2018) and the unconstrained failure of Pintor et al. 2022. The whole box is the largest Linf ball, whatever
 * the norm. */
#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "eval/check.h"

/* Keeps the survivors in chosen. The margin, because its gradient does not vanish on the way out. */
static bw_status attack_whole_box(const bwi_check_call *call, const char *random_start, const char *restarts,
                                  uint64_t *chosen, uint64_t *n, bw_error *err) {
  const bw_evaluation *e = call->e;
  bw_attack *attack = NULL;
  BW_TRY(bw_attack_create(&attack, "pgd", BW_LINF, (double)e->upper - (double)e->lower, err));
  bw_status status = bw_attack_set(attack, "loss", "margin", err);
  if (status == BW_OK) status = bw_attack_set(attack, "random_start", random_start, err);
  if (status == BW_OK) status = bw_attack_set(attack, "restarts", restarts, err);
  const bwi_again again = {.attack = *attack, .chosen = chosen, .n_chosen = *n};
  bw_attack_free(attack);
  bw_attack_result *result = NULL;
  if (status == BW_OK) status = bwi_attack_again(&result, call, &again, err);
  if (status != BW_OK) return status;
  uint64_t left = 0;
  for (uint64_t k = 0; k < *n; k++)
    if (!bw_attack_result_at(result, chosen[k])->success) chosen[left++] = chosen[k];
  *n = left;
  bw_attack_result_free(result);
  return BW_OK;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  if (call->crew->model->access < BW_ACCESS_GRADIENT) {
    bwi_check_skip(call, "the model gives no gradients");
    return BW_OK;
  }
  uint64_t *chosen = NULL, n = 0;
  BW_TRY(bwi_pick(&chosen, &n, e, BWI_CHECK_SAMPLES, NULL, NULL, err));
  uint64_t left = n, stuck = 0;
  /* From the sample itself: random starts in the whole box are as good as guessing and would hide a gradient
   * that leads nowhere. They only tell whether the few that got stuck are out of reach. */
  bw_status status = attack_whole_box(call, "false", "1", chosen, &left, err);
  stuck = left;
  if (status == BW_OK && left > 0) status = attack_whole_box(call, "true", "5", chosen, &left, err);
  bwi_free(chosen);
  const double trials = n > 0 ? (double)n : 1, chance = 1.0 / e->n_model_classes;
  const double allowed = chance + 3 * sqrt(chance * (1 - chance) / trials);
  bwi_buffer_format(&call->finding,
                    "%" PRIu64 " of %" PRIu64
                    " samples survive a budget that covers the whole input domain (by chance: up to %.1f %%)",
                    stuck, n, 100 * allowed);
  if (stuck > 0)
    bwi_buffer_format(&call->finding, ", %" PRIu64 " of them also from five random starts", left);
  if ((double)stuck > allowed * trials)
    bwi_check_fail(call);
  else if (left > 0)
    call->outcome = BW_CHECK_WARNED;
  return status;
}

const bwi_check bwi_check_unbounded = {
    .number = 9,
    .name = "unbounded-breaks",
    .rule =
        "with the whole input domain as budget at most 1 / classes + 3 standard errors survive; a survivor "
        "of five restarts warns",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
