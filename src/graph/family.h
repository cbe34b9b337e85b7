/* SPDX-License-Identifier: Apache-2.0 */
/* How a family file (prim_<family>.c) describes its primitives to the registry. */
#ifndef GRAPH_FAMILY_H
#define GRAPH_FAMILY_H

#include "graph/build.h"
#include "graph/infer.h"
#include "graph/primitive.h"

enum {
#define X(name, fewest, most) BWI_FEWEST_##name = (fewest), BWI_MOST_##name = (most),
#include "graph/primitives.def"
#undef X
};

#define X(name, fewest, most) extern const bwi_primitive bwi_primitive_##name;
#include "graph/primitives.def"
#undef X

/* Defines a primitive's descriptor; name and arity come from primitives.def. */
#define BWI_PRIMITIVE(name, elementwise, infer, vjp)                                                         \
  const bwi_primitive bwi_primitive_##name = {#name, BWI_FEWEST_##name, BWI_MOST_##name, elementwise, infer, \
                                              vjp}

/* A vjp for primitives that have no derivative, in MLX or here: latches BW_EUNSUPPORTED. */
void bwi_vjp_none(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents);

/* The vjp of a layer by way of an equal composition of simpler primitives: `compose` builds the result
 * from the operands it is given, and that is differentiated. */
typedef bwi_id (*bwi_compose_fn)(bwi_graph *g, const bwi_node *n, const bwi_id *in);
void bwi_vjp_composed(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents,
                      bwi_compose_fn compose);

#endif
