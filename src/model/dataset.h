/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a data set. */
#ifndef MODEL_DATASET_H
#define MODEL_DATASET_H

#include <bulwark/dataset.h>

#include "base/cursor.h"
#include "base/dims.h"

struct bw_dataset {
  uint64_t count;
  bwi_dims shape; /* of one sample */
  size_t d;       /* elements of one sample */
  float *samples; /* (count, d) */
  int32_t *labels;
  uint64_t *origins;
};

/* Reads a file's samples and, where the format holds them, labels (*labels NULL otherwise). Both are the
 * caller's. Errors as bw_dataset_open. */
bw_status bwi_dataset_read(bw_array **samples, bw_array **labels, const char *path,
                           const bw_dataset_options *options, bw_error *err);

#endif
