/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: arrays of samples and labels, checked once, float32 from then on. */
#include "model/dataset.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/digest.h"

void bw_dataset_options_init(bw_dataset_options *options, size_t struct_size) {
  const bw_dataset_options defaults = {.struct_size = struct_size, .max_bytes = (size_t)8 << 30};
  memcpy(options, &defaults, struct_size < sizeof defaults ? struct_size : sizeof defaults);
}

void bw_dataset_free(bw_dataset *dataset) {
  if (dataset == NULL) return;
  bwi_free(dataset->samples);
  bwi_free(dataset->labels);
  bwi_free(dataset->origins);
  bwi_free(dataset);
}

static bw_status allocate(bw_dataset **out, uint64_t count, const bwi_dims *shape, size_t d, bw_error *err) {
  bw_dataset *dataset = bwi_alloc(1, sizeof *dataset);
  if (dataset != NULL) {
    *dataset = (bw_dataset){.count = count, .shape = *shape, .d = d};
    dataset->samples = bwi_alloc((size_t)count, d * sizeof(float));
    dataset->labels = bwi_alloc((size_t)count, sizeof(int32_t));
    dataset->origins = bwi_alloc((size_t)count, sizeof(uint64_t));
  }
  if (dataset == NULL || dataset->samples == NULL || dataset->labels == NULL || dataset->origins == NULL) {
    bw_dataset_free(dataset);
    return BW_FAIL(err, BW_ENOMEM, "out of memory for %llu samples", (unsigned long long)count);
  }
  *out = dataset;
  return BW_OK;
}

static bw_status fill_samples(bw_dataset *dataset, const bw_array *samples, bw_error *err) {
  const size_t n = (size_t)dataset->count * dataset->d;
  if (bw_array_dtype(samples) == BW_U8) {
    const uint8_t *bytes = bw_array_view(samples);
    for (size_t i = 0; i < n; i++) dataset->samples[i] = (float)bytes[i] / 255.0f;
    return BW_OK;
  }
  bw_array *converted = NULL;
  BW_TRY(bw_array_convert(&converted, samples, BW_F32, err));
  memcpy(dataset->samples, bw_array_view(converted), n * sizeof(float));
  bw_array_free(converted);
  for (size_t i = 0; i < n; i++)
    if (!isfinite(dataset->samples[i]))
      return BW_FAIL(err, BW_EFORMAT, "sample %zu holds a value that is not finite", i / dataset->d);
  return BW_OK;
}

static bw_status fill_labels(bw_dataset *dataset, const bw_array *labels, bw_error *err) {
  bw_array *converted = NULL;
  BW_TRY(bw_array_convert(&converted, labels, BW_I64, err));
  const int64_t *values = bw_array_view(converted);
  bw_status status = BW_OK;
  for (uint64_t i = 0; i < dataset->count && status == BW_OK; i++) {
    dataset->origins[i] = i;
    dataset->labels[i] = (int32_t)values[i];
    if (values[i] < 0 || values[i] > INT32_MAX)
      status = BW_FAIL(err, BW_EFORMAT, "label of sample %llu is %lld; labels are classes, counted from 0",
                       (unsigned long long)i, (long long)values[i]);
  }
  bw_array_free(converted);
  return status;
}

static bool integer(bw_dtype dtype) {
  return dtype >= BW_U8 && dtype <= BW_I64;
}

static bw_status check_arrays(const bw_array *samples, const bw_array *labels, bw_error *err) {
  const bw_dtype dtype = bw_array_dtype(samples);
  const bool floating = dtype == BW_F32 || dtype == BW_F64 || dtype == BW_F16 || dtype == BW_BF16;
  if (bw_array_rank(samples) < 2 || bw_array_count(samples) == 0)
    return BW_FAIL(err, BW_EFORMAT, "samples must have shape (N, ...) with at least one element each");
  if (dtype != BW_U8 && !floating)
    return BW_FAIL(err, BW_EFORMAT, "samples are %s; they must be uint8 or floating", bw_dtype_name(dtype));
  if (bw_array_rank(labels) != 1 || !integer(bw_array_dtype(labels)))
    return BW_FAIL(err, BW_EFORMAT, "labels must be integers of shape (N), they are %s of rank %u",
                   bw_dtype_name(bw_array_dtype(labels)), bw_array_rank(labels));
  if (bw_array_shape(labels)[0] != bw_array_shape(samples)[0])
    return BW_FAIL(err, BW_EFORMAT, "%lld samples, but %lld labels", (long long)bw_array_shape(samples)[0],
                   (long long)bw_array_shape(labels)[0]);
  return BW_OK;
}

