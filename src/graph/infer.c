/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/infer.h"

#include <inttypes.h>
#include <math.h>

#define SHAPE_TEXT_BYTES 80

bool bwi_is_float(bw_dtype dtype) {
  return dtype == BW_F16 || dtype == BW_BF16 || dtype == BW_F32 || dtype == BW_F64;
}

bool bwi_is_integer(bw_dtype dtype) {
  return dtype >= BW_U8 && dtype <= BW_I64;
}

bw_status bwi_check_float(const bwi_node *n, const char *what, bw_error *err) {
  if (bwi_is_float(n->dtype)) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%s must be a float, not %s", what, bw_dtype_name(n->dtype));
}

bw_status bwi_check_index(const bwi_node *n, const char *what, bw_error *err) {
  if (bwi_is_integer(n->dtype)) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%s must be integers, not %s", what, bw_dtype_name(n->dtype));
}

bw_status bwi_check_same_dtype(const bwi_node *a, const bwi_node *b, bw_error *err) {
  if (a->dtype == b->dtype) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "operands of different dtypes, %s and %s", bw_dtype_name(a->dtype),
                 bw_dtype_name(b->dtype));
}

bw_status bwi_check_same_float(uint32_t n_in, const bwi_node *const *in, bw_error *err) {
  BW_TRY(bwi_check_float(in[0], "the first operand", err));
  for (uint32_t k = 1; k < n_in; k++) BW_TRY(bwi_check_same_dtype(in[0], in[k], err));
  return BW_OK;
}

bw_status bwi_check_range(int64_t value, int64_t lo, int64_t hi, const char *what, bw_error *err) {
  if (value >= lo && value <= hi) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%s %" PRId64 ", must be in [%" PRId64 ", %" PRId64 "]", what, value, lo,
                 hi);
}

bw_status bwi_check_length(const bwi_dims *dims, uint32_t n, const char *what, bw_error *err) {
  if (dims->n == n) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%u %s, must be %u", dims->n, what, n);
}

bw_status bwi_check_each(const bwi_dims *dims, int64_t lo, int64_t hi, const char *what, bw_error *err) {
  for (uint32_t k = 0; k < dims->n; k++) BW_TRY(bwi_check_range(dims->v[k], lo, hi, what, err));
  return BW_OK;
}

bw_status bwi_check_rank(const bwi_node *n, uint32_t lo, uint32_t hi, const char *what, bw_error *err) {
  if (n->shape.n >= lo && n->shape.n <= hi) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%s: rank %u, must be in [%u, %u]", what, n->shape.n, lo, hi);
}

bw_status bwi_check_shape(const bwi_node *n, const bwi_dims *shape, const char *what, bw_error *err) {
  char have[SHAPE_TEXT_BYTES], want[SHAPE_TEXT_BYTES];
  if (bwi_dims_equal(&n->shape, shape)) return BW_OK;
  return BW_FAIL(err, BW_EFORMAT, "%s: shape %s, must be %s", what,
                 bwi_dims_text(have, sizeof have, &n->shape), bwi_dims_text(want, sizeof want, shape));
}

bw_status bwi_check_finite(double value, const char *what, bw_error *err) {
  return isfinite(value) ? BW_OK : BW_FAIL(err, BW_EFORMAT, "%s is not finite", what);
}

bw_status bwi_check_axis(int64_t *axis, uint32_t rank, bw_error *err) {
  const int64_t n = rank;
  if (*axis < -n || *axis >= n)
    return BW_FAIL(err, BW_EFORMAT, "axis %" PRId64 " of an array of rank %u", *axis, rank);
  if (*axis < 0) *axis += n;
  return BW_OK;
}

bw_status bwi_check_axes(bwi_dims *axes, uint32_t rank, bw_error *err) {
  bool seen[BW_MAX_RANK] = {false};
  for (uint32_t k = 0; k < axes->n; k++) {
    BW_TRY(bwi_check_axis(&axes->v[k], rank, err));
    if (seen[axes->v[k]]) return BW_FAIL(err, BW_EFORMAT, "axis %" PRId64 " comes twice", axes->v[k]);
    seen[axes->v[k]] = true;
  }
  return BW_OK;
}

bw_status bwi_check_broadcast(bwi_dims *out, const bwi_dims *a, const bwi_dims *b, bw_error *err) {
  const bwi_dims *more = a->n >= b->n ? a : b, *less = a->n >= b->n ? b : a;
  bwi_dims result = *more;
  const uint32_t extra = more->n - less->n;
  for (uint32_t d = 0; d < less->n; d++) {
    int64_t *extent = &result.v[extra + d];
    if (*extent == less->v[d] || less->v[d] == 1) continue;
    if (*extent != 1) {
      char left[SHAPE_TEXT_BYTES], right[SHAPE_TEXT_BYTES];
      return BW_FAIL(err, BW_EFORMAT, "shapes %s and %s do not broadcast",
                     bwi_dims_text(left, sizeof left, a), bwi_dims_text(right, sizeof right, b));
    }
    *extent = less->v[d];
  }
  *out = result;
  return BW_OK;
}

bw_status bwi_check_broadcast_to(const bwi_dims *from, const bwi_dims *to, const char *what, bw_error *err) {
  bwi_dims result = {0};
  if (from->n <= to->n && bwi_check_broadcast(&result, from, to, NULL) == BW_OK &&
      bwi_dims_equal(&result, to))
    return BW_OK;
  char left[SHAPE_TEXT_BYTES], right[SHAPE_TEXT_BYTES];
  return BW_FAIL(err, BW_EFORMAT, "%s of shape %s does not broadcast to %s", what,
                 bwi_dims_text(left, sizeof left, from), bwi_dims_text(right, sizeof right, to));
}
