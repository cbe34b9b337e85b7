/* SPDX-License-Identifier: Apache-2.0 */
/* Check 13: random noise never beats an attack that sees the gradient (Athalye, Carlini, Wagner 2018). */
#include <inttypes.h>

#include "base/memory.h"
#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  if ((bwi_noise.info.norms & BW_NORM_BIT(e->norm)) == 0) {
    bwi_check_skip(call, "there is no noise of this norm");
    return BW_OK;
  }
  const bw_attack noise = bwi_attack_of(&bwi_noise, e->norm, e->eps);
  const bwi_kind white_box = {bwi_is_white_box};
  uint64_t *chosen = NULL, n = 0;
  BW_TRY(bwi_pick(&chosen, &n, e, BWI_CHECK_SAMPLES, bwi_withstood_kind, &white_box, err));
  const uint64_t n_tried = n;
  bw_status status = bwi_keep_broken(call, &noise, chosen, &n, err);
  if (status == BW_OK) status = bwi_keep_withstanding(call, bwi_is_white_box, chosen, &n, err);
  bwi_free(chosen);
  bwi_buffer_format(&call->finding,
                    "%.0f draws break %" PRIu64 " of %" PRIu64 " survivors of the gradient attacks",
                    bwi_attack_value(&noise, "draws", 1), n, n_tried);
  if (n > 0) bwi_check_fail(call);
  return status;
}

const bwi_check bwi_check_noise = {
    .number = 13,
    .name = "noise-not-better",
    .rule = "random noise of the same size breaks no sample that the gradient attacks leave unbroken",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
