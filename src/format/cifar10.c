/* SPDX-License-Identifier: Apache-2.0 */
/* The binary version of CIFAR-10 (cs.toronto.edu/~kriz/cifar.html): records of one label byte and 3,072
 * bytes of picture, channel by channel, row by row. */
#include <string.h>

#include "format/formats.h"

#define PICTURE_BYTES ((size_t)3 * 32 * 32)
#define RECORD_BYTES (1 + PICTURE_BYTES)
#define CLASSES 10

static bw_status read_records(bw_array *images, bw_array *labels, bwi_bytes bytes, bw_error *err) {
  uint8_t *pixels = bw_array_data(images), *classes = bw_array_data(labels);
  for (size_t i = 0; i < bytes.size / RECORD_BYTES; i++) {
    const uint8_t *record = bytes.data + i * RECORD_BYTES;
    if (record[0] >= CLASSES)
      return BW_FAIL_AT(err, BW_EFORMAT, i * RECORD_BYTES, "label %u of record %zu is not one of %d classes",
                        record[0], i, CLASSES);
    classes[i] = record[0];
    memcpy(pixels + i * PICTURE_BYTES, record + 1, PICTURE_BYTES);
  }
  return BW_OK;
}

bw_status bwi_cifar10_read(bw_array **images, bw_array **labels, bwi_bytes bytes, size_t max_bytes,
                           bw_error *err) {
  const size_t count = bytes.size / RECORD_BYTES;
  if (count == 0 || bytes.size % RECORD_BYTES != 0)
    return BW_FAIL_AT(err, BW_EFORMAT, count * RECORD_BYTES,
                      "%zu bytes are no whole number of records of %zu bytes", bytes.size, RECORD_BYTES);
  if (bytes.size > max_bytes)
    return BW_FAIL_AT(err, BW_ELIMIT, 0, "%zu records take more than the limit of %zu bytes", count,
                      max_bytes);
  bw_array *made_images = NULL, *made_labels = NULL;
  const int64_t shape[4] = {(int64_t)count, 3, 32, 32};
  bw_status status = bw_array_create(&made_images, BW_U8, 4, shape, err);
  if (status == BW_OK) status = bw_array_create(&made_labels, BW_U8, 1, shape, err);
  if (status == BW_OK) status = read_records(made_images, made_labels, bytes, err);
  if (status != BW_OK) {
    bw_array_free(made_images);
    bw_array_free(made_labels);
    return status;
  }
  *images = made_images;
  *labels = made_labels;
  return BW_OK;
}
