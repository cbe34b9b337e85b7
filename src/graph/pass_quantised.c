/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks quantised weights: a QuantizedMatmul of constants becomes a Matmul, a Dequantize of constants a
 * constant. Packing saves memory at the price of unpacking at every use; an attack runs a model thousands of
 * times, so unpacking once costs nothing, and a Matmul has fast kernels. An unpacked weight is rounded to the
 * dtype of the product, as mx.dequantize rounds it. */
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"

/* Bytes that the unpacked weights of one graph may take; what does not fit stays packed. A weight grows to
 * 22 times its size at most (1 bit, groups of 128), and copies of it in other layouts come on top, as for
 * any other constant. */
#define MAX_UNPACKED_BYTES ((size_t)1 << 30)

typedef struct unpacking {
  bwi_evaluate_fn evaluate;
  size_t bytes_left;
} unpacking;

/* Operands `first` and on of a node (packed values, scales, [biases]) as one constant; BWI_NONE where they
 * are no constants or there is no room. */
static bwi_id unpack(bwi_rewrite *r, const bwi_node *n, uint32_t first, unpacking *u) {
  bwi_graph *g = bwi_rewrite_new(r);
  bwi_id in[BWI_MAX_OPERANDS];
  for (uint32_t k = first; k < n->n_in; k++) {
    if (!bwi_is(bwi_rewrite_old(r), n->in[k], BWI_Constant)) return BWI_NONE;
    in[k - first] = bwi_rewrite_map(r, n->in[k]);
  }
  const bwi_params params = {.i = {n->params->i[0], n->params->i[1], n->params->i[2]}, .dtype = n->dtype};
  const bwi_id packed = bwi_apply(g, BWI_Dequantize, &params, n->n_in - first, in);
  if (packed == BWI_NONE) return BWI_NONE;
  const size_t bytes = bwi_node_bytes(bwi_graph_node(g, packed));
  if (bytes > u->bytes_left) return BWI_NONE;
  u->bytes_left -= bytes;
  return bwi_compute_constant(g, packed, u->evaluate);
}

static bwi_id multiply(bwi_rewrite *r, const bwi_node *n, unpacking *u) {
  const bwi_id w = unpack(r, n, 1, u);
  return bwi_matmul_rows(bwi_rewrite_new(r), bwi_rewrite_map(r, n->in[0]), w, n->params->i[3] == 1);
}

static bwi_id unpack_weights(bwi_rewrite *r, bwi_id id, void *payload) {
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  switch (n->prim) {
    case BWI_QuantizedMatmul: return multiply(r, n, payload);
    case BWI_Dequantize: return unpack(r, n, 0, payload);
    default: return BWI_NONE;
  }
}

bw_status bwi_pass_unpack_weights(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate,
                                  bw_error *err) {
  unpacking u = {.evaluate = evaluate, .bytes_left = MAX_UNPACKED_BYTES};
  return bwi_rewrite_graph(out, g, unpack_weights, &u, err);
}
