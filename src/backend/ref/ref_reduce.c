/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions and scans. Sums are taken in double and rounded once. */
#include <math.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"
#include "backend/ref/ref_iterate.h"
#include "graph/build.h"

/* --- Reduce --- */

static bwi_fold fold_of(bwi_reduction kind) {
  switch (kind) {
    case BWI_ALL: return BWI_FOLD_ALL;
    case BWI_ANY: return BWI_FOLD_ANY;
    case BWI_SUM: return BWI_FOLD_SUM;
    case BWI_PRODUCT: return BWI_FOLD_PRODUCT;
    case BWI_MIN: return BWI_FOLD_MIN;
    default: return BWI_FOLD_MAX;
  }
}

/* All and any of reals leave 0.0 or 1.0, so accumulators are stored as what they were folded as. */
static void store_folded(const bwi_ref_call *call, const bwi_wide *acc, int64_t count) {
  if (bwi_is_real(call->operand[0]->dtype)) {
    bwi_store_real(call->out, call->node->dtype, 0, 1, &acc->real, count);
  } else {
    bwi_store_integer(call->out, call->node->dtype, 0, 1, &acc->integer, false, count);
  }
}

bw_status bwi_ref_reduce(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *operand = call->operand[0];
  const bwi_fold kind = fold_of((bwi_reduction)node->params->i[0]);
  const int64_t count = bwi_node_count(node);
  bwi_wide *acc = call->scratch;
  for (int64_t i = 0; i < count; i++) acc[i] = bwi_fold_start(kind, operand->dtype);
  /* Reduced axes have extent 1 in the output, so its strides along them are 0. */
  const bwi_dims strides[2] = {bwi_row_major(&operand->shape),
                               bwi_broadcast_strides(&node->shape, &operand->shape)};
  bwi_walk w;
  bwi_wide x[BWI_BLOCK];
  bwi_walk_begin(&w, &operand->shape, 2, strides);
  while (bwi_walk_next(&w)) {
    for (int64_t done = 0; done < w.row; done += BWI_BLOCK) {
      const int64_t n = w.row - done < BWI_BLOCK ? w.row - done : BWI_BLOCK;
      bwi_load_wide(x, call->in[0], operand->dtype, w.offset[0] + done * w.step[0], w.step[0], n);
      bwi_fold_row(kind, operand->dtype, acc + w.offset[1] + done * w.step[1], w.step[1], x, n);
    }
  }
  store_folded(call, acc, count);
  return BW_OK;
}

/* --- ArgReduce --- */

/* NaN is the least for argmin and the greatest for argmax, as MLX has it; of equals the first is taken. */
static uint32_t arg_of_line(const void *in, bw_dtype dtype, int64_t start, int64_t step, int64_t n,
                            bool greatest) {
  int64_t keys[BWI_BLOCK], best = 0;
  uint32_t at = 0;
  for (int64_t done = 0; done < n; done += BWI_BLOCK) {
    const int64_t count = n - done < BWI_BLOCK ? n - done : BWI_BLOCK;
    bwi_load_key(keys, in, dtype, start + done * step, step, count);
    for (int64_t i = 0; i < count; i++) {
      int64_t key = keys[i];
      if (!greatest && bwi_is_real(dtype) && key == BWI_KEY_NAN) key = INT64_MIN;
      if (done + i > 0 && (greatest ? key <= best : key >= best)) continue;
      best = key;
      at = (uint32_t)(done + i);
    }
  }
  return at;
}

bw_status bwi_ref_arg_reduce(const bwi_ref_call *call) {
  const bwi_node *operand = call->operand[0];
  const bwi_params *params = call->node->params;
  const bwi_lines lines = bwi_lines_along(&operand->shape, params->i[1]);
  uint32_t *out = call->out;
  for (int64_t o = 0; o < lines.outer; o++)
    for (int64_t i = 0; i < lines.inner; i++)
      *out++ = arg_of_line(call->in[0], operand->dtype, o * lines.extent * lines.inner + i, lines.inner,
                           lines.extent, params->i[0] != 0);
  return BW_OK;
}

