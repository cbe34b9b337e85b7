/* SPDX-License-Identifier: Apache-2.0 */
/* Another model's logits behind a linear head with two classes: (0, weights . z + bias). */
#ifndef EVAL_BINARY_HEAD_H
#define EVAL_BINARY_HEAD_H

#include "model/model.h"

typedef struct bwi_binary_head {
  bw_model base;
  bw_model *body;
  double *weights; /* (classes of the body); may change while no session is at work */
  double bias;
} bwi_binary_head;

/* The weights are zero at first. The body must outlive it; freed by bw_model_free(&head->base). */
bw_status bwi_binary_head_create(bwi_binary_head **out, bw_model *body, bw_error *err);

#endif
