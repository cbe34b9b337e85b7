/* SPDX-License-Identifier: Apache-2.0 */
/* The program of an Elementwise node: a chain or small graph of elementwise float32 primitives that a
 * backend runs block by block, so that intermediates stay in registers and first-level cache. */
#ifndef GRAPH_PROGRAM_H
#define GRAPH_PROGRAM_H

#include "graph/graph.h"

#define BWI_PROGRAM_MAX_STEPS 24
#define BWI_PROGRAM_MAX_OPERANDS 16

/* Values are numbered: operands of the node first, then one per step. Booleans are carried as 0.0 and
 * 1.0. Operands are float32 or bool and broadcast to the node's shape. */
typedef struct bwi_program_step {
  bwi_prim prim;
  int32_t parameter; /* the primitive's i0 where it has one (Log, Sqrt, Equal) */
  uint8_t n_in;
  uint8_t in[3]; /* value numbers */
} bwi_program_step;

typedef struct bwi_program {
  uint32_t n_steps;
  bwi_program_step steps[BWI_PROGRAM_MAX_STEPS];
  bool boolean_result; /* the node's dtype is bool */
} bwi_program;

/* Adds an Elementwise node; the program is copied. A program that reads a value before it is computed
 * latches BW_EINVAL. */
bwi_id bwi_elementwise(bwi_graph *g, const bwi_program *program, uint32_t n_in, const bwi_id *in);

/* Whether prim's result in bool is the same as one in float32 that is 0 or 1; a sum of bools is not. */
bool bwi_gives_truth(bwi_prim prim);

#endif
