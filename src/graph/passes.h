/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting: each pass copies a graph node by node into a new one, replacing what its rule recognises.
 * Dead nodes are left behind and equal ones merge, so every pass also cleans up. Inputs keep number and
 * order; outputs keep number and order. */
#ifndef GRAPH_PASSES_H
#define GRAPH_PASSES_H

#include "graph/graph.h"

typedef struct bwi_rewrite bwi_rewrite;
/* Returns the replacement for old node `id` in r's new graph, or BWI_NONE to copy it as it is. Called
 * for inputs first, in their order, then for all other live nodes in theirs. */
typedef bwi_id (*bwi_rule)(bwi_rewrite *r, bwi_id id, void *payload);

/* rule NULL: a copy. */
bw_status bwi_rewrite_graph(bwi_graph **out, const bwi_graph *g, bwi_rule rule, void *payload, bw_error *err);
const bwi_graph *bwi_rewrite_old(const bwi_rewrite *r);
bwi_graph *bwi_rewrite_new(bwi_rewrite *r);
bwi_id bwi_rewrite_map(const bwi_rewrite *r, bwi_id old);    /* the new node of an old one */
uint32_t bwi_rewrite_uses(const bwi_rewrite *r, bwi_id old); /* live uses of an old node, outputs counted */
bwi_id bwi_rewrite_copy(bwi_rewrite *r, bwi_id old);         /* the old node over its operands' new nodes */

/* uses[id]: how often live nodes and outputs of g use node id; 0 means dead. */
void bwi_count_uses(const bwi_graph *g, uint32_t *uses);

/* Computes one node from constant operands into out (bwi_node_bytes); a backend provides it. */
typedef bw_status (*bwi_evaluate_fn)(const bwi_graph *g, bwi_id id, void *out, bw_error *err);
/* The node as a Constant, or the node itself where `evaluate` fails; latches BW_ENOMEM. */
bwi_id bwi_compute_constant(bwi_graph *g, bwi_id id, bwi_evaluate_fn evaluate);

/* The same function for another batch size. The batch is axis 0 of every input; wherever an extent
 * carries it, in a shape or in a primitive's parameters, that extent is scaled by batch / old batch. Which
 * extents those are is found from the old ones, so an old batch that is a prime and divides no other
 * extent leaves no doubt; otherwise the outermost candidate is taken, and the caller should compare
 * results. BW_EUNSUPPORTED with a sentence where the function does not allow another batch. */
bw_status bwi_pass_rebatch(bwi_graph **out, const bwi_graph *g, int64_t batch, bw_error *err);
/* A prime that divides no extent of g: a batch size for which bwi_pass_rebatch is never in doubt. */
int64_t bwi_clear_batch(const bwi_graph *g);

bw_status bwi_pass_simplify(
    bwi_graph **out, const bwi_graph *g,
    bw_error *err); /* no-ops, nested views, Broadcast into elementwise, x * 1, x^3, composition of transposes */
bw_status bwi_pass_fold_constants(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate,
                                  bw_error *err);
/* Quantised weights that are constants become plain ones, up to 1 GiB of them: see pass_quantised.c. */
bw_status bwi_pass_unpack_weights(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate,
                                  bw_error *err);
bw_status bwi_pass_fold_affine(
    bwi_graph **out, const bwi_graph *g,
    bw_error *err); /* batch-norm and scalars into weights, as constant expressions */
bw_status bwi_pass_recognise_pooling(bwi_graph **out, const bwi_graph *g,
                                     bw_error *err); /* MaxPool, AvgPool */
bw_status bwi_pass_fuse_epilogues(
    bwi_graph **out, const bwi_graph *g,
    bw_error *err); /* bias, residual, ReLU into convolution and matrix product */
bw_status bwi_pass_fuse_elementwise(bwi_graph **out, const bwi_graph *g, bw_error *err);

/* What keeps a function's derivative as MLX defines it: to be done before differentiating. */
bw_status bwi_prepare(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err);
/* What only running profits from: to be done last, with the derivative in the graph. */
bw_status bwi_optimise(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err);

#endif
