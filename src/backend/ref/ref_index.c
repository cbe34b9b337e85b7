/* SPDX-License-Identifier: Apache-2.0 */
/* Elements chosen by other elements. Indices are values, known only now: a negative one counts from the
 * end where it does in MLX, and one that is out of range is BW_EFORMAT (MLX reads or writes past the array).
 */
#include <string.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"
#include "backend/ref/ref_iterate.h"

/* Element i of an integer operand; false if it is not below 2^63. */
static bool load_index(int64_t *out, const bwi_ref_call *call, uint32_t operand, int64_t i) {
  const bw_dtype dtype = call->operand[operand]->dtype;
  bwi_load_integer(out, call->in[operand], dtype, i, 1, 1);
  return dtype != BW_U64 || *out >= 0;
}

/* Element i of an index operand as a place where `size` elements fit into an axis of `extent`. */
static bool load_position(int64_t *out, const bwi_ref_call *call, uint32_t operand, int64_t i, int64_t extent,
                          int64_t size) {
  int64_t at;
  if (!load_index(&at, call, operand, i)) return false;
  if (at < 0) at += extent;
  if (at < 0 || at > extent - size) return false;
  *out = at;
  return true;
}

/* --- DynamicSlice --- */

/* Offset in elements of a box of `size` in an array of `shape`, from the start values of an operand. */
static bool box_offset(int64_t *out, const bwi_ref_call *call, uint32_t start, const bwi_dims *shape,
                       const bwi_dims *size) {
  const bwi_dims *axes = &call->node->params->v[0], strides = bwi_row_major(shape);
  int64_t offset = 0;
  for (uint32_t k = 0; k < axes->n; k++) {
    const int64_t axis = axes->v[k];
    int64_t at;
    if (!load_index(&at, call, start, k) || at < 0 || at > shape->v[axis] - size->v[axis]) return false;
    offset += at * strides.v[axis];
  }
  *out = offset;
  return true;
}

bw_status bwi_ref_dynamic_slice(const bwi_ref_call *call) {
  const bwi_dims *shape = &call->operand[0]->shape, *size = &call->node->shape;
  const bwi_dims from = bwi_row_major(shape), to = bwi_row_major(size);
  const size_t bytes = bw_dtype_bytes(call->node->dtype);
  int64_t offset;
  if (!box_offset(&offset, call, 1, shape, size)) return BW_EFORMAT;
  bwi_move(call->out, &to, (const char *)call->in[0] + offset * (int64_t)bytes, &from, size, bytes);
  return BW_OK;
}

bw_status bwi_ref_dynamic_slice_update(const bwi_ref_call *call) {
  const bwi_dims *shape = &call->node->shape, *size = &call->operand[1]->shape;
  const bwi_dims to = bwi_row_major(shape), from = bwi_row_major(size);
  const size_t bytes = bw_dtype_bytes(call->node->dtype);
  int64_t offset;
  if (!box_offset(&offset, call, 2, shape, size)) return BW_EFORMAT;
  memcpy(call->out, call->in[0], bwi_node_bytes(call->node));
  bwi_move((char *)call->out + offset * (int64_t)bytes, &to, call->in[1], &from, size, bytes);
  return BW_OK;
}

/* --- Gather, Scatter: one index array an axis, and a slice of the source at each --- */

/* Offset in elements of the slice that the p-th index chooses; index arrays are operands 1, 2, ... */
static bool slice_offset(int64_t *out, const bwi_ref_call *call, int64_t p, const bwi_dims *slice) {
  const bwi_dims *axes = &call->node->params->v[0], *shape = &call->operand[0]->shape;
  const bwi_dims strides = bwi_row_major(shape);
  int64_t offset = 0;
  for (uint32_t k = 0; k < axes->n; k++) {
    const int64_t axis = axes->v[k];
    int64_t at;
    if (!load_position(&at, call, k + 1, p, shape->v[axis], slice->v[axis])) return false;
    offset += at * strides.v[axis];
  }
  *out = offset;
  return true;
}

bw_status bwi_ref_gather(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const bwi_dims *slice = &node->params->v[1];
  const bwi_dims from = bwi_row_major(&call->operand[0]->shape), to = bwi_row_major(slice);
  const int64_t n_slices = node->n_in > 1 ? bwi_node_count(call->operand[1]) : 1;
  const int64_t bytes = (int64_t)bw_dtype_bytes(node->dtype), slice_bytes = bwi_count(slice) * bytes;
  for (int64_t p = 0; p < n_slices; p++) {
    int64_t offset;
    if (!slice_offset(&offset, call, p, slice)) return BW_EFORMAT;
    bwi_move((char *)call->out + p * slice_bytes, &to, (const char *)call->in[0] + offset * bytes, &from,
             slice, (size_t)bytes);
  }
  return BW_OK;
}

