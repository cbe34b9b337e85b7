/* SPDX-License-Identifier: Apache-2.0 */
/* The two functions that attacks run, made once from what was imported. They are kept at a batch size for
 * which bwi_pass_rebatch is never in doubt; every plan is a copy at its own batch size, and all copies
 * share the constants. */
#ifndef MODEL_TEMPLATE_H
#define MODEL_TEMPLATE_H

#include "graph/differentiate.h"

typedef struct bwi_template {
  bwi_graph *direct; /* float32 samples -> float32 logits, for verification */
  bwi_graph *search; /* the same, then (stage 1) float32 cotangents -> float32 gradients; without gradient
                        access it is `direct` */
  bool differentiable;
} bwi_template;

/* plain: no passes, the graph as it was exported. traced has one input (N, ...) and one output
 * (N, classes), both floats. BW_EUNSUPPORTED where it does not allow another batch size; BW_ENOMEM. */
bw_status bwi_template_make(bwi_template *out, const bwi_graph *traced, bool plain, bwi_derivative how,
                            bw_error *err);
void bwi_template_clear(bwi_template *t);

/* A copy of g with float32 input and output; between them it computes as it did. */
bw_status bwi_float32_boundary(bwi_graph **out, const bwi_graph *g, bw_error *err);

#endif
