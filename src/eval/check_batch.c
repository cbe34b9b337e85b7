/* SPDX-License-Identifier: Apache-2.0 */
/* Check 18: a tenth of the samples attacked again one at a time. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/check.h"

enum { MOST_ALONE = 200 };

static bool same_outcome(const bwi_stage *stage, const bw_attack_result *result, uint64_t i) {
  const bw_sample_outcome *o = bw_attack_result_at(result, i);
  return stage->broken[i] == o->success && stage->predictions[i] == o->adversarial_prediction &&
         memcmp(&stage->distances[i], &o->distance, sizeof o->distance) == 0;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, false);
  if (strongest < 0) {
    bwi_check_skip(call, "no attack was run");
    return BW_OK;
  }
  const bwi_stage *stage = &e->stages[strongest];
  uint64_t *chosen = NULL, n = 0, n_different = 0;
  bw_attack_result *result = NULL;
  const uint64_t tenth = (e->count + 9) / 10;
  BW_TRY(bwi_pick(&chosen, &n, e, tenth < MOST_ALONE ? tenth : MOST_ALONE, NULL, NULL, err));
  const bwi_again again = {.attack = stage->attack, .chosen = chosen, .n_chosen = n, .most = 1};
  const bw_status status = bwi_attack_again(&result, call, &again, err);
  for (uint64_t k = 0; k < n && status == BW_OK; k++) n_different += !same_outcome(stage, result, chosen[k]);
  bwi_buffer_format(&call->finding, "%" PRIu64 " of ", n_different);
  bwi_say_count(&call->finding, n, "sample");
  bwi_buffer_format(&call->finding, " attacked alone by %s end otherwise", stage->attack.class->info.name);
  if (n_different > 0) bwi_check_fail(call);
  bw_attack_result_free(result);
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
