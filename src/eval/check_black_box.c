/* SPDX-License-Identifier: Apache-2.0 */
/* Check 12: a search without gradients that finds what gradients did not is a sign that they mislead (Croce,
 * Hein 2020: the flag that AutoAttack raises for Square). It found those samples, so the figure stands. */
#include <inttypes.h>

#include "base/memory.h"
#include "eval/check.h"

static const double most_change = 0.002;

static bool has(const bwi_suite *suite, bwi_kind_fn is_kind) {
  for (uint32_t k = 0; k < suite->n_attacks; k++)
    if (is_kind(suite, k)) return true;
  return false;
}

static bool by_black_box(const bw_evaluation *e, const void *unused, uint64_t i) {
  (void)unused;
  return e->broken_by[i] >= 0 && bwi_is_black_box(&e->suite, (uint32_t)e->broken_by[i]);
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  if (!has(&e->suite, bwi_is_white_box) || !has(&e->suite, bwi_is_black_box)) {
    bwi_check_skip(call, has(&e->suite, bwi_is_black_box)
                             ? "the suite has no gradient attack to compare with"
                             : "the suite has no black-box attack, such as square");
    return BW_OK;
  }
  uint64_t *chosen = NULL, n = 0;
  BW_TRY(bwi_pick(&chosen, &n, e, UINT64_MAX, by_black_box, NULL, err));
  const bw_status status = bwi_keep_withstanding(call, bwi_is_white_box, chosen, &n, err);
  bwi_free(chosen);
  const double change = e->count > 0 ? (double)n / (double)e->count : 0;
  bwi_buffer_format(&call->finding,
                    "black-box attacks break %" PRIu64 " that gradients do not: %.2f points of accuracy", n,
                    100 * change);
  if (change >= most_change) bwi_check_fail(call);
  return status;
}

const bwi_check bwi_check_black_box = {
    .number = 12,
    .name = "black-box-not-better",
    .rule =
        "attacks without gradients lower the robust accuracy that gradient attacks leave by less than 0.2 "
        "points",
    .run = run,
};
