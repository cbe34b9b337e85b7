/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a model file without running it. */
#ifndef MODEL_INFO_H
#define MODEL_INFO_H

#include <bulwark/model.h>

#include "format/mlxfn.h"

/* How often a primitive occurs; it is supported, or the first value that it computes is named. */
typedef struct bwi_primitive_use {
  const char *name;
  uint32_t count;
  bool supported;
  uint32_t first_value;
} bwi_primitive_use;

typedef struct bwi_function_info {
  uint32_t n_uses;
  bwi_primitive_use *uses; /* by name */
  uint64_t n_constants, constant_elements, constant_bytes;
  uint64_t operations;               /* at the exported batch size; 0 if it cannot be imported */
  char digest[65];                   /* "" if it cannot be imported */
  char problem[BW_ERROR_TEXT_BYTES]; /* why not, else "" */
} bwi_function_info;

struct bw_model_info {
  bwi_bytes bytes; /* owned; the file borrows from them */
  bwi_mlxfn *file;
  bwi_function_info *functions; /* file->n_functions */
};

#endif
