/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/fit.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/model.h"

/* The extents that are not 1; they decide the order of the coordinates. */
static uint32_t squeeze(int64_t out[BW_MAX_RANK], uint32_t rank, const int64_t *shape) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < rank; i++)
    if (shape[i] != 1) out[n++] = shape[i];
  return n;
}

/* Equal apart from extents of 1, or one of the two is a plain row of as many. */
static bool shapes_fit(const bw_model *model, const bw_dataset *dataset) {
  int64_t a[BW_MAX_RANK], b[BW_MAX_RANK], count = 1;
  const uint32_t n_a = squeeze(a, model->shape.n, model->shape.v);
  const uint32_t n_b = squeeze(b, bw_dataset_rank(dataset), bw_dataset_shape(dataset));
  for (uint32_t i = 0; i < n_b; i++) count *= b[i];
  if (count != model->d) return false;
  if (n_a <= 1 || n_b <= 1) return true;
  return n_a == n_b && memcmp(a, b, n_a * sizeof *a) == 0;
}

static bw_status check_sample(const bw_model *model, const bw_dataset *dataset, uint64_t i, bw_error *err) {
  const uint64_t origin = bw_dataset_origin(dataset, i);
  const int32_t label = bw_dataset_label(dataset, i);
  if (label < 0 || (uint32_t)label >= model->n_classes)
    return BW_FAIL(err, BW_EINVAL, "sample %" PRIu64 " has label %" PRId32 ", the model %" PRIu32 " classes",
                   origin, label, model->n_classes);
  const float *sample = bw_dataset_sample(dataset, i);
  bool inside = true;
  for (int64_t j = 0; j < model->d; j++) inside &= sample[j] >= model->lower && sample[j] <= model->upper;
  if (inside) return BW_OK;
  int64_t j = 0;
  while (sample[j] >= model->lower && sample[j] <= model->upper) j++;
  return BW_FAIL(err, BW_EINVAL, "sample %" PRIu64 " holds %g, outside the input domain from %g to %g",
                 origin, (double)sample[j], (double)model->lower, (double)model->upper);
}

bw_status bwi_check_fit(const bw_model *model, const bw_dataset *dataset, bw_error *err) {
  const uint64_t count = bw_dataset_count(dataset);
  if (count == 0) return BW_FAIL(err, BW_EINVAL, "the data set is empty");
  if (!shapes_fit(model, dataset)) {
    bwi_dims given = {.n = bw_dataset_rank(dataset)};
    memcpy(given.v, bw_dataset_shape(dataset), given.n * sizeof *given.v);
    char wanted_text[80], given_text[80];
    return BW_FAIL(err, BW_EINVAL, "samples have shape %s, the model takes %s",
                   bwi_dims_text(given_text, sizeof given_text, &given),
                   bwi_dims_text(wanted_text, sizeof wanted_text, &model->shape));
  }
  for (uint64_t i = 0; i < count; i++) BW_TRY(check_sample(model, dataset, i, err));
  return BW_OK;
}
