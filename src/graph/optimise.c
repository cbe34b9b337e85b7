/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the passes. Simplifying comes before every pass that looks for a pattern, and folding
 * before those that look for constants. */
#include "graph/passes.h"

typedef enum pass {
  SIMPLIFY,
  FOLD_CONSTANTS,
  UNPACK_WEIGHTS,
  FOLD_AFFINE,
  POOLING,
  EPILOGUES,
  ELEMENTWISE
} pass;

static bw_status run_pass(bwi_graph **out, const bwi_graph *g, pass which, bwi_evaluate_fn evaluate,
                          bw_error *err) {
  switch (which) {
    case SIMPLIFY: return bwi_pass_simplify(out, g, err);
    case FOLD_CONSTANTS: return bwi_pass_fold_constants(out, g, evaluate, err);
    case UNPACK_WEIGHTS: return bwi_pass_unpack_weights(out, g, evaluate, err);
    case FOLD_AFFINE: return bwi_pass_fold_affine(out, g, err);
    case POOLING: return bwi_pass_recognise_pooling(out, g, err);
    case EPILOGUES: return bwi_pass_fuse_epilogues(out, g, err);
    case ELEMENTWISE: return bwi_pass_fuse_elementwise(out, g, err);
  }
  return BW_FAIL(err, BW_EINTERNAL, "pass %d does not exist", (int)which);
}

static bw_status run_passes(bwi_graph **out, const bwi_graph *g, uint32_t count, const pass *passes,
                            bwi_evaluate_fn evaluate, bw_error *err) {
  bwi_graph *result = NULL; /* what the last pass made; it keeps what it was made from */
  for (uint32_t k = 0; k < count; k++) {
    bwi_graph *next = NULL;
    const bw_status status = run_pass(&next, result == NULL ? g : result, passes[k], evaluate, err);
    bwi_graph_free(result);
    if (status != BW_OK) return status;
    result = next;
  }
  *out = result;
  return BW_OK;
}

bw_status bwi_prepare(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err) {
  static const pass passes[] = {SIMPLIFY,    FOLD_CONSTANTS, UNPACK_WEIGHTS, FOLD_CONSTANTS, SIMPLIFY,
                                FOLD_AFFINE, FOLD_CONSTANTS, POOLING,        SIMPLIFY};
  return run_passes(out, g, sizeof passes / sizeof passes[0], passes, evaluate, err);
}

bw_status bwi_optimise(bwi_graph **out, const bwi_graph *g, bwi_evaluate_fn evaluate, bw_error *err) {
  static const pass passes[] = {SIMPLIFY, FOLD_CONSTANTS, SIMPLIFY, EPILOGUES, FOLD_CONSTANTS, ELEMENTWISE};
  return run_passes(out, g, sizeof passes / sizeof passes[0], passes, evaluate, err);
}
