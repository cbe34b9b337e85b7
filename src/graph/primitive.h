/* SPDX-License-Identifier: Apache-2.0 */
/* What the graph knows of a primitive: shape inference and derivative. Kernels are the backends'. */
#ifndef GRAPH_PRIMITIVE_H
#define GRAPH_PRIMITIVE_H

#include "graph/graph.h"

/* What inference decides. */
typedef struct bwi_typed_shape {
  bw_dtype dtype;
  bwi_dims shape;
} bwi_typed_shape;

typedef struct bwi_primitive {
  const char *name; /* MLX's export name */
  uint32_t fewest, most;
  bool elementwise; /* output element k depends on operand elements k alone, after broadcasting */
  /* Checks operands and parameters (which came from a file: trust nothing) and gives the output's type.
   * params may be normalised in place (negative axes, -1 extents). BW_EFORMAT with a sentence. */
  bw_status (*infer)(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                     bwi_typed_shape *out, bw_error *err);
  /* Reverse mode: given the cotangent of node's output, sets cotangents[k] for each operand k for which
   * wanted[k]; BWI_NONE stands for zero. NULL: the derivative is zero everywhere (comparisons, integer
   * results). Where MLX has no derivative either: latches BW_EUNSUPPORTED through bwi_graph_fail. */
  void (*vjp)(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents);
} bwi_primitive;

const bwi_primitive *bwi_primitive_of(bwi_prim prim);
/* By MLX's export name; false if there is none. Internal primitives are not found. */
bool bwi_primitive_find(const char *name, bwi_prim *out);

#endif
