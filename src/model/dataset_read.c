/* SPDX-License-Identifier: Apache-2.0 */
/* Which reader a data file needs, decided by its first bytes, and which of its arrays are meant. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"
#include "model/dataset.h"

typedef enum kind { KIND_NPY, KIND_NPZ, KIND_IDX, KIND_SAFETENSORS, KIND_CIFAR10, KIND_UNKNOWN } kind;

enum { CIFAR10_RECORD_BYTES = 3073 };

static kind detect(bwi_bytes b) {
  if (b.size >= 6 && memcmp(b.data, "\x93NUMPY", 6) == 0) return KIND_NPY;
  if (b.size >= 4 && memcmp(b.data, "PK\x03\x04", 4) == 0) return KIND_NPZ;
  if (b.size >= 2 && b.data[0] == 0x1f && b.data[1] == 0x8b) return KIND_IDX;
  if (b.size >= 4 && b.data[0] == 0 && b.data[1] == 0 && b.data[2] >= 8 && b.data[2] <= 14 && b.data[3] > 0)
    return KIND_IDX;
  if (b.size >= 9 && b.data[8] == '{') return KIND_SAFETENSORS;
  if (b.size > 0 && b.size % CIFAR10_RECORD_BYTES == 0 && b.data[0] < 10) return KIND_CIFAR10;
  return KIND_UNKNOWN;
}

static const char *const sample_names[] = {"images", "samples",  "x",     "x_test",
                                           "data",   "features", "arr_0", NULL};
static const char *const label_names[] = {"labels", "y", "y_test", "targets", "arr_1", NULL};

static bool plausible_samples(const bw_array *a) {
  const bw_dtype t = bw_array_dtype(a);
  return bw_array_rank(a) >= 2 && (t == BW_U8 || t == BW_F16 || t == BW_F32 || t == BW_F64 || t == BW_BF16);
}

static bool plausible_labels(const bw_array *a) {
  const bw_dtype t = bw_array_dtype(a);
  return bw_array_rank(a) == 1 && t >= BW_U8 && t <= BW_I64;
}

typedef bool (*plausible_fn)(const bw_array *a);

/* The array called `name` that is plausible, or any where plausible is NULL; count if there is none. What was
 * taken out before is passed over. */
static size_t find_named(const bwi_archive *archive, const char *name, plausible_fn plausible) {
  for (size_t k = 0; k < archive->count; k++)
    if (archive->arrays[k] != NULL && strcmp(archive->names[k], name) == 0 &&
        (plausible == NULL || plausible(archive->arrays[k])))
      return k;
  return archive->count;
}

/* The last plausible array; sets how many there are. */
static size_t find_plausible(const bwi_archive *archive, plausible_fn plausible, size_t *n_plausible) {
  size_t found = archive->count;
  *n_plausible = 0;
  for (size_t k = 0; k < archive->count; k++) {
    if (archive->arrays[k] == NULL || !plausible(archive->arrays[k])) continue;
    found = k;
    ++*n_plausible;
  }
  return found;
}

/* The array named `name`; else the first usual name; else the only plausible one. Taken out of the archive.
 */
static bw_status pick(bw_array **out, bwi_archive *archive, const char *name, const char *const *usual,
                      plausible_fn plausible, const char *what, bw_error *err) {
  size_t found = archive->count, n_plausible = 1;
  if (name != NULL) {
    found = find_named(archive, name, NULL);
    if (found == archive->count) return BW_FAIL(err, BW_EFORMAT, "no array named '%s'", name);
  }
  for (size_t u = 0; found == archive->count && usual[u] != NULL; u++)
    found = find_named(archive, usual[u], plausible);
  if (found == archive->count) found = find_plausible(archive, plausible, &n_plausible);
  if (n_plausible != 1)
    return BW_FAIL(err, BW_EFORMAT, "which array holds the %s is not clear (%zu would do); name it `%s`",
                   what, n_plausible, usual[0]);
  *out = archive->arrays[found];
  archive->arrays[found] = NULL;
  return BW_OK;
}

static bw_status from_archive(bw_array **samples, bw_array **labels, bwi_archive *archive,
                              const bw_dataset_options *o, bw_error *err) {
  if (samples != NULL)
    BW_TRY(pick(samples, archive, o->samples_name, sample_names, plausible_samples, "samples", err));
  if (labels != NULL)
    BW_TRY(pick(labels, archive, o->labels_name, label_names, plausible_labels, "labels", err));
  return BW_OK;
}

