/* SPDX-License-Identifier: Apache-2.0 */
/* Check 14: what works on another model and carries over should be easier to find with the model's own
 * gradients (Athalye, Carlini, Wagner 2018; Carlini et al. 2019). The suite tries it last, on what stood. */
#include <inttypes.h>

#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  bool has_white = false;
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) has_white |= bwi_is_white_box(&e->suite, k);
  if (!e->suite.transfers || !has_white) {
    bwi_check_skip(call, has_white ? "there is no surrogate model to transfer from"
                                   : "the suite has no gradient attack to compare with");
    return BW_OK;
  }
  const uint64_t n = e->stages[e->suite.n_attacks - 1].totals.n_broken;
  bwi_say_count(&call->finding, n, "sample");
  bwi_buffer_text(&call->finding, " that gradients leave broken by transfer from the surrogate");
  if (n > 0) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_transfer = {
    .number = 14,
    .name = "transfer-not-better",
    .rule = "an attack on a surrogate model breaks no sample that the gradient attacks leave unbroken",
    .run = run,
};
