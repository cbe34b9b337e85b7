/* SPDX-License-Identifier: Apache-2.0 */
/* What npz shares with npy. */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "base/buffer.h"
#include "base/dims.h"
#include "format/source.h"

#include <bulwark/array.h>

typedef struct bwi_npy_header {
  bw_dtype dtype; /* if refusal holds none */
  bwi_dims shape;
  bool fortran_order;
  size_t item_bytes; /* of any plain dtype; 0: not known */
  bool objects;      /* an element, or a field of one, is a Python object: a pickle follows */
  bw_error refusal;  /* why the elements cannot be read; BW_OK: they can */
} bwi_npy_header;

/* Reads what stands before the elements. BW_EFORMAT, BW_EUNSUPPORTED, BW_ELIMIT with the offset; BW_ENOMEM.
 */
bw_status bwi_npy_read_header(bwi_npy_header *out, bwi_source *s, bw_error *err);

/* Reads an npy file of exactly size decoded bytes from the source, up to its end; takes the elements out
 * of *budget_bytes. Errors as bwi_npy_read. */
bw_status bwi_npy_read_source(bw_array **out, bwi_source *s, uint64_t size, size_t *budget_bytes,
                              bw_error *err);

/* What stands before the elements. BW_EUNSUPPORTED: bfloat16, which NumPy lacks. */
bw_status bwi_npy_write_header(bwi_buffer *out, const bw_array *array, bw_error *err);

#endif
