/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that say what shape inference makes of a primitive, or why it refuses. */
#ifndef TESTS_SUPPORT_INFERENCE_H
#define TESTS_SUPPORT_INFERENCE_H

#include "graph/primitive.h"

#define INFERENCE_MAX_OPERANDS 5

typedef struct inference_row {
  const char *name;
  bwi_prim prim;
  uint32_t n_in;
  bwi_typed_shape in[INFERENCE_MAX_OPERANDS];
  bwi_params params;
  bwi_typed_shape out;  /* what an accepted one gives */
  bw_status status;     /* BW_OK: accepted */
  const char *sentence; /* all of a refusal's text after the primitive's name; NULL for accepted ones */
} inference_row;

/* Fails the running cmocka test naming the row. An accepted node's parameters must be normalised: applied
 * again they give the same node. */
void check_inference(const inference_row *rows, size_t count);

#endif
