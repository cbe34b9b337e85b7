/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models (github.com/onnx/onnx, onnx/onnx.proto) as far as a gate must see them: tensors with their
 * sizes and the files that they are kept in, and operators that are not ONNX's own. */
#ifndef FORMAT_ONNX_H
#define FORMAT_ONNX_H

#include "base/cursor.h"
#include "base/dims.h"

typedef struct bwi_onnx_tensor {
  bwi_bytes name;
  int32_t type;  /* onnx.TensorProto.DataType */
  bool readable; /* the type is the bw_dtype that follows */
  bw_dtype dtype;
  uint64_t bytes;     /* what shape and type take */
  bwi_bytes elements; /* as in memory: raw_data, float_data or double_data; size 0 if there are none */
  bool external;      /* the elements lie in another file: */
  bwi_bytes location; /* its path, relative to the model's folder */
  uint64_t external_offset, external_bytes; /* 0: none is said */
  uint64_t offset;                          /* of the tensor in the model */
} bwi_onnx_tensor;

typedef struct bwi_onnx_visitor {
  void *payload;
  /* Every tensor: initialisers, attributes, those of sparse ones and of training. */
  bw_status (*tensor)(void *payload, const bwi_onnx_tensor *tensor, bw_error *err);
  /* Every node of a domain that is not ONNX's own, functions that the model itself defines included. */
  bw_status (*node)(void *payload, bwi_bytes domain, bwi_bytes name, uint64_t offset, bw_error *err);
} bwi_onnx_visitor;

/* Walks a model to its last byte. BW_EFORMAT with the offset: not protocol buffers, a tensor whose
 * elements do not fit its shape; BW_ELIMIT: more than 10,000 graphs; BW_ENOMEM; or what a visitor returned.
 */
bw_status bwi_onnx_walk(bwi_bytes model, const bwi_onnx_visitor *visitor, bw_error *err);

/* Whether the bytes, perhaps only the first of a file, begin as a model does. */
bool bwi_onnx_begins(bwi_bytes head);

#endif
