/* SPDX-License-Identifier: Apache-2.0 */
#include "model/engine_nearby.h"

#include <string.h>

#include "backend/changes.h"
#include "base/memory.h"

struct bwi_nearby {
  const bw_model *model;
  bwi_workspace *workspace;
  bwi_plan *plan;
  uint64_t n; /* samples of the plan */
  uint64_t *changed;
  bool filled; /* the plan holds what follows from its input */
};

/* As soon as more of the pixels differ, most outputs of a few convolutions do. */
#define LARGEST_SHARE 4

bw_status bwi_nearby_create(bwi_nearby **out, bwi_engine *engine, uint32_t size, size_t max_bytes,
                            bw_error *err) {
  bw_status status = BW_ENOMEM;
  const bw_model *model = &engine->base;
  if (model->shape.n != 3) return BW_FAIL(err, BW_EUNSUPPORTED, "the model takes no images");
  bwi_nearby *n = bwi_alloc(1, sizeof *n);
  if (n != NULL) {
    n->model = model;
    n->n = UINT64_C(1) << size;
    n->changed = bwi_alloc((size_t)n->n, (size_t)model->shape.v[0] * sizeof *n->changed);
  }
  if (n == NULL || n->changed == NULL)
    BW_FAIL(err, BW_ENOMEM, "no memory for a session");
  else
    status = bwi_workspace_create(&n->workspace, max_bytes, err);
  if (status == BW_OK)
    status = bwi_engine_plan(&n->plan, n->workspace, engine, BWI_SEARCH, size, BWI_PLAN_UPDATES, err);
  if (status == BW_OK && !bwi_plan_can_update(n->plan))
    status = BW_FAIL(err, BW_EUNSUPPORTED, "every step reads all of its input");
  if (status != BW_OK) {
    bwi_nearby_free(n);
    return status;
  }
  *out = n;
  return BW_OK;
}

void bwi_nearby_free(bwi_nearby *n) {
  if (n == NULL) return;
  bwi_plan_free(n->plan);
  bwi_workspace_free(n->workspace);
  bwi_free(n->changed);
  bwi_free(n);
}

size_t bwi_nearby_bytes(const bwi_nearby *n) {
  return bwi_plan_workspace_bytes(n->plan);
}

/* Makes the samples the plan's input, the last one in all places that are left; returns how many pixels
 * change by that. */
static uint64_t take_samples(bwi_nearby *n, uint64_t count, const float *samples) {
  const int64_t height = n->model->shape.v[0], width = n->model->shape.v[1], channels = n->model->shape.v[2];
  const size_t d = (size_t)n->model->d;
  float *in = bwi_plan_input(n->plan, 0);
  uint64_t n_changed = 0;
  for (uint64_t k = 0; k < n->n; k++, in += d) {
    const float *sample = samples + (k < count ? k : count - 1) * d;
    n_changed += bwi_changes_find(n->changed + k * (uint64_t)height, in, sample, height, width,
                                  channels * (int64_t)sizeof(float));
    memcpy(in, sample, d * sizeof(float));
  }
  return n_changed;
}

bw_status bwi_nearby_logits(bwi_nearby *n, uint64_t count, const float *samples, float *logits,
                            bw_error *err) {
  const uint64_t n_pixels = n->n * (uint64_t)(n->model->shape.v[0] * n->model->shape.v[1]);
  const bool updates = take_samples(n, count, samples) <= n_pixels / LARGEST_SHARE && n->filled;
  n->filled = false;
  BW_TRY(updates ? bwi_plan_update(n->plan, n->changed, err) : bwi_plan_run_outputs(n->plan, err));
  n->filled = true;
  memcpy(logits, bwi_plan_output(n->plan, 0), (size_t)count * n->model->n_classes * sizeof(float));
  return BW_OK;
}
