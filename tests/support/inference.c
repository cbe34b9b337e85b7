/* SPDX-License-Identifier: Apache-2.0 */
#include "support/inference.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static void check_accepted(const inference_row *row, bwi_graph *g, bwi_id id, const bwi_id *in) {
  char have[128], want[128];
  if (id == BWI_NONE) return;
  const bwi_node *n = bwi_graph_node(g, id);
  if (n->dtype != row->out.dtype || !bwi_dims_equal(&n->shape, &row->out.shape))
    fail_msg("%s: %s %s, wanted %s %s", row->name, bw_dtype_name(n->dtype),
             bwi_dims_text(have, sizeof have, &n->shape), bw_dtype_name(row->out.dtype),
             bwi_dims_text(want, sizeof want, &row->out.shape));
  if (bwi_apply(g, row->prim, n->params, row->n_in, in) != id)
    fail_msg("%s: parameters are not normalised", row->name);
}

static void check_row(const inference_row *row) {
  bwi_graph *g = NULL;
  bwi_id in[INFERENCE_MAX_OPERANDS];
  bw_error err = {.text = ""};
  assert_int_equal(bwi_graph_create(&g, &err), BW_OK);
  for (uint32_t k = 0; k < row->n_in; k++) in[k] = bwi_input(g, row->in[k].dtype, &row->in[k].shape, 0);
  const bwi_id id = bwi_apply(g, row->prim, &row->params, row->n_in, in);
  const bw_status status = bwi_graph_status(g, &err);
  if (status != row->status)
    fail_msg("%s: status %d, wanted %d: \"%s\"", row->name, status, row->status, err.text);
  if (status == BW_OK) {
    check_accepted(row, g, id, in);
  } else {
    char sentence[BW_ERROR_TEXT_BYTES + 64];
    snprintf(sentence, sizeof sentence, "%s: %s", bwi_primitive_of(row->prim)->name, row->sentence);
    if (strcmp(err.text, sentence) != 0) fail_msg("%s: \"%s\", wanted \"%s\"", row->name, err.text, sentence);
  }
  bwi_graph_free(g);
}

void check_inference(const inference_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) check_row(&rows[i]);
}
