/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before the elements of a GGUF file (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3,
 * little-endian. */
#ifndef FORMAT_GGUF_H
#define FORMAT_GGUF_H

#include "base/cursor.h"
#include "base/dims.h"

#define BWI_GGUF_MAX_RANK 4

typedef struct bwi_gguf_text {
  bwi_bytes key, value; /* in the file */
} bwi_gguf_text;

typedef struct bwi_gguf_tensor {
  bwi_bytes name;
  const char *type; /* "Q4_K" */
  bool readable;    /* the type is the bw_dtype that follows; others are blocks of quantised elements */
  bw_dtype dtype;
  bwi_dims shape;        /* first index fastest */
  uint64_t begin, bytes; /* in the data */
  uint64_t offset;       /* of the description */
} bwi_gguf_tensor;

typedef struct bwi_gguf {
  uint32_t version;
  size_t n_texts;
  bwi_gguf_text *texts; /* metadata that are strings */
  size_t n_tensors;
  bwi_gguf_tensor *tensors;
  uint64_t data_offset; /* in the file */
} bwi_gguf;

/* Reads `head`, the first bytes of a file of file_bytes, as far as the elements, and checks that the tensors
 * lie in the rest, aligned, one behind the other. Borrows from head; cleared by bwi_gguf_clear. BW_EFORMAT
 * with the offset, also where head ends too early; BW_EUNSUPPORTED: another version, an unknown type, arrays
 * of arrays; BW_ENOMEM. */
bw_status bwi_gguf_read(bwi_gguf *out, bwi_bytes head, uint64_t file_bytes, bw_error *err);
void bwi_gguf_clear(bwi_gguf *file);

#endif
