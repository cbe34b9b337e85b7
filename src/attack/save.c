/* SPDX-License-Identifier: Apache-2.0 */
/* The result of an attack as npz. */
#include <bulwark/evaluation.h>
#include <string.h>

#include "attack/result.h"
#include "base/error.h"
#include "base/file.h"
#include "format/formats.h"

enum {
  ADVERSARIAL,
  LABELS,
  CLEAN_PREDICTIONS,
  ADVERSARIAL_PREDICTIONS,
  SUCCESS,
  DISTANCE,
  ORIGIN,
  UNIVERSAL,
  N_ARRAYS
};

static const char *const names[N_ARRAYS] = {
    "adversarial", "labels", "clean_predictions", "adversarial_predictions", "success",
    "distance",    "origin", "universal"};
static const bw_dtype dtypes[N_ARRAYS] = {BW_F32, BW_I32, BW_I32, BW_I32, BW_BOOL, BW_F32, BW_U64, BW_F32};

static bw_status create_arrays(bw_array *arrays[N_ARRAYS], const bw_dataset *dataset, bw_error *err) {
  int64_t shape[BW_MAX_RANK] = {(int64_t)bw_dataset_count(dataset)};
  const uint32_t rank = bw_dataset_rank(dataset);
  if (rank >= BW_MAX_RANK) return BW_FAIL(err, BW_ELIMIT, "samples have too many axes to be saved");
  memcpy(shape + 1, bw_dataset_shape(dataset), rank * sizeof *shape);
  for (int k = 0; k < UNIVERSAL; k++)
    BW_TRY(bw_array_create(&arrays[k], dtypes[k], k == ADVERSARIAL ? rank + 1 : 1, shape, err));
  return bw_array_create(&arrays[UNIVERSAL], dtypes[UNIVERSAL], rank, shape + 1, err);
}

static void fill_arrays(bw_array *arrays[N_ARRAYS], const bw_attack_result *result,
                        const bw_dataset *dataset) {
  const size_t d = (size_t)result->ball.d;
  for (uint64_t i = 0; i < result->count; i++) {
    const bw_sample_outcome *o = &result->outcomes[i];
    memcpy((float *)bw_array_data(arrays[ADVERSARIAL]) + i * d, bw_attack_result_sample(result, i),
           d * sizeof(float));
    ((int32_t *)bw_array_data(arrays[LABELS]))[i] = bw_dataset_label(dataset, i);
    ((int32_t *)bw_array_data(arrays[CLEAN_PREDICTIONS]))[i] = o->clean_prediction;
    ((int32_t *)bw_array_data(arrays[ADVERSARIAL_PREDICTIONS]))[i] = o->adversarial_prediction;
    ((uint8_t *)bw_array_data(arrays[SUCCESS]))[i] = o->success;
    ((float *)bw_array_data(arrays[DISTANCE]))[i] = o->distance;
    ((uint64_t *)bw_array_data(arrays[ORIGIN]))[i] = bw_dataset_origin(dataset, i);
  }
  if (result->universal != NULL)
    memcpy(bw_array_data(arrays[UNIVERSAL]), result->universal, d * sizeof(float));
}

bw_status bw_attack_result_save(const bw_attack_result *result, const bw_dataset *dataset, const char *path,
                                bw_error *err) {
  bw_array *arrays[N_ARRAYS] = {NULL};
  bwi_buffer npz = {0};
  if (bw_dataset_count(dataset) != result->count)
    return BW_FAIL(err, BW_EINVAL, "the data set is not the one that was attacked");
  bw_status status = create_arrays(arrays, dataset, err);
  if (status == BW_OK) {
    fill_arrays(arrays, result, dataset);
    const size_t n_arrays = result->universal != NULL ? N_ARRAYS : UNIVERSAL;
    status = bwi_npz_write(&npz, n_arrays, names, (const bw_array *const *)arrays, true, err);
  }
  if (status == BW_OK) status = bwi_file_write(path, npz.data, npz.size, err);
  for (int k = 0; k < N_ARRAYS; k++) bw_array_free(arrays[k]);
  bwi_buffer_free(&npz);
  return status;
}
