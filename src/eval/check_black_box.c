/* SPDX-License-Identifier: Apache-2.0 */
/* Check 12: a search without gradients that finds what gradients did not is a sign that they mislead (Croce,
 * Hein 2020: the flag that AutoAttack raises for Square). It found those samples, so the figure stands. */
#include <inttypes.h>

#include "eval/check.h"

static const double most_change = 0.002;

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  bool has_white = false, has_black = false;
  uint64_t n_found = 0;
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    has_white |= bwi_is_white_box(&e->suite.attacks[k]);
    has_black |= bwi_is_black_box(&e->suite.attacks[k]);
  }
  if (!has_white || !has_black) {
    bwi_check_skip(call, has_black ? "the suite has no gradient attack to compare with"
                                   : "the suite has no black-box attack, such as square");
    return BW_OK;
  }
  for (uint64_t i = 0; i < e->count; i++) {
    bool by_black = false;
    for (uint32_t k = 0; k < e->suite.n_attacks; k++)
      by_black |= bwi_is_black_box(&e->suite.attacks[k]) && e->stages[k].broken[i];
    n_found += by_black && bwi_is_right(e, i) && bwi_survived_gradients(e, NULL, i);
  }
  const double change = e->count > 0 ? (double)n_found / (double)e->count : 0;
  bwi_buffer_format(&call->finding,
                    "black-box attacks break %" PRIu64 " that gradients do not: %.2f points of accuracy",
                    n_found, 100 * change);
  if (change >= most_change) bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_black_box = {
    .number = 12,
    .name = "black-box-not-better",
    .rule =
        "attacks without gradients lower the robust accuracy that gradient attacks leave by less than 0.2 "
        "points",
    .run = run,
};
