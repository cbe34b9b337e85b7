/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ref/ref_fold.h"

#include <math.h>

#include "backend/ref/ref_iterate.h"

double bwi_max_real(double a, double b) {
  return isnan(a) || a > b ? a : b;
}

double bwi_min_real(double a, double b) {
  return isnan(a) || a < b ? a : b;
}

double bwi_logaddexp(double a, double b) {
  const double greater = bwi_max_real(a, b), less = bwi_min_real(a, b);
  if (isnan(greater) || isinf(greater) || isinf(less)) return greater; /* inf - inf would be NaN */
  return greater + log1p(exp(less - greater));
}

bool bwi_less_integer(int64_t a, int64_t b, bool is_u64) {
  return is_u64 ? (uint64_t)a < (uint64_t)b : a < b;
}

static int64_t least_integer(bw_dtype dtype) {
  switch (dtype) {
    case BW_I8: return INT8_MIN;
    case BW_I16: return INT16_MIN;
    case BW_I32: return INT32_MIN;
    case BW_I64: return INT64_MIN;
    default: return 0;
  }
}

static int64_t greatest_integer(bw_dtype dtype) {
  switch (dtype) {
    case BW_BOOL: return 1;
    case BW_U8: return UINT8_MAX;
    case BW_U16: return UINT16_MAX;
    case BW_U32: return UINT32_MAX;
    case BW_U64: return -1; /* all bits */
    case BW_I8: return INT8_MAX;
    case BW_I16: return INT16_MAX;
    case BW_I32: return INT32_MAX;
    default: return INT64_MAX;
  }
}

static double start_real(bwi_fold kind) {
  switch (kind) {
    case BWI_FOLD_MAX:
    case BWI_FOLD_LOGADDEXP: return -INFINITY;
    case BWI_FOLD_MIN: return INFINITY;
    case BWI_FOLD_PRODUCT:
    case BWI_FOLD_ALL: return 1;
    default: return 0;
  }
}

static int64_t start_integer(bwi_fold kind, bw_dtype dtype) {
  switch (kind) {
    case BWI_FOLD_MAX: return least_integer(dtype);
    case BWI_FOLD_MIN: return greatest_integer(dtype);
    case BWI_FOLD_PRODUCT:
    case BWI_FOLD_ALL: return 1;
    default: return 0;
  }
}

bwi_wide bwi_fold_start(bwi_fold kind, bw_dtype dtype) {
  if (bwi_is_real(dtype)) return (bwi_wide){.real = start_real(kind)};
  return (bwi_wide){.integer = start_integer(kind, dtype)};
}

static inline double fold_real(bwi_fold kind, double acc, double x) {
  switch (kind) {
    case BWI_FOLD_MAX: return bwi_max_real(acc, x);
    case BWI_FOLD_MIN: return bwi_min_real(acc, x);
    case BWI_FOLD_SUM: return acc + x;
    case BWI_FOLD_PRODUCT: return acc * x;
    case BWI_FOLD_LOGADDEXP: return bwi_logaddexp(acc, x);
    case BWI_FOLD_ALL: return acc != 0 && x != 0;
    case BWI_FOLD_ANY: return acc != 0 || x != 0;
    default: return x;
  }
}

static inline int64_t fold_integer(bwi_fold kind, int64_t acc, int64_t x, bool is_u64) {
  switch (kind) {
    case BWI_FOLD_MAX: return bwi_less_integer(acc, x, is_u64) ? x : acc;
    case BWI_FOLD_MIN: return bwi_less_integer(x, acc, is_u64) ? x : acc;
    case BWI_FOLD_SUM: return (int64_t)((uint64_t)acc + (uint64_t)x);
    case BWI_FOLD_PRODUCT: return (int64_t)((uint64_t)acc * (uint64_t)x);
    case BWI_FOLD_ALL: return acc != 0 && x != 0;
    case BWI_FOLD_ANY: return acc != 0 || x != 0;
    default: return x;
  }
}

bwi_wide bwi_fold_in(bwi_fold kind, bw_dtype dtype, bwi_wide acc, bwi_wide x) {
  bwi_fold_row(kind, dtype, &acc, 0, &x, 1);
  return acc;
}

void bwi_fold_row(bwi_fold kind, bw_dtype dtype, bwi_wide *acc, int64_t step, const bwi_wide *x, int64_t n) {
  if (bwi_is_real(dtype)) {
    for (int64_t i = 0; i < n; i++) acc[i * step].real = fold_real(kind, acc[i * step].real, x[i].real);
  } else {
    const bool is_u64 = dtype == BW_U64;
    for (int64_t i = 0; i < n; i++)
      acc[i * step].integer = fold_integer(kind, acc[i * step].integer, x[i].integer, is_u64);
  }
}

void bwi_fold_strided(bwi_fold kind, bwi_wide *acc, int64_t offset, const bwi_dims *strides, const void *in,
                      int64_t first, const bwi_dims *shape, bw_dtype dtype) {
  const bwi_dims both[2] = {*strides, bwi_row_major(shape)};
  bwi_walk w;
  bwi_wide x[BWI_BLOCK];
  bwi_walk_begin(&w, shape, 2, both);
  while (bwi_walk_next(&w)) {
    for (int64_t done = 0; done < w.row; done += BWI_BLOCK) {
      const int64_t n = w.row - done < BWI_BLOCK ? w.row - done : BWI_BLOCK;
      bwi_load_wide(x, in, dtype, first + w.offset[1] + done * w.step[1], w.step[1], n);
      bwi_fold_row(kind, dtype, acc + offset + w.offset[0] + done * w.step[0], w.step[0], x, n);
    }
  }
}
