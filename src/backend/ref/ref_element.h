/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of any dtype, widened to compute with and rounded once when stored. Floats and everything that is
 * computed as a real number widen to double; integers and bools to int64_t, where uint64_t keeps its bits,
 * so that sums and products wrap as MLX's do. Sums in double are closer to the truth than MLX's in float:
 * tests against MLX allow for MLX's error, not for ours. */
#ifndef REF_ELEMENT_H
#define REF_ELEMENT_H

#include "base/dims.h"

typedef union bwi_wide {
  double real;     /* where bwi_is_real(dtype) */
  int64_t integer; /* elsewhere */
} bwi_wide;

#define BWI_BLOCK 256 /* elements widened at a time: the buffers stay in the first-level cache */

bool bwi_is_real(bw_dtype dtype); /* f16, bf16, f32, f64 */

/* Element i of the n is at base[offset + i * step]. */
void bwi_load_real(double *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n);
void bwi_store_real(void *base, bw_dtype dtype, int64_t offset, int64_t step, const double *from, int64_t n);
/* dtype is not a float; bool is 0 or 1. */
void bwi_load_integer(int64_t *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n);
/* Wraps; to bool: not zero; to a float: rounds once, taking the source for a uint64_t where is_u64. */
void bwi_store_integer(void *base, bw_dtype dtype, int64_t offset, int64_t step, const int64_t *from,
                       bool is_u64, int64_t n);

/* As real or as integer, whichever the dtype is. */
void bwi_load_wide(bwi_wide *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n);
void bwi_store_wide(void *base, bw_dtype dtype, int64_t offset, int64_t step, const bwi_wide *from,
                    int64_t n);

/* Keys that are ordered as sorting orders the elements: NaN last, -0 and 0 equal. */
#define BWI_KEY_NAN INT64_MAX
void bwi_load_key(int64_t *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n);

/* value as the dtype holds it. */
double bwi_round_to(bw_dtype dtype, double value);

#endif
