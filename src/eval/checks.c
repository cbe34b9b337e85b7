/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack/result.h"
#include "base/memory.h"

const bwi_check *const bwi_checks[] = {
    &bwi_check_valid,      &bwi_check_reverified,       &bwi_check_deterministic,
    &bwi_check_logits,     &bwi_check_gradient_present, &bwi_check_gradient_correct,
    &bwi_check_iterative,  &bwi_check_monotone,         &bwi_check_unbounded,
    &bwi_check_converged,  &bwi_check_restarts,         &bwi_check_black_box,
    &bwi_check_noise,      &bwi_check_transfer,         &bwi_check_silent,
    &bwi_check_worst_case, &bwi_check_enough_classes,   &bwi_check_batch,
    &bwi_check_8bit,       &bwi_check_planted,          &bwi_check_intervals,
};
const uint32_t bwi_n_checks = sizeof bwi_checks / sizeof *bwi_checks;

void bwi_check_fail(bwi_check_call *call) {
  call->outcome = call->check->blocks ? BW_CHECK_BLOCKED : BW_CHECK_WARNED;
}

void bwi_check_skip(bwi_check_call *call, const char *why) {
  call->outcome = BW_CHECK_SKIPPED;
  bwi_buffer_text(&call->finding, why);
}

static bw_status run_check(bw_evaluation *e, bwi_crew *crew, const bwi_check *check, bw_check_result *out,
                           bw_error *err) {
  bwi_check_call call = {
      .e = e,
      .crew = crew,
      .stage_call = {.crew = crew, .dataset = e->dataset, .clean = &e->clean, .seed = e->seed},
      .check = check,
  };
  char phase[64];
  snprintf(phase, sizeof phase, "check %s", check->name);
  bwi_meter_begin(&crew->meter, phase, 0, 0, -1);
  bw_status status = BW_OK;
  if (check->costs_extra && !e->extra_checks)
    bwi_check_skip(&call, "left out on request");
  else
    status = check->run(&call, err);
  if (status == BW_OK && call.finding.failed)
    status = BW_FAIL(err, BW_ENOMEM, "no memory for the finding of check %s", check->name);
  if (status != BW_OK) {
    bwi_buffer_free(&call.finding);
    return status;
  }
  *out = (bw_check_result){
      .number = check->number,
      .name = check->name,
      .rule = check->rule,
      .finding = call.finding.data,
      .outcome = call.outcome,
      .blocks = check->blocks,
  };
  return BW_OK;
}

