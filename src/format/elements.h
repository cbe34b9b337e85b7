/* SPDX-License-Identifier: Apache-2.0 */
/* Array elements as files claim and hold them: sizes, truth values, byte order. */
#ifndef FORMAT_ELEMENTS_H
#define FORMAT_ELEMENTS_H

#include "base/dims.h"
#include "base/error.h"

/* Bytes that a shape and dtype take. BW_EFORMAT at `offset`, where the claim stands: a negative extent or
 * an overflow. */
bw_status bwi_elements_bytes(size_t *out, bw_dtype dtype, const bwi_dims *shape, uint64_t offset,
                             bw_error *err);

/* A zeroed array of that shape, taken out of *budget_bytes. BW_ELIMIT beyond it, else as above. */
bw_status bwi_elements_create(bw_array **out, bw_dtype dtype, const bwi_dims *shape, size_t *budget_bytes,
                              uint64_t offset, bw_error *err);

/* Index of the first of n bytes that is neither 0 nor 1, n if there is none. */
size_t bwi_elements_first_untruth(const uint8_t *bytes, size_t n);

/* Reverses the bytes of every element: big-endian to little-endian. */
void bwi_elements_swap(bw_array *array);

#endif
