/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/pattern.h"

bool bwi_is(const bwi_graph *g, bwi_id id, bwi_prim prim) {
  return bwi_graph_node(g, id)->prim == prim;
}

bool bwi_is_known(const bwi_graph *g, bwi_id id, double value) {
  const bwi_node *n = bwi_graph_node(g, id);
  while (n->prim == BWI_Broadcast || n->prim == BWI_Reshape) n = bwi_graph_node(g, n->in[0]);
  return n->prim == BWI_Constant && n->dtype == BW_F32 && bwi_node_count(n) == 1 &&
         (double)*(const float *)n->data == value;
}

bool bwi_is_channel_constant(const bwi_graph *g, bwi_id id, int64_t n) {
  const bwi_node *c = bwi_graph_node(g, id);
  if (c->prim != BWI_Constant || c->dtype != BW_F32) return false;
  const int64_t count = bwi_node_count(c);
  return count == 1 || (count == n && c->shape.v[c->shape.n - 1] == n);
}

bool bwi_counts_to(const bwi_graph *g, bwi_id id, int64_t count) {
  const bwi_node *n = bwi_graph_node(g, id);
  while (n->prim == BWI_Reshape || n->prim == BWI_Unflatten) n = bwi_graph_node(g, n->in[0]);
  if (bwi_node_count(n) != count) return false;
  if (n->prim == BWI_Arange) return n->params->f[0] == 0 && n->params->f[2] == 1;
  if (n->prim != BWI_Constant || (n->dtype != BW_U32 && n->dtype != BW_I32)) return false;
  const uint32_t *values = n->data; /* an int32 that is not negative has the same bytes */
  for (int64_t i = 0; i < count; i++)
    if (values[i] != (uint32_t)i) return false;
  return true;
}

bool bwi_keeps_order(const bwi_dims *shape, const bwi_dims *axes) {
  int64_t previous = -1;
  for (uint32_t k = 0; k < axes->n; k++) {
    if (shape->v[axes->v[k]] == 1) continue;
    if (axes->v[k] < previous) return false;
    previous = axes->v[k];
  }
  return true;
}

bool bwi_takes_all(const bwi_node *slice, const bwi_node *source) {
  if (!bwi_dims_equal(&slice->shape, &source->shape)) return false;
  for (uint32_t d = 0; d < slice->shape.n; d++)
    if (slice->shape.v[d] > 1 && slice->params->v[2].v[d] != 1) return false;
  return true;
}
