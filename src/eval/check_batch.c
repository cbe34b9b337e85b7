/* SPDX-License-Identifier: Apache-2.0 */
/* Check 18: a tenth of the samples attacked again, together and one at a time. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/check.h"

enum { MOST_ALONE = 200 };

static bool same_outcome(const bw_attack_result *a, const bw_attack_result *b, uint64_t i) {
  const bw_sample_outcome *x = bw_attack_result_at(a, i), *y = bw_attack_result_at(b, i);
  return x->success == y->success && x->adversarial_prediction == y->adversarial_prediction &&
         memcmp(&x->distance, &y->distance, sizeof x->distance) == 0;
}

static bw_status compare(uint64_t *n_different, const bwi_check_call *call, bwi_again *again, bw_error *err) {
  bw_attack_result *together = NULL, *alone = NULL;
  bw_status status = bwi_attack_again(&together, call, again, err);
  again->most = 1;
  if (status == BW_OK) status = bwi_attack_again(&alone, call, again, err);
  for (uint64_t k = 0; k < again->n_chosen && status == BW_OK; k++)
    *n_different += !same_outcome(together, alone, again->chosen[k]);
  bw_attack_result_free(alone);
  bw_attack_result_free(together);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, false);
  if (strongest < 0) {
    bwi_check_skip(call, "no attack was run");
    return BW_OK;
  }
  uint64_t *chosen = NULL, n = 0, n_different = 0;
  const uint64_t tenth = (e->count + 9) / 10;
  BW_TRY(bwi_pick(&chosen, &n, e, tenth < MOST_ALONE ? tenth : MOST_ALONE, NULL, NULL, err));
  bwi_again again = {.attack = e->suite.attacks[strongest], .chosen = chosen, .n_chosen = n};
  const bw_status status = compare(&n_different, call, &again, err);
  bwi_buffer_format(&call->finding, "%" PRIu64 " of ", n_different);
  bwi_say_count(&call->finding, n, "sample");
  bwi_buffer_format(&call->finding, " attacked alone by %s end otherwise", again.attack.class->info.name);
  if (n_different > 0) bwi_check_fail(call);
  bwi_free(chosen);
  return status;
}

const bwi_check bwi_check_batch = {
    .number = 18,
    .name = "batch-invariant",
    .rule = "a tenth of the samples (200 at most), attacked one at a time, ends with the same verdicts",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
