/* SPDX-License-Identifier: Apache-2.0 */
/* The name of what a function computes. */
#ifndef MODEL_DIGEST_H
#define MODEL_DIGEST_H

#include "graph/graph.h"

/* SHA-256 in hex of the canonical form: the same for two exports of one model. BW_ENOMEM. */
bw_status bwi_graph_digest(char hex[65], const bwi_graph *g, bw_error *err);

#endif
