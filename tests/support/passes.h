/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for rewriting passes: a graph, what it should become, and the same results before and after. */
#ifndef TESTS_SUPPORT_PASSES_H
#define TESTS_SUPPORT_PASSES_H

#include "graph/graph.h"

enum { PASS_MAX_COUNTS = 6 };

typedef struct pass_count {
  bwi_prim prim;
  uint32_t count;
} pass_count;

typedef struct pass_row {
  const char *name;
  void (*build)(bwi_graph *g);      /* adds nodes and sets the outputs */
  pass_count live[PASS_MAX_COUNTS]; /* how many live nodes of these kinds the pass must leave; ends with prim
                                       Input */
} pass_row;

typedef bw_status (*pass_fn)(bwi_graph **out, const bwi_graph *g, bw_error *err);

/* Runs the pass over each row's graph; both graphs must give the same outputs on random inputs, up to
 * tolerance as a share of the greatest output (0: the same bits, where NaN equals NaN). */
void check_passes(const pass_row *rows, size_t count, pass_fn pass, double tolerance);

/* The outputs of two graphs with the same inputs, one after the other as floats: through the reference
 * backend, inputs drawn from [-1, 1). Fails the running test where they differ. */
void check_same_function(const char *name, const bwi_graph *a, const bwi_graph *b, double tolerance);

/* Runs the pass with its 1st, 2nd, ... allocation failing, as sweep_allocations does; says how many there
 * are. */
size_t sweep_pass(void (*build)(bwi_graph *g), pass_fn pass);

uint32_t count_live(const bwi_graph *g, bwi_prim prim);

/* Short ways to build: shapes as {rank, {extents}}. */
bwi_id any_constant(bwi_graph *g, bwi_dims shape); /* float32, drawn from [0.5, 1.5): good as a divisor too */
bwi_id any_input(bwi_graph *g, bwi_dims shape);    /* float32, stage 0 */
void one_output(bwi_graph *g, bwi_id id);          /* fails the running test where building did */

#endif