/* CIFAR-10 stores planes (N, 3, 32, 32); MLX wants channels last. */
static bw_status planes_to_channels_last(bw_array **images, bw_error *err) {
  const int64_t n = bw_array_shape(*images)[0];
  bw_array *moved = NULL;
  BW_TRY(bw_array_create(&moved, BW_U8, 4, (int64_t[]){n, 32, 32, 3}, err));
  const uint8_t *from = bw_array_view(*images);
  uint8_t *to = bw_array_data(moved);
  for (int64_t i = 0; i < n; i++)
    for (int64_t c = 0; c < 3; c++)
      for (int64_t p = 0; p < 1024; p++) to[(i * 1024 + p) * 3 + c] = from[(i * 3 + c) * 1024 + p];
  bw_array_free(*images);
  *images = moved;
  return BW_OK;
}

/* samples or labels may be NULL when only the other is wanted; a format without labels leaves *labels NULL.
 */
static bw_status read_bytes(bw_array **samples, bw_array **labels, bwi_bytes bytes,
                            const bw_dataset_options *o, bw_error *err) {
  bw_array **single = samples != NULL ? samples : labels;
  const kind k = detect(bytes);
  switch (k) {
    case KIND_NPY: return bwi_npy_read(single, bytes, o->max_bytes, err);
    case KIND_IDX: return bwi_idx_read(single, bytes, o->max_bytes, err);
    case KIND_NPZ:
    case KIND_SAFETENSORS: {
      bwi_archive archive = {0};
      BW_TRY(k == KIND_NPZ ? bwi_npz_read(&archive, bytes, o->max_bytes, err)
                           : bwi_safetensors_read(&archive, bytes, o->max_bytes, err));
      const bw_status status = from_archive(samples, labels, &archive, o, err);
      bwi_archive_clear(&archive);
      return status;
    }
    case KIND_CIFAR10: {
      bw_array *images = NULL, *classes = NULL;
      BW_TRY(bwi_cifar10_read(&images, &classes, bytes, o->max_bytes, err));
      const bw_status status = planes_to_channels_last(&images, err);
      if (status == BW_OK && samples != NULL)
        *samples = images;
      else
        bw_array_free(images);
      if (status == BW_OK && labels != NULL)
        *labels = classes;
      else
        bw_array_free(classes);
      return status;
    }
    case KIND_UNKNOWN: break;
  }
  return BW_FAIL_AT(err, BW_EFORMAT, 0, "is no npz, npy, safetensors, IDX or CIFAR-10 file");
}

static bw_status read_file(bw_array **samples, bw_array **labels, const char *path,
                           const bw_dataset_options *o, bw_error *err) {
  bwi_bytes bytes = {0};
  BW_TRY(bwi_file_read(&bytes, path, o->max_bytes, err));
  const bw_status status = read_bytes(samples, labels, bytes, o, err);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

/* MNIST's own naming: "t10k-images-idx3-ubyte.gz" has "t10k-labels-idx1-ubyte.gz" beside it. */
static bw_status read_neighbour(bw_array **labels, const char *path, const bw_dataset_options *o,
                                bw_error *err) {
  static const char images_part[] = "images-idx3", labels_part[] = "labels-idx1";
  const char *at = strstr(path, images_part);
  if (at == NULL) return BW_FAIL(err, BW_EFORMAT, "holds no labels; give them with --labels FILE");
  char *neighbour = bwi_strdup(path);
  if (neighbour == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a path");
  memcpy(neighbour + (at - path), labels_part, sizeof labels_part - 1);
  const bw_status status = read_file(NULL, labels, neighbour, o, err);
  bwi_free(neighbour);
  return status;
}

static bw_status read_labels(bw_array **labels, const char *path, const bw_dataset_options *o,
                             bw_error *err) {
  if (o->labels_path == NULL) return read_neighbour(labels, path, o, err);
  bw_error why = {.offset = BW_NO_OFFSET};
  const bw_status status = read_file(NULL, labels, o->labels_path, o, &why);
  if (status == BW_OK) return BW_OK;
  return BW_FAIL_AT(err, status, why.offset, "the labels, %s: %s", o->labels_path, why.text);
}

bw_status bwi_dataset_read(bw_array **samples, bw_array **labels, const char *path,
                           const bw_dataset_options *options, bw_error *err) {
  bw_array *x = NULL, *y = NULL;
  bw_status status = read_file(&x, options->labels_path == NULL ? &y : NULL, path, options, err);
  if (status == BW_OK && y == NULL) status = read_labels(&y, path, options, err);
  if (status != BW_OK) {
    bw_array_free(x);
    bw_array_free(y);
    return status;
  }
  *samples = x;
  *labels = y;
  return BW_OK;
}
