/* SPDX-License-Identifier: Apache-2.0 */
/* A model as the layers above see it. A session is one worker's use of a model: its plans and its
 * workspace. Attacks see sessions only, so the built-in engine, callbacks and defended models are
 * interchangeable. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <bulwark/model.h>
#include <stdbool.h>

#include "base/dims.h"
#include "base/error.h"

typedef struct bwi_session bwi_session;

/* Writes the cotangents (n, classes) for n samples from their logits; `first` is the position of the
 * first of them in the call, so that labels can be found. Called once or more per gradient call. */
typedef void (*bwi_cotangent_fn)(void *payload, uint64_t first, uint64_t n, const float *logits,
                                 float *cotangents);

/* How logits are computed. */
typedef enum bwi_pass {
  BWI_PASS_SEARCH, /* in the search precision */
  BWI_PASS_DIRECT, /* in float32 by direct kernels: verification */
  /* As BWI_PASS_SEARCH and with the same results, said of samples that mostly differ in few pixels from those
   * at the same places in the last such call: what these do not change need not be computed again. */
  BWI_PASS_NEARBY
} bwi_pass;

/* How a kind of model does it; one constant per kind. */
typedef struct bwi_model_class {
  bw_status (*session_open)(bwi_session **out, bw_model *model, bw_error *err);
  void (*session_free)(bwi_session *session);
  bw_status (*logits)(bwi_session *session, uint64_t n, const float *samples, bwi_pass pass, float *logits,
                      bw_error *err);
  /* One forward and one backward pass: logits (n, classes) and gradients (n, d). */
  bw_status (*gradient)(bwi_session *session, uint64_t n, const float *samples, bwi_cotangent_fn cotangent,
                        void *payload, float *logits, float *gradients, bw_error *err);
  void (*free)(bw_model *model);
  /* 64 hexadecimal digits, the model's; "" without memory. NULL: the kind has none. Called from any thread.
   */
  const char *(*digest)(bw_model *model);
} bwi_model_class;

/* Every kind of model begins with this, every kind of session with a bwi_session. */
struct bw_model {
  const bwi_model_class *class;
  bw_access access;
  bwi_dims shape; /* of one sample */
  int64_t d;      /* elements of one sample */
  uint32_t n_classes;
  float lower, upper;
  bw_precision search; /* of what attacks search with */
  bool approximates;   /* gradients are approximations on purpose, which no difference quotient confirms */
  int pair_checked;
};
struct bwi_session {
  bw_model *model;
};

bw_status bwi_session_open(bwi_session **out, bw_model *model, bw_error *err);
void bwi_session_free(bwi_session *session); /* NULL is fine */
bw_status bwi_session_logits(bwi_session *s, uint64_t n, const float *samples, bwi_pass pass, float *logits,
                             bw_error *err);
bw_status bwi_session_gradient(bwi_session *s, uint64_t n, const float *samples, bwi_cotangent_fn cotangent,
                               void *payload, float *logits, float *gradients, bw_error *err);
/* The same for cotangents (n, classes) that are known beforehand. */
bw_status bwi_session_vjp(bwi_session *s, uint64_t n, const float *samples, const float *cotangents,
                          float *logits, float *gradients, bw_error *err);

#endif
