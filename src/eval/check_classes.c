/* SPDX-License-Identifier: Apache-2.0 */
/* Check 17: the difference of logits ratio compares three classes, with one to aim at four (Croce and Hein
 * 2020). With fewer the margin takes its place, which is no fault, but is not the attack that was asked for.
 */
#include "eval/check.h"

static bw_status run(bwi_check_call *call, bw_error *err) {
  (void)err;
  const bw_evaluation *e = call->e;
  bwi_buffer_format(&call->finding, "%u classes", (unsigned)e->n_model_classes);
  if (e->suite.n_replaced == 0) {
    bwi_buffer_text(&call->finding, ": enough for every loss of the suite");
    return BW_OK;
  }
  bwi_buffer_text(&call->finding, ": in ");
  bwi_say_count(&call->finding, e->suite.n_replaced, "attack");
  bwi_buffer_text(&call->finding, " the margin takes the place of the difference of logits ratio");
  bwi_check_fail(call);
  return BW_OK;
}

const bwi_check bwi_check_enough_classes = {
    .number = 17,
    .name = "enough-classes",
    .rule =
        "the model has the classes that the losses of the suite compare; else the margin takes their place",
    .run = run,
};
