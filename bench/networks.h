/* SPDX-License-Identifier: Apache-2.0 */
/* The networks that benchmarks run, with made-up weights: forwards and back to the input. */
#ifndef BENCH_NETWORKS_H
#define BENCH_NETWORKS_H

#include "graph/graph.h"

typedef struct network {
  const char *name;
  int64_t image[3];                        /* height, width, channels */
  bwi_id (*build)(bwi_graph *g, bwi_id x); /* to logits */
} network;

extern const network networks[];
extern const uint32_t n_networks;

/* The network over a batch, with its input gradient, after all passes. Input 0: images; input 1: cotangents
 * of the logits. Output 0: logits; output 1: the gradient. */
bw_status network_graph(bwi_graph **out, const network *n, int64_t batch, bw_error *err);

#endif
