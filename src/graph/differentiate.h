/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse-mode differentiation, graph to graph: the vector-Jacobian product is more nodes. */
#ifndef GRAPH_DIFFERENTIATE_H
#define GRAPH_DIFFERENTIATE_H

#include "graph/graph.h"

typedef enum bwi_derivative {
  BWI_EXACT,
  BWI_STRAIGHT_THROUGH /* operations of one operand whose derivative is zero everywhere, such as rounding,
                          have the identity's (Bengio et al. 2013; BPDA of Athalye, Carlini and Wagner 2018)
                        */
} bwi_derivative;

/* For each wrt[k], sets gradients[k] to the node that holds sum_j cotangents[j] . d outputs[j] / d wrt[k]
 * (zeros where nothing depends on it). Only nodes between wrt and outputs are visited. Failures latch in g.
 */
void bwi_differentiate(bwi_graph *g, bwi_derivative how, uint32_t n_outputs, const bwi_id *outputs,
                       const bwi_id *cotangents, uint32_t n_wrt, const bwi_id *wrt, bwi_id *gradients);

#endif
