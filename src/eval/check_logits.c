/* SPDX-License-Identifier: Apache-2.0 */
/* Check 4: AutoAttack's criterion (Croce and Hein 2020). Cross-entropy takes the softmax of the outputs: of a
 * model that gives probabilities, the second softmax flattens the loss and hides its gradient. */
#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "eval/check.h"

static const double slack = 1e-5;

static bool is_probability(uint32_t n, const float *outputs) {
  double sum = 0;
  for (uint32_t c = 0; c < n; c++) {
    sum += (double)outputs[c];
    if ((double)outputs[c] < -slack || (double)outputs[c] > 1 + slack) return false;
  }
  return fabs(sum - 1) <= slack;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const uint32_t classes = e->n_model_classes;
  const uint64_t n = e->count < BWI_CHECK_SAMPLES ? e->count : BWI_CHECK_SAMPLES;
  const float **samples = bwi_alloc(n, sizeof *samples);
  float *outputs = bwi_alloc(n, classes * sizeof *outputs);
  bw_status status = BW_OK;
  if (samples == NULL || outputs == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory for the outputs of %" PRIu64 " samples", n);
    goto out;
  }
  for (uint64_t i = 0; i < n; i++) samples[i] = bw_dataset_sample(e->dataset, i);
  status = bwi_crew_logits(call->crew, n, samples, 0, outputs, err);
  if (status != BW_OK) goto out;
  uint64_t n_probabilities = 0;
  for (uint64_t i = 0; i < n; i++) n_probabilities += is_probability(classes, outputs + i * classes);
  bwi_buffer_format(&call->finding, "%" PRIu64 " of ", n_probabilities);
  bwi_say_count(&call->finding, n, "output");
  bwi_buffer_text(&call->finding, " look like probabilities");
  if (n_probabilities == n && classes > 1) {
    bwi_buffer_text(&call->finding, ". Export the model without its softmax");
    bwi_check_fail(call);
  }
out:
  bwi_free(outputs);
  bwi_free(samples);
  return status;
}

const bwi_check bwi_check_logits = {
    .number = 4,
    .name = "logits",
    .rule = "the outputs are logits: not all of them lie in [0, 1] and sum to 1, within 1e-5",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
