/* SPDX-License-Identifier: Apache-2.0 */
/* Check 5. The margin has a gradient wherever the logits have one. Cross-entropy may lose its own when a
 * model is so confident that the derivative is not representable; when that happens to more than a sample in
 * a hundred, the attacks with that loss were blind and say nothing. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/check.h"

static const double most_saturated = 0.01;

enum { OK, ZERO, NOT_FINITE };

typedef struct gradients {
  const bw_evaluation *e;
  const bwi_crew *crew;
  const uint64_t *chosen;
  bwi_loss loss;
  uint8_t *states; /* (n chosen) */
} gradients;

typedef struct labels {
  const gradients *g;
  uint64_t first;
} labels;

static void write_cotangents(void *payload, uint64_t first, uint64_t n, const float *logits,
                             float *cotangents) {
  const labels *l = payload;
  const uint32_t classes = l->g->crew->model->n_classes;
  for (uint64_t i = 0; i < n; i++) {
    const int32_t label = bw_dataset_label(l->g->e->dataset, l->g->chosen[l->first + first + i]);
    (void)bwi_loss_eval(l->g->loss, classes, logits + i * classes, label, -1, cotangents + i * classes);
    (void)bwi_unit_cotangent(classes, cotangents + i * classes);
  }
}

static uint8_t state_of(uint64_t d, const float *gradient) {
  uint8_t state = ZERO;
  for (uint64_t j = 0; j < d; j++) {
    if (!isfinite(gradient[j])) return NOT_FINITE;
    if (gradient[j] != 0) state = OK;
  }
  return state;
}

static bw_status gradient_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                                bw_error *err) {
  const gradients *g = payload;
  const size_t d = (size_t)g->crew->model->d;
  for (uint64_t i = 0; i < count; i++)
    memcpy(worker->x + i * d, bw_dataset_sample(g->e->dataset, g->chosen[first + i]), d * sizeof(float));
  labels l = {.g = g, .first = first};
  BW_TRY(bwi_session_gradient(worker->session, count, worker->x, write_cotangents, &l, worker->logits,
                              worker->slope, err));
  for (uint64_t i = 0; i < count; i++) g->states[first + i] = state_of(d, worker->slope + i * d);
  return BW_OK;
}

static bw_status count_states(bwi_check_call *call, const uint64_t *chosen, uint64_t n, bwi_loss loss,
                              uint64_t counts[3], bw_error *err) {
  gradients g = {.e = call->e, .crew = call->crew, .chosen = chosen, .loss = loss, .states = bwi_alloc(n, 1)};
  if (g.states == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to look at gradients");
  const bw_status status = bwi_crew_run(call->crew, n, 0, gradient_chunk, &g, err);
  for (uint64_t k = 0; k < n; k++) counts[g.states[k]]++;
  bwi_free(g.states);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  if (call->crew->model->access < BW_ACCESS_GRADIENT) {
    bwi_buffer_text(&call->finding, "the model gives no gradients, so no attack that follows them was tried");
    bwi_check_fail(call);
    return BW_OK;
  }
  uint64_t *chosen = NULL, n = 0, margin[3] = {0}, entropy[3] = {0};
  BW_TRY(bwi_pick(&chosen, &n, call->e, UINT64_MAX, NULL, NULL, err));
  bw_status status = count_states(call, chosen, n, BWI_LOSS_MARGIN, margin, err);
  if (status == BW_OK) status = count_states(call, chosen, n, BWI_LOSS_CE, entropy, err);
  bwi_free(chosen);
  bwi_buffer_format(&call->finding,
                    "of %" PRIu64 " samples: zero gradient of the margin %" PRIu64
                    ", of cross-entropy %" PRIu64 "; not finite %" PRIu64,
                    n, margin[ZERO], entropy[ZERO], margin[NOT_FINITE] + entropy[NOT_FINITE]);
  const bool saturated = (double)entropy[ZERO] > most_saturated * (double)n;
  if (margin[ZERO] > 0 || margin[NOT_FINITE] > 0 || entropy[NOT_FINITE] > 0 || saturated)
    bwi_check_fail(call);
  return status;
}

const bwi_check bwi_check_gradient_present = {
    .number = 5,
    .name = "gradient-present",
    .rule =
        "no sample has a zero, NaN or infinite gradient of the margin, and at most 1 % have one of "
        "cross-entropy",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
