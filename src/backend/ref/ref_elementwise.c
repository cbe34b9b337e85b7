/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise programs, a block at a time. Each step's result is rounded to float32, so that a fused
 * chain gives the very values of the nodes it was made of. */
#include "backend/ref/ref.h"
#include "backend/ref/ref_iterate.h"
#include "graph/primitive.h"
#include "graph/program.h"

enum { BLOCK = 64, MAX_VALUES = BWI_PROGRAM_MAX_OPERANDS + BWI_PROGRAM_MAX_STEPS };

/* values: one block a value number. */
static void run_step(const bwi_program_step *step, double (*values)[BLOCK], uint32_t result, int64_t n) {
  const double *a = values[step->in[0]], *b = values[step->in[1]], *c = values[step->in[2]];
  double *out = values[result];
  if (step->prim == BWI_Select) {
    for (int64_t i = 0; i < n; i++) out[i] = a[i] != 0 ? b[i] : c[i];
    return;
  }
  for (int64_t i = 0; i < n; i++) out[i] = a[i];
  if (step->n_in == 1) {
    bwi_unary_real(step->prim, step->parameter, out, n);
  } else {
    bwi_binary_real(step->prim, step->parameter, BW_F32, out, b, n);
  }
  for (int64_t i = 0; i < n; i++) out[i] = bwi_round_to(BW_F32, out[i]);
}

bw_status bwi_ref_elementwise(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const bwi_program *program = node->data;
  bwi_dims strides[BWI_PROGRAM_MAX_OPERANDS];
  double values[MAX_VALUES][BLOCK];
  bwi_walk w;
  int64_t at = 0;
  for (uint32_t k = 0; k < node->n_in; k++)
    strides[k] = bwi_broadcast_strides(&call->operand[k]->shape, &node->shape);
  bwi_walk_begin(&w, &node->shape, node->n_in, strides);
  while (bwi_walk_next(&w)) {
    for (int64_t done = 0; done < w.row; done += BLOCK) {
      const int64_t n = w.row - done < BLOCK ? w.row - done : BLOCK;
      for (uint32_t k = 0; k < node->n_in; k++)
        bwi_load_real(values[k], call->in[k], call->operand[k]->dtype, w.offset[k] + done * w.step[k],
                      w.step[k], n);
      for (uint32_t s = 0; s < program->n_steps; s++) run_step(&program->steps[s], values, node->n_in + s, n);
      bwi_store_real(call->out, node->dtype, at, 1, values[node->n_in + program->n_steps - 1], n);
      at += n;
    }
  }
  return BW_OK;
}
