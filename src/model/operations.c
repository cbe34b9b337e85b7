/* SPDX-License-Identifier: Apache-2.0 */
#include "model/operations.h"

static uint64_t times(uint64_t a, uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t plus(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t elements(const bwi_graph *g, bwi_id id) {
  return (uint64_t)bwi_node_count(bwi_graph_node(g, id));
}

static uint64_t last_extent(const bwi_graph *g, bwi_id id) {
  const bwi_dims *shape = &bwi_graph_node(g, id)->shape;
  return shape->n == 0 ? 1 : (uint64_t)shape->v[shape->n - 1];
}

/* Elements of the weights that one element of the output is made of. */
static uint64_t kernel_elements(const bwi_graph *g, bwi_id weights) {
  const bwi_dims *shape = &bwi_graph_node(g, weights)->shape;
  uint64_t count = 1;
  for (uint32_t d = 1; d < shape->n; d++) count = times(count, (uint64_t)shape->v[d]);
  return count;
}

uint64_t bwi_operations(const bwi_graph *g, bwi_id id) {
  const bwi_node *n = bwi_graph_node(g, id);
  const uint64_t out = (uint64_t)bwi_node_count(n);
  uint64_t moved = out;
  switch (n->prim) {
    case BWI_Input:
    case BWI_Constant: return 0;
    case BWI_Convolution:
    case BWI_FusedConvolution: return times(out, kernel_elements(g, n->in[1]));
    case BWI_Matmul:
    case BWI_FusedMatmul:
    case BWI_AddMM:
    case BWI_BlockMaskedMM:
    case BWI_GatherMM:
    case BWI_QuantizedMatmul: return times(out, last_extent(g, n->in[0]));
    case BWI_ScaledDotProductAttention: { /* queries against each key of their batch and head, twice */
      const bwi_dims *keys = &bwi_graph_node(g, n->in[1])->shape;
      return times(times(2, elements(g, n->in[0])), (uint64_t)keys->v[keys->n - 2]);
    }
    case BWI_MaxPool:
    case BWI_AvgPool: return times(out, (uint64_t)n->params->v[0].v[0] * (uint64_t)n->params->v[0].v[1]);
    default:
      for (uint32_t k = 0; k < n->n_in; k++) moved = plus(moved, elements(g, n->in[k]));
      return moved;
  }
}
