/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a safetensors file, which says all about the file but the elements. */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include "base/cursor.h"
#include "base/dims.h"

typedef struct bwi_safetensors_tensor {
  const char *name;
  const char *type; /* "F32" */
  bool readable;    /* the type is the bw_dtype that follows; else there is none for it */
  bw_dtype dtype;
  bwi_dims shape;
  size_t begin, end;    /* in the data */
  uint64_t offset;      /* of the description, in the file */
  uint64_t type_offset; /* of the type in it */
} bwi_safetensors_tensor;

typedef struct bwi_safetensors_header {
  struct bwi_json *json; /* holds the names */
  size_t count;
  bwi_safetensors_tensor *tensors;
  uint64_t data_offset; /* in the file */
} bwi_safetensors_header;

/* The bytes that the header of a file takes, length included, as its first eight bytes say. BW_EFORMAT: more
 * than the file has; BW_ELIMIT: more than 100 MiB. */
bw_status bwi_safetensors_header_bytes(uint64_t *out, bwi_bytes head, uint64_t file_bytes, bw_error *err);

/* Reads the header in `head`, the first bytes of a file of file_bytes, and checks that the tensors cover the
 * rest of the file exactly. Cleared by bwi_safetensors_header_clear. BW_EFORMAT, BW_EUNSUPPORTED (an unknown
 * type, more than BW_MAX_RANK dimensions), BW_ELIMIT with the offset; BW_ENOMEM. */
bw_status bwi_safetensors_read_header(bwi_safetensors_header *out, bwi_bytes head, uint64_t file_bytes,
                                      bw_error *err);
void bwi_safetensors_header_clear(bwi_safetensors_header *header);

#endif
