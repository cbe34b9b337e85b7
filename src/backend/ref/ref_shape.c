/* SPDX-License-Identifier: Apache-2.0 */
/* The same elements elsewhere: each is a choice of strides for one copy. */
#include <string.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"
#include "backend/ref/ref_iterate.h"

static size_t element_bytes(const bwi_ref_call *call) {
  return bw_dtype_bytes(call->node->dtype);
}

/* out[k] = in[offset + k . strides] for every index k of the output. */
static bw_status read_strided(const bwi_ref_call *call, int64_t offset, const bwi_dims *strides) {
  const bwi_dims own = bwi_row_major(&call->node->shape);
  const char *from = (const char *)call->in[0] + offset * (int64_t)element_bytes(call);
  bwi_move(call->out, &own, from, strides, &call->node->shape, element_bytes(call));
  return BW_OK;
}

bw_status bwi_ref_copy(const bwi_ref_call *call) {
  memcpy(call->out, call->in[0], bwi_node_bytes(call->node));
  return BW_OK;
}

bw_status bwi_ref_broadcast(const bwi_ref_call *call) {
  const bwi_dims strides = bwi_broadcast_strides(&call->operand[0]->shape, &call->node->shape);
  return read_strided(call, 0, &strides);
}

bw_status bwi_ref_transpose(const bwi_ref_call *call) {
  const bwi_dims source = bwi_row_major(&call->operand[0]->shape), *axes = &call->node->params->v[0];
  bwi_dims strides = {.n = axes->n};
  for (uint32_t d = 0; d < axes->n; d++) strides.v[d] = source.v[axes->v[d]];
  return read_strided(call, 0, &strides);
}

/* Where source[start + k * step] lies for index 0, and its strides in k. */
static int64_t slice_offset(bwi_dims *strides, const bwi_dims *shape, const bwi_dims *start,
                            const bwi_dims *step) {
  int64_t offset = 0;
  *strides = bwi_row_major(shape);
  for (uint32_t d = 0; d < shape->n; d++) {
    offset += start->v[d] * strides->v[d];
    strides->v[d] *= step->v[d];
  }
  return offset;
}

bw_status bwi_ref_slice(const bwi_ref_call *call) {
  const bwi_params *params = call->node->params;
  bwi_dims strides;
  const int64_t offset = slice_offset(&strides, &call->operand[0]->shape, &params->v[0], &params->v[2]);
  return read_strided(call, offset, &strides);
}

bw_status bwi_ref_as_strided(const bwi_ref_call *call) {
  return read_strided(call, call->node->params->i[0], &call->node->params->v[1]);
}

bw_status bwi_ref_concatenate(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t axis = node->params->i[0];
  const bwi_dims to = bwi_row_major(&node->shape);
  char *out = call->out;
  for (uint32_t k = 0; k < node->n_in; k++) {
    const bwi_dims *shape = &call->operand[k]->shape, from = bwi_row_major(shape);
    bwi_move(out, &to, call->in[k], &from, shape, element_bytes(call));
    out += shape->v[axis] * to.v[axis] * (int64_t)element_bytes(call);
  }
  return BW_OK;
}

bw_status bwi_ref_pad(const bwi_ref_call *call) {
  const bwi_dims *axes = &call->node->params->v[0], *low = &call->node->params->v[1];
  const bwi_dims *shape = &call->operand[0]->shape;
  const bwi_dims to = bwi_row_major(&call->node->shape), from = bwi_row_major(shape), still = {.n = to.n};
  bwi_move(call->out, &to, call->in[1], &still, &call->node->shape, element_bytes(call));
  int64_t offset = 0;
  for (uint32_t k = 0; k < axes->n; k++) offset += low->v[k] * to.v[axes->v[k]];
  bwi_move((char *)call->out + offset * (int64_t)element_bytes(call), &to, call->in[0], &from, shape,
           element_bytes(call));
  return BW_OK;
}

size_t bwi_ref_wide_out_scratch(const bwi_node *node, const bwi_node *const *operand) {
  (void)operand;
  return (size_t)bwi_node_count(node) * sizeof(bwi_wide);
}

bw_status bwi_ref_slice_update(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *update = call->operand[1];
  const bwi_params *params = node->params;
  bwi_wide *acc = call->scratch;
  bwi_dims strides;
  const int64_t count = bwi_node_count(node);
  const int64_t offset = slice_offset(&strides, &node->shape, &params->v[0], &params->v[2]);
  bwi_load_wide(acc, call->in[0], node->dtype, 0, 1, count);
  bwi_fold_strided((bwi_fold)params->i[0], acc, offset, &strides, call->in[1], 0, &update->shape,
                   node->dtype);
  bwi_store_wide(call->out, node->dtype, 0, 1, acc, count);
  return BW_OK;
}

bw_status bwi_ref_as_strided_gradient(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *cotangent = call->operand[0];
  const bwi_params *params = node->params;
  bwi_wide *acc = call->scratch;
  const int64_t count = bwi_node_count(node);
  for (int64_t i = 0; i < count; i++) acc[i] = bwi_fold_start(BWI_FOLD_SUM, node->dtype);
  bwi_fold_strided(BWI_FOLD_SUM, acc, params->i[0], &params->v[1], call->in[0], 0, &cotangent->shape,
                   node->dtype);
  bwi_store_wide(call->out, node->dtype, 0, 1, acc, count);
  return BW_OK;
}
