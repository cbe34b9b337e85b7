/* SPDX-License-Identifier: Apache-2.0 */
/* How much work a node is. */
#ifndef MODEL_OPERATIONS_H
#define MODEL_OPERATIONS_H

#include "graph/graph.h"

/* Multiply-adds of a product or convolution, padding included; elements read and written of anything
 * else. Saturates at UINT64_MAX. */
uint64_t bwi_operations(const bwi_graph *g, bwi_id id);

#endif