/* --- Scan --- */

typedef enum scan_kind {
  SCAN_MAX = 0,
  SCAN_MIN = 1,
  SCAN_SUM = 2,
  SCAN_PRODUCT = 3,
  SCAN_LOGADDEXP = 4
} scan_kind;

static void scan_line(const bwi_ref_call *call, bwi_fold kind, int64_t start, int64_t step, int64_t n,
                      bool inclusive) {
  const bw_dtype dtype = call->operand[0]->dtype;
  bwi_wide x[BWI_BLOCK], acc = bwi_fold_start(kind, dtype);
  for (int64_t done = 0; done < n; done += BWI_BLOCK) {
    const int64_t count = n - done < BWI_BLOCK ? n - done : BWI_BLOCK;
    bwi_load_wide(x, call->in[0], dtype, start + done * step, step, count);
    for (int64_t i = 0; i < count; i++) {
      const bwi_wide before = acc;
      acc = bwi_fold_in(kind, dtype, acc, x[i]);
      x[i] = inclusive ? acc : before;
    }
    bwi_store_wide(call->out, call->node->dtype, start + done * step, step, x, count);
  }
}

bw_status bwi_ref_scan(const bwi_ref_call *call) {
  const bwi_params *params = call->node->params;
  const bwi_fold kind = params->i[0] == SCAN_LOGADDEXP ? BWI_FOLD_LOGADDEXP : (bwi_fold)params->i[0];
  const bool reverse = params->i[2] != 0, inclusive = params->i[3] != 0;
  const bwi_lines lines = bwi_lines_along(&call->operand[0]->shape, params->i[1]);
  for (int64_t o = 0; o < lines.outer; o++) {
    for (int64_t i = 0; i < lines.inner; i++) {
      const int64_t first = o * lines.extent * lines.inner + i;
      const int64_t last = first + (lines.extent - 1) * lines.inner;
      scan_line(call, kind, reverse ? last : first, reverse ? -lines.inner : lines.inner, lines.extent,
                inclusive);
    }
  }
  return BW_OK;
}

/* --- over the last axis --- */

size_t bwi_ref_line_scratch(const bwi_node *node, const bwi_node *const *operand) {
  (void)node;
  return (size_t)operand[0]->shape.v[operand[0]->shape.n - 1] * sizeof(double);
}

static double greatest_of(const double *x, int64_t n) {
  double greatest = -INFINITY;
  for (int64_t i = 0; i < n; i++) greatest = bwi_max_real(greatest, x[i]);
  return greatest;
}

bw_status bwi_ref_softmax(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t n = node->shape.v[node->shape.n - 1], count = bwi_node_count(node);
  double *x = call->scratch;
  for (int64_t at = 0; at < count; at += n) {
    bwi_load_real(x, call->in[0], node->dtype, at, 1, n);
    const double greatest = greatest_of(x, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] = exp(x[i] - greatest);
    for (int64_t i = 0; i < n; i++) x[i] /= sum;
    bwi_store_real(call->out, node->dtype, at, 1, x, n);
  }
  return BW_OK;
}

bw_status bwi_ref_logsumexp(const bwi_ref_call *call) {
  const bwi_node *operand = call->operand[0];
  const int64_t n = operand->shape.v[operand->shape.n - 1], lines = bwi_node_count(call->node);
  double *x = call->scratch;
  for (int64_t line = 0; line < lines; line++) {
    bwi_load_real(x, call->in[0], operand->dtype, line * n, 1, n);
    const double greatest = greatest_of(x, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - greatest);
    const double result = isinf(greatest) ? greatest : greatest + log(sum); /* inf - inf would be NaN */
    bwi_store_real(call->out, operand->dtype, line, 1, &result, 1);
  }
  return BW_OK;
}
