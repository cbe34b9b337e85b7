/* SPDX-License-Identifier: Apache-2.0 */
/* What npz shares with npy. */
#ifndef FORMAT_NPY_H
#define FORMAT_NPY_H

#include "base/buffer.h"
#include "format/source.h"

#include <bulwark/array.h>

/* Reads an npy file of exactly size decoded bytes from the source, up to its end; takes the elements out
 * of *budget_bytes. Errors as bwi_npy_read. */
bw_status bwi_npy_read_source(bw_array **out, bwi_source *s, uint64_t size, size_t *budget_bytes,
                              bw_error *err);

/* What stands before the elements. BW_EUNSUPPORTED: bfloat16, which NumPy lacks. */
bw_status bwi_npy_write_header(bwi_buffer *out, const bw_array *array, bw_error *err);

#endif