bw_status bwi_checks_run(bw_evaluation *e, bwi_crew *crew, bw_error *err) {
  e->checks = bwi_alloc(bwi_n_checks, sizeof *e->checks);
  if (e->checks == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the checks");
  for (e->n_checks = 0; e->n_checks < bwi_n_checks; e->n_checks++)
    BW_TRY(run_check(e, crew, bwi_checks[e->n_checks], &e->checks[e->n_checks], err));
  return BW_OK;
}

/* ---- for the checks ---- */

bool bwi_withstood(const bw_evaluation *e, const void *unused, uint64_t i) {
  (void)unused;
  return bwi_stands(e, i);
}

bool bwi_withstood_kind(const bw_evaluation *e, const void *kind, uint64_t i) {
  return e->broken_by[i] < 0 || !((const bwi_kind *)kind)->is(&e->suite, (uint32_t)e->broken_by[i]);
}

bw_status bwi_pick(uint64_t **out, uint64_t *n, const bw_evaluation *e, uint64_t most, bwi_wanted_fn wanted,
                   const void *payload, bw_error *err) {
  uint64_t *picked = bwi_alloc(e->count, sizeof *picked);
  if (picked == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to pick samples for a check");
  uint64_t found = 0;
  for (uint64_t i = 0; i < e->count; i++)
    if (bwi_is_right(e, i) && (wanted == NULL || wanted(e, payload, i))) picked[found++] = i;
  const uint64_t kept = found < most ? found : most;
  for (uint64_t k = 0; k < kept; k++)
    picked[k] = picked[(uint64_t)((double)k * (double)found / (double)kept)];
  *out = picked;
  *n = kept;
  return BW_OK;
}

bw_status bwi_attack_again(bw_attack_result **result, const bwi_check_call *call, const bwi_again *again,
                           bw_error *err) {
  char phase[64];
  snprintf(phase, sizeof phase, "check %s", call->check->name);
  const bwi_assignment a = {
      .attack = &again->attack,
      .dataset = call->e->dataset,
      .clean = &call->e->clean,
      .chosen = again->chosen,
      .n_chosen = again->n_chosen,
      .seed = call->e->seed,
      .first_restart = again->first_restart,
      .most = again->most,
      .phase = phase,
  };
  bw_attack_result *own = NULL;
  const bw_status status = bwi_attack_run(&own, call->crew, &a, err);
  if (status == BW_OK)
    *result = own;
  else
    bw_attack_result_free(own);
  return status;
}

bw_status bwi_keep_broken(const bwi_check_call *call, const bw_attack *attack, uint64_t *chosen, uint64_t *n,
                          bw_error *err) {
  const bwi_again again = {.attack = *attack, .chosen = chosen, .n_chosen = *n};
  bw_attack_result *result = NULL;
  BW_TRY(bwi_attack_again(&result, call, &again, err));
  uint64_t kept = 0;
  for (uint64_t k = 0; k < *n; k++)
    if (result->outcomes[chosen[k]].success) chosen[kept++] = chosen[k];
  *n = kept;
  bw_attack_result_free(result);
  return BW_OK;
}

/* Removes the samples that attack k did not get and breaks now. */
static bw_status drop_broken(const bwi_check_call *call, uint32_t attack, uint64_t *unseen, uint64_t *chosen,
                             uint64_t *n, bw_error *err) {
  const bw_evaluation *e = call->e;
  uint64_t n_unseen = 0, n_seen = 0;
  for (uint64_t k = 0; k < *n; k++) {
    if (bwi_was_attacked(e, attack, chosen[k]))
      chosen[n_seen++] = chosen[k];
    else
      unseen[n_unseen++] = chosen[k];
  }
  *n = n_seen;
  if (n_unseen == 0 || !e->extra_checks) return BW_OK;
  const bwi_again again = {.attack = e->suite.attacks[attack], .chosen = unseen, .n_chosen = n_unseen};
  bw_attack_result *result = NULL;
  BW_TRY(bwi_attack_again(&result, call, &again, err));
  for (uint64_t k = 0; k < n_unseen; k++)
    if (!result->outcomes[unseen[k]].success) chosen[(*n)++] = unseen[k];
  bw_attack_result_free(result);
  return BW_OK;
}

bw_status bwi_keep_withstanding(const bwi_check_call *call, bwi_kind_fn is_kind, uint64_t *chosen,
                                uint64_t *n, bw_error *err) {
  const bwi_suite *suite = &call->e->suite;
  uint64_t *unseen = bwi_alloc(*n, sizeof *unseen);
  if (unseen == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to pick samples for a check");
  bw_status status = BW_OK;
  for (uint32_t k = 0; k < suite->n_attacks && status == BW_OK; k++)
    if (is_kind(suite, k)) status = drop_broken(call, k, unseen, chosen, n, err);
  bwi_free(unseen);
  return status;
}

bw_status bwi_attack_survivors(double *change, uint64_t *n_broken, bwi_check_call *call, bwi_again *how,
                               const char *what, bw_error *err) {
  const bw_evaluation *e = call->e;
  const bw_rate robust = bw_evaluation_summarise(e).robust_accuracy;
  uint64_t *chosen = NULL, n = 0;
  BW_TRY(bwi_pick(&chosen, &n, e, BWI_CHECK_SAMPLES, bwi_withstood, NULL, err));
  how->chosen = chosen;
  how->n_chosen = n;
  bw_attack_result *result = NULL;
  const bw_status status = bwi_attack_again(&result, call, how, err);
  *n_broken = 0;
  for (uint64_t k = 0; k < n && status == BW_OK; k++) *n_broken += result->outcomes[chosen[k]].success;
  *change = n > 0 ? (double)*n_broken / (double)n * robust.value : 0;
  bwi_buffer_format(&call->finding,
                    "%s of %s break %" PRIu64 " of %" PRIu64 " survivors: %.2f points of accuracy", what,
                    how->attack.class->info.name, *n_broken, n, 100 * *change);
  bw_attack_result_free(result);
  bwi_free(chosen);
  return status;
}

void bwi_say_count(bwi_buffer *out, uint64_t n, const char *noun) {
  bwi_buffer_format(out, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}
