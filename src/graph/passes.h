/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting: each pass copies a graph node by node into a new one, replacing what its rule recognises.
 * Dead nodes are left behind and equal ones merge, so every pass also cleans up. Inputs keep number and
 * order; outputs keep number and order. */
#ifndef GRAPH_PASSES_H
#define GRAPH_PASSES_H

#include "graph/graph.h"

typedef struct bwi_rewrite bwi_rewrite;
/* Returns the replacement for old node `id` in r's new graph, or BWI_NONE to copy it as it is. */
typedef bwi_id (*bwi_rule)(bwi_rewrite *r, bwi_id id, void *payload);

bw_status bwi_rewrite_graph(bwi_graph **out, const bwi_graph *g, bwi_rule rule, void *payload, bw_error *err);
const bwi_graph *bwi_rewrite_old(const bwi_rewrite *r);
bwi_graph *bwi_rewrite_new(bwi_rewrite *r);
bwi_id bwi_rewrite_map(const bwi_rewrite *r, bwi_id old); /* the new node of an old one */
uint32_t bwi_rewrite_uses(const bwi_rewrite *r, bwi_id old); /* live uses of an old node, outputs counted */

/* Computes one node from constant operands into out (bwi_node_bytes); a backend provides it. */
typedef bw_status (*bwi_evaluate_fn)(const bwi_graph *g, bwi_id id, void *out, bw_error *err);

bw_status bwi_pass_simplify(bwi_graph **out, const bwi_graph *g, bw_error *err);      /* no-ops, nested views, Broadcast into elementwise, x * 1, composition of transposes */
bw_status bwi_pass_fold_constants(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err);
bw_status bwi_pass_fold_affine(bwi_graph **out, const bwi_graph *g, bw_error *err);   /* batch-norm and scalars into weights */
bw_status bwi_pass_recognise_pooling(bwi_graph **out, const bwi_graph *g, bw_error *err); /* MaxPool, AvgPool and their gradients */
bw_status bwi_pass_fuse_epilogues(bwi_graph **out, const bwi_graph *g, bw_error *err); /* bias, residual, ReLU into convolution and matrix product */
bw_status bwi_pass_fuse_elementwise(bwi_graph **out, const bwi_graph *g, bw_error *err);

/* All of them, in the order that works. */
bw_status bwi_optimise(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err);

#endif