bw_status bwi_ref_scatter(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const uint32_t updates = node->n_in - 1;
  const bwi_dims *shape = &call->operand[updates]->shape, strides = bwi_row_major(&node->shape);
  const int64_t n_slices = updates > 1 ? bwi_node_count(call->operand[1]) : 1, count = bwi_node_count(node);
  bwi_dims slice = {.n = node->shape.n};
  for (uint32_t d = 0; d < slice.n; d++) slice.v[d] = shape->v[shape->n - slice.n + d];
  bwi_wide *acc = call->scratch;
  bwi_load_wide(acc, call->in[0], node->dtype, 0, 1, count);
  for (int64_t p = 0; p < n_slices; p++) {
    int64_t offset;
    if (!slice_offset(&offset, call, p, &slice)) return BW_EFORMAT;
    bwi_fold_strided((bwi_fold)node->params->i[0], acc, offset, &strides, call->in[updates],
                     p * bwi_count(&slice), &slice, node->dtype);
  }
  bwi_store_wide(call->out, node->dtype, 0, 1, acc, count);
  return BW_OK;
}

/* --- GatherAxis, ScatterAxis: an index for each element, along one axis --- */

/* The source element that index p chooses, where `lines` are the source's and the index array differs from
 * the source only in its extent along the axis. */
static bool source_of(int64_t *out, const bwi_ref_call *call, int64_t p, bwi_lines lines,
                      int64_t index_extent) {
  const int64_t i = p % lines.inner, o = p / lines.inner / index_extent;
  int64_t at;
  if (!load_position(&at, call, 1, p, lines.extent, 1)) return false;
  *out = (o * lines.extent + at) * lines.inner + i;
  return true;
}

bw_status bwi_ref_gather_axis(const bwi_ref_call *call) {
  const int64_t axis = call->node->params->i[0], count = bwi_node_count(call->node);
  const bwi_lines lines = bwi_lines_along(&call->operand[0]->shape, axis);
  const size_t bytes = bw_dtype_bytes(call->node->dtype);
  for (int64_t p = 0; p < count; p++) {
    int64_t source;
    if (!source_of(&source, call, p, lines, call->node->shape.v[axis])) return BW_EFORMAT;
    memcpy((char *)call->out + p * (int64_t)bytes, (const char *)call->in[0] + source * (int64_t)bytes,
           bytes);
  }
  return BW_OK;
}

bw_status bwi_ref_scatter_axis(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *updates = call->operand[2];
  const bwi_fold kind = node->params->i[0] == 0 ? BWI_FOLD_SUM : BWI_FOLD_REPLACE;
  const int64_t axis = node->params->i[1], count = bwi_node_count(node), n_updates = bwi_node_count(updates);
  const bwi_lines lines = bwi_lines_along(&node->shape, axis);
  bwi_wide *acc = call->scratch;
  bwi_load_wide(acc, call->in[0], node->dtype, 0, 1, count);
  for (int64_t p = 0; p < n_updates; p++) {
    int64_t target;
    bwi_wide x;
    if (!source_of(&target, call, p, lines, updates->shape.v[axis])) return BW_EFORMAT;
    bwi_load_wide(&x, call->in[2], node->dtype, p, 1, 1);
    acc[target] = bwi_fold_in(kind, node->dtype, acc[target], x);
  }
  bwi_store_wide(call->out, node->dtype, 0, 1, acc, count);
  return BW_OK;
}

/* --- MaskedScatter --- */

bw_status bwi_ref_masked_scatter(const bwi_ref_call *call) {
  const int64_t rows = call->node->shape.v[0], count = bwi_node_count(call->node);
  const int64_t row = rows > 0 ? count / rows : 0;
  const int64_t n_updates = rows > 0 ? bwi_node_count(call->operand[2]) / rows : 0; /* a row */
  const size_t bytes = bw_dtype_bytes(call->node->dtype);
  const uint8_t *mask = call->in[1];
  memcpy(call->out, call->in[0], bwi_node_bytes(call->node));
  for (int64_t r = 0; r < rows; r++) {
    int64_t taken = 0;
    for (int64_t i = 0; i < row; i++) {
      if (mask[r * row + i] == 0) continue;
      if (taken == n_updates) return BW_EFORMAT;
      memcpy((char *)call->out + (r * row + i) * (int64_t)bytes,
             (const char *)call->in[2] + (r * n_updates + taken++) * (int64_t)bytes, bytes);
    }
  }
  return BW_OK;
}