bw_status bw_dataset_create(bw_dataset **out, const bw_array *samples, const bw_array *labels,
                            bw_error *err) {
  BW_TRY(check_arrays(samples, labels, err));
  const int64_t *shape = bw_array_shape(samples);
  bwi_dims sample_shape = {.n = bw_array_rank(samples) - 1};
  memcpy(sample_shape.v, shape + 1, sample_shape.n * sizeof *shape);
  bw_dataset *dataset = NULL;
  BW_TRY(allocate(&dataset, (uint64_t)shape[0], &sample_shape, (size_t)(bw_array_count(samples) / shape[0]),
                  err));
  bw_status status = fill_samples(dataset, samples, err);
  if (status == BW_OK) status = fill_labels(dataset, labels, err);
  if (status != BW_OK) {
    bw_dataset_free(dataset);
    return status;
  }
  *out = dataset;
  return BW_OK;
}

bw_status bw_dataset_open(bw_dataset **out, const char *path, const bw_dataset_options *options,
                          bw_error *err) {
  bw_dataset_options complete;
  bw_dataset_options_init(&complete, sizeof complete);
  if (options != NULL)
    memcpy(&complete, options,
           options->struct_size < sizeof complete ? options->struct_size : sizeof complete);
  bw_array *samples = NULL, *labels = NULL;
  bw_status status = bwi_dataset_read(&samples, &labels, path, &complete, err);
  if (status == BW_OK) status = bw_dataset_create(out, samples, labels, err);
  bw_array_free(samples);
  bw_array_free(labels);
  return status;
}

bw_status bw_dataset_choose(bw_dataset **out, const bw_dataset *dataset, uint64_t count,
                            const uint64_t *indices, bw_error *err) {
  if (count == 0) return BW_FAIL(err, BW_EINVAL, "a data set needs at least one sample");
  for (uint64_t i = 0; i < count; i++)
    if (indices[i] >= dataset->count)
      return BW_FAIL(err, BW_EINVAL, "index %llu is past the end of %llu samples",
                     (unsigned long long)indices[i], (unsigned long long)dataset->count);
  bw_dataset *chosen = NULL;
  BW_TRY(allocate(&chosen, count, &dataset->shape, dataset->d, err));
  for (uint64_t i = 0; i < count; i++) {
    memcpy(chosen->samples + i * chosen->d, dataset->samples + indices[i] * dataset->d,
           chosen->d * sizeof(float));
    chosen->labels[i] = dataset->labels[indices[i]];
    chosen->origins[i] = dataset->origins[indices[i]];
  }
  *out = chosen;
  return BW_OK;
}

uint64_t bw_dataset_count(const bw_dataset *dataset) {
  return dataset->count;
}
uint32_t bw_dataset_rank(const bw_dataset *dataset) {
  return dataset->shape.n;
}
const int64_t *bw_dataset_shape(const bw_dataset *dataset) {
  return dataset->shape.v;
}
const float *bw_dataset_sample(const bw_dataset *dataset, uint64_t i) {
  return dataset->samples + i * dataset->d;
}
int32_t bw_dataset_label(const bw_dataset *dataset, uint64_t i) {
  return dataset->labels[i];
}
uint64_t bw_dataset_origin(const bw_dataset *dataset, uint64_t i) {
  return dataset->origins[i];
}

bw_status bw_dataset_digest(const bw_dataset *dataset, char hex[65], bw_error *err) {
  bwi_hash *hash = NULL;
  BW_TRY(bwi_hash_create(&hash, BWI_SHA256, err));
  bwi_hash_add(hash, dataset->shape.v, dataset->shape.n * sizeof *dataset->shape.v);
  bwi_hash_add(hash, dataset->samples, (size_t)dataset->count * dataset->d * sizeof(float));
  bwi_hash_add(hash, dataset->labels, (size_t)dataset->count * sizeof(int32_t));
  const bw_status status = bwi_hash_end_hex(hash, hex, err);
  bwi_hash_free(hash);
  return status;
}
