/* SPDX-License-Identifier: Apache-2.0 */
/* The intermediate representation. A graph is a list of nodes in topological order; each node is one
 * of MLX's primitives applied to earlier nodes and has one output of known dtype and static shape.
 * Building is lazy about errors: the first failure latches in the graph, every later call returns
 * BWI_NONE, and the builder asks once at the end. Equal nodes are built once (common
 * sub-expressions), so a node never changes after it was added. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/dims.h"
#include "base/error.h"

typedef enum bwi_prim {
#define X(name, fewest, most) BWI_##name,
#include "graph/primitives.def"
#undef X
  BWI_PRIM_COUNT
} bwi_prim;

/* A primitive's parameters: MLX's state, by kind and in MLX's order (primitives.def says which is
 * which). Unused ones are zero. */
typedef struct bwi_params {
  int64_t i[8];
  double f[4];
  bwi_dims v[6];
  bw_dtype dtype;
} bwi_params;

typedef int32_t bwi_id; /* a node's index */
#define BWI_NONE (-1)
#define BWI_MAX_OPERANDS 64 /* of one node, see primitives.def */

typedef struct bwi_node {
  bwi_prim prim;
  bw_dtype dtype;
  bwi_dims shape;
  uint32_t n_in;
  const bwi_id *in;
  const bwi_params *params; /* never NULL */
  const void *data;         /* Constant: row-major values; Elementwise: its bwi_program; else NULL */
  uint32_t stage;           /* Input: 0, or 1 for values known only after stage 0 ran (cotangents);
                               others: the greatest stage of the operands */
} bwi_node;

typedef struct bwi_graph bwi_graph;

/* --- building --- */
bw_status bwi_graph_create(bwi_graph **out, bw_error *err);
void bwi_graph_free(bwi_graph *g);
/* BW_OK, or the first failure with its text. */
bw_status bwi_graph_status(const bwi_graph *g, bw_error *err);
/* Latches a failure; returns BWI_NONE, so `return bwi_graph_fail(g, ...)` reads well in builders. */
bwi_id bwi_graph_fail(bwi_graph *g, bw_status status, const char *format, ...) BW_PRINTF(3, 4);
/* Keeps the data of `other` alive as long as g (constants may then be borrowed from it): other is freed
 * when its owner and every graph that keeps it have freed it. */
bw_status bwi_graph_keep(bwi_graph *g, bwi_graph *other, bw_error *err);

bwi_id bwi_input(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, uint32_t stage);
bwi_id bwi_constant(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, const void *data); /* copies */
/* As bwi_constant without the copy: data must outlive the graph, aligned for its dtype. */
bwi_id bwi_constant_borrowed(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, const void *data);
bwi_id bwi_scalar(bwi_graph *g, bw_dtype dtype, double value); /* rank 0 */

/* Applies a primitive (Elementwise: bwi_elementwise of program.h): checks arity, parameters and dtypes,
 * infers dtype and shape. params may be NULL for "all zero". Any operand BWI_NONE gives BWI_NONE. */
bwi_id bwi_apply(bwi_graph *g, bwi_prim prim, const bwi_params *params, uint32_t n_in, const bwi_id *in);

bw_status bwi_graph_set_outputs(bwi_graph *g, uint32_t count, const bwi_id *outputs, bw_error *err);

/* --- reading --- */
uint32_t bwi_graph_count(const bwi_graph *g);
const bwi_node *bwi_graph_node(const bwi_graph *g, bwi_id id); /* valid until the graph is freed */
uint32_t bwi_graph_n_inputs(const bwi_graph *g);
bwi_id bwi_graph_input(const bwi_graph *g, uint32_t i); /* in the order they were added */
uint32_t bwi_graph_n_outputs(const bwi_graph *g);
bwi_id bwi_graph_output(const bwi_graph *g, uint32_t i);
int64_t bwi_node_count(const bwi_node *n); /* elements */
size_t bwi_node_bytes(const bwi_node *n);

/* SHA-free structural digest input: writes a canonical text of the graph (ids renumbered, no streams,
 * constants as raw bytes) through `sink`. Two exports of one model give the same bytes. BW_ENOMEM. */
bw_status bwi_graph_canonical(const bwi_graph *g, void (*sink)(void *payload, const void *data, size_t size),
                              void *payload, bw_error *err);

#endif
