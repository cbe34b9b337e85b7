/* SPDX-License-Identifier: Apache-2.0
 *
 * Labelled samples. Samples are float32 in the domain of the data, 8-bit pixels scaled to [0, 1].
 * Immutable after loading, so thread-safe. Stability: stable.
 */
#ifndef BULWARK_DATASET_H
#define BULWARK_DATASET_H

#include <bulwark/array.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_dataset bw_dataset;

typedef struct bw_dataset_options {
  size_t struct_size;
  const char *labels_path;                /* labels in a second file (npy, npz, IDX); NULL: within path */
  const char *samples_name, *labels_name; /* arrays of an npz or safetensors file; NULL: the usual
                              names (images, x, x_test, data / labels, y, y_test), else the only floating
                              or u8 array of rank >= 2 and the only integer array of rank 1 */
  size_t max_bytes;                       /* of decoded arrays; default 8 GiB */
} bw_dataset_options;

BW_API void bw_dataset_options_init(bw_dataset_options *options, size_t struct_size);

/* Reads npz, npy, safetensors, IDX (plain or gzip) or CIFAR-10 binary, told apart by content, not by
 * name. u8 samples are divided by 255; floats are taken as they are and must be finite. CIFAR-10's planes
 * become (N, 32, 32, 3). For IDX images without labels_path, a neighbour with "labels-idx1" in place of
 * "images-idx3" is taken. BW_EIO, BW_EFORMAT with the offset, BW_EUNSUPPORTED, BW_ELIMIT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_dataset_open(bw_dataset **out, const char *path,
                                              const bw_dataset_options *options, bw_error *err);

/* Takes copies. samples: f32 or u8, rank >= 2, first axis N; labels: any integer dtype, shape (N), >= 0. */
BW_API BW_NODISCARD bw_status bw_dataset_create(bw_dataset **out, const bw_array *samples,
                                                const bw_array *labels, bw_error *err);

/* Another data set with the chosen samples, for example a random part. indices < count. */
BW_API BW_NODISCARD bw_status bw_dataset_choose(bw_dataset **out, const bw_dataset *dataset, uint64_t count,
                                                const uint64_t *indices, bw_error *err);
BW_API void bw_dataset_free(bw_dataset *dataset);

BW_API uint64_t bw_dataset_count(const bw_dataset *dataset);
BW_API uint32_t bw_dataset_rank(const bw_dataset *dataset);                   /* of one sample */
BW_API const int64_t *bw_dataset_shape(const bw_dataset *dataset);            /* of one sample */
BW_API const float *bw_dataset_sample(const bw_dataset *dataset, uint64_t i); /* borrowed */
BW_API int32_t bw_dataset_label(const bw_dataset *dataset, uint64_t i);
/* The sample's index in the file it came from: what randomness is keyed by and reports name. */
BW_API uint64_t bw_dataset_origin(const bw_dataset *dataset, uint64_t i);
/* SHA-256 of samples and labels as 64 hex digits; computed at each call, about a second per gigabyte.
 * BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_dataset_digest(const bw_dataset *dataset, char hex[65], bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
