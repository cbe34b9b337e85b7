/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/clean.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

typedef struct clean_call {
  bwi_clean *clean;
  bwi_crew *crew;
  const bw_dataset *dataset;
} clean_call;

static int32_t least_of(uint32_t n, const float *logits) {
  uint32_t least = 0;
  for (uint32_t c = 1; c < n; c++)
    if (logits[c] < logits[least]) least = c;
  return (int32_t)least;
}

static bw_status clean_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                             bw_error *err) {
  const clean_call *call = payload;
  const bw_model *model = call->crew->model;
  const size_t d = (size_t)model->d;
  for (uint64_t i = 0; i < count; i++)
    memcpy(worker->x + i * d, bw_dataset_sample(call->dataset, first + i), d * sizeof(float));
  BW_TRY(bwi_session_logits(worker->session, count, worker->x, BWI_PASS_DIRECT, worker->logits, err));
  uint64_t n_wrong = 0;
  for (uint64_t i = 0; i < count; i++) {
    const float *logits = worker->logits + i * model->n_classes;
    const int32_t prediction = bwi_predict(model->n_classes, logits);
    if (prediction < 0)
      return BW_FAIL(err, BW_EINVAL, "the model gives NaN for sample %" PRIu64,
                     bw_dataset_origin(call->dataset, first + i));
    call->clean->predictions[first + i] = prediction;
    call->clean->least_likely[first + i] = least_of(model->n_classes, logits);
    n_wrong += prediction != bw_dataset_label(call->dataset, first + i);
  }
  if (!bwi_meter_add(&call->crew->meter, (double)count, n_wrong))
    return BW_FAIL(err, BW_ECANCEL, "cancelled");
  return BW_OK;
}

bw_status bwi_clean_run(bwi_clean *out, bwi_crew *crew, const bw_dataset *dataset, bw_error *err) {
  bwi_clean clean = {.count = bw_dataset_count(dataset)};
  clean.predictions = bwi_alloc(clean.count, sizeof *clean.predictions);
  clean.least_likely = bwi_alloc(clean.count, sizeof *clean.least_likely);
  bw_status status = BW_OK;
  if (clean.predictions == NULL || clean.least_likely == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory for predictions");
    goto out;
  }
  for (uint64_t i = 0; i < clean.count; i++) clean.predictions[i] = -1;
  bwi_meter_begin(&crew->meter, "clean", clean.count, 0, 0);
  clean_call call = {.clean = &clean, .crew = crew, .dataset = dataset};
  status = bwi_crew_run(crew, clean.count, 0, clean_chunk, &call, err);
out:
  if (status == BW_OK || status == BW_ECANCEL)
    *out = clean;
  else
    bwi_clean_clear(&clean);
  return status;
}

void bwi_clean_clear(bwi_clean *clean) {
  bwi_free(clean->predictions);
  bwi_free(clean->least_likely);
  *clean = (bwi_clean){0};
}
