/* SPDX-License-Identifier: Apache-2.0 */
/* The Walsh-Hadamard transform of the last axis, whose extent is a power of two, by butterflies. */
#include "backend/ref/ref.h"

bw_status bwi_ref_hadamard(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t n = node->shape.v[node->shape.n - 1], count = bwi_node_count(node);
  double *x = call->scratch;
  for (int64_t at = 0; at < count; at += n) {
    bwi_load_real(x, call->in[0], node->dtype, at, 1, n);
    for (int64_t half = 1; half < n; half *= 2) {
      for (int64_t i = 0; i < n; i++) {
        if ((i & half) != 0) continue;
        const double a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
    for (int64_t i = 0; i < n; i++) x[i] *= node->params->f[0];
    bwi_store_real(call->out, node->dtype, at, 1, x, n);
  }
  return BW_OK;
}
