/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a graph that a digest is taken of: live nodes in order, one line each, numbered anew.
 * Reals are written by their bits; a constant's line is followed by its elements. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "graph/primitive.h"
#include "graph/program.h"

typedef struct sink {
  void (*write)(void *payload, const void *data, size_t size);
  void *payload;
} sink;

static void write_word(sink s, char prefix, int64_t value) {
  char text[32];
  const int length = snprintf(text, sizeof text, " %c%" PRId64, prefix, value);
  s.write(s.payload, text, (size_t)length);
}

static void write_text(sink s, const char *text) {
  s.write(s.payload, text, strlen(text));
}

static void write_dims(sink s, char prefix, const bwi_dims *dims) {
  write_word(s, prefix, dims->n);
  for (uint32_t d = 0; d < dims->n; d++) write_word(s, ',', dims->v[d]);
}

static void write_params(sink s, const bwi_params *p) {
  for (uint32_t k = 0; k < sizeof p->i / sizeof p->i[0]; k++) write_word(s, 'i', p->i[k]);
  for (uint32_t k = 0; k < sizeof p->f / sizeof p->f[0]; k++) {
    int64_t bits;
    memcpy(&bits, &p->f[k], sizeof bits);
    write_word(s, 'f', bits);
  }
  for (uint32_t k = 0; k < sizeof p->v / sizeof p->v[0]; k++) write_dims(s, 'v', &p->v[k]);
  write_word(s, 't', (int64_t)p->dtype);
}

static void write_program(sink s, const bwi_program *program) {
  for (uint32_t k = 0; k < program->n_steps; k++) {
    const bwi_program_step *step = &program->steps[k];
    write_text(s, "\n  ");
    write_text(s, bwi_primitive_of(step->prim)->name);
    write_word(s, 'i', step->parameter);
    for (uint32_t j = 0; j < step->n_in; j++) write_word(s, '%', step->in[j]);
  }
}

static void write_node(sink s, const bwi_node *n, const bwi_id *number) {
  write_text(s, bwi_primitive_of(n->prim)->name);
  write_text(s, " ");
  write_text(s, bw_dtype_name(n->dtype));
  write_dims(s, 's', &n->shape);
  for (uint32_t k = 0; k < n->n_in; k++) write_word(s, '%', number[n->in[k]]);
  write_params(s, n->params);
  if (n->prim == BWI_Elementwise) write_program(s, n->data);
  write_text(s, "\n");
  if (n->prim == BWI_Constant) s.write(s.payload, n->data, bwi_node_bytes(n));
}

/* Marks live nodes with 0, others with BWI_NONE. Inputs are part of the graph's face and always live. */
static void mark_live(const bwi_graph *g, bwi_id *number) {
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) number[id] = BWI_NONE;
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g); k++) number[bwi_graph_input(g, k)] = 0;
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) number[bwi_graph_output(g, k)] = 0;
  for (uint32_t id = bwi_graph_count(g); id-- > 0;) {
    const bwi_node *n = bwi_graph_node(g, (bwi_id)id);
    for (uint32_t k = 0; number[id] == 0 && k < n->n_in; k++) number[n->in[k]] = 0;
  }
}

bw_status bwi_graph_canonical(const bwi_graph *g, void (*write)(void *payload, const void *data, size_t size),
                              void *payload, bw_error *err) {
  const sink s = {write, payload};
  bwi_id *number = bwi_alloc(bwi_graph_count(g), sizeof *number);
  if (number == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to number the nodes of a graph");
  mark_live(g, number);
  bwi_id next = 0;
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g); k++) {
    number[bwi_graph_input(g, k)] = next++;
    write_node(s, bwi_graph_node(g, bwi_graph_input(g, k)), number);
  }
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) {
    const bwi_node *n = bwi_graph_node(g, (bwi_id)id);
    if (number[id] == BWI_NONE || n->prim == BWI_Input) continue;
    number[id] = next++;
    write_node(s, n, number);
  }
  write_text(s, "outputs");
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) write_word(s, '%', number[bwi_graph_output(g, k)]);
  write_text(s, "\n");
  bwi_free(number);
  return BW_OK;
}
