/* SPDX-License-Identifier: Apache-2.0 */
/* When two nodes are the same: primitive, type, operands, parameters and data. Inputs are compared by
 * their place in the graph and never come here. */
#ifndef GRAPH_NODE_KEY_H
#define GRAPH_NODE_KEY_H

#include "graph/graph.h"

uint64_t bwi_node_hash(const bwi_node *n);
bool bwi_node_equal(const bwi_node *a, const bwi_node *b);
/* Field by field: padding and entries past a vector's length do not count; reals by their bits. */
bool bwi_params_equal(const bwi_params *a, const bwi_params *b);

#endif
