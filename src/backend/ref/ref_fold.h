/* SPDX-License-Identifier: Apache-2.0 */
/* Folding values together: what reductions, scans and scatters have in common. */
#ifndef REF_FOLD_H
#define REF_FOLD_H

#include "backend/ref/ref_element.h"

/* The first five are numbered as the kinds of Scatter and SliceUpdate are, the first four as Scan's. */
typedef enum bwi_fold {
  BWI_FOLD_MAX = 0,
  BWI_FOLD_MIN = 1,
  BWI_FOLD_SUM = 2,
  BWI_FOLD_PRODUCT = 3,
  BWI_FOLD_REPLACE = 4,
  BWI_FOLD_LOGADDEXP = 5,
  BWI_FOLD_ALL = 6,
  BWI_FOLD_ANY = 7
} bwi_fold;

/* The value that changes nothing: what an empty fold gives. */
bwi_wide bwi_fold_start(bwi_fold kind, bw_dtype dtype);

/* acc with x folded in. Max and min give NaN where either is NaN. */
bwi_wide bwi_fold_in(bwi_fold kind, bw_dtype dtype, bwi_wide acc, bwi_wide x);

/* Folds n values into n accumulators that lie step apart; with step 0, all into one, in order. */
void bwi_fold_row(bwi_fold kind, bw_dtype dtype, bwi_wide *acc, int64_t step, const bwi_wide *x, int64_t n);

/* Folds an array, read row-major with this shape from element `first` on, into the accumulators at
 * offset + k . strides for every index k of the shape. */
void bwi_fold_strided(bwi_fold kind, bwi_wide *acc, int64_t offset, const bwi_dims *strides, const void *in,
                      int64_t first, const bwi_dims *shape, bw_dtype dtype);

/* MLX's maximum and minimum: NaN wins, and of equal values (0 and -0) the second. */
double bwi_max_real(double a, double b);
double bwi_min_real(double a, double b);
double bwi_logaddexp(double a, double b);
/* Whether a < b, as integers of this dtype. */
bool bwi_less_integer(int64_t a, int64_t b, bool is_u64);

#endif
