/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that rewriting rules ask of a graph. */
#ifndef GRAPH_PATTERN_H
#define GRAPH_PATTERN_H

#include "graph/graph.h"

bool bwi_is(const bwi_graph *g, bwi_id id, bwi_prim prim);

/* Whether all elements of a node are the one float32 value: a constant of one element, also broadcast
 * or reshaped. NaN is never known. */
bool bwi_is_known(const bwi_graph *g, bwi_id id, double value);

/* Whether a node is a float32 constant that varies along the last axis, of extent n, at most: it has n
 * elements or one, and every axis before the last has extent 1. */
bool bwi_is_channel_constant(const bwi_graph *g, bwi_id id, int64_t n);

/* Whether a node is 0, 1, ... count - 1 in row-major order, as an Arange or as a constant that it became. */
bool bwi_counts_to(const bwi_graph *g, bwi_id id, int64_t count);

/* Whether every axis that a transpose moves past another has extent 1: the bytes stay where they are. */
bool bwi_keeps_order(const bwi_dims *shape, const bwi_dims *axes);

/* Whether a Slice gives all of its source: the same shape, and no axis backwards. */
bool bwi_takes_all(const bwi_node *slice, const bwi_node *source);

#endif
