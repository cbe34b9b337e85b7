/* SPDX-License-Identifier: Apache-2.0 */
/* What all kinds of models share: public functions that hand over to the kind. */
#include "base/memory.h"
#include "model/model.h"

bw_status bwi_session_open(bwi_session **out, bw_model *model, bw_error *err) {
  return model->class->session_open(out, model, err);
}

void bwi_session_free(bwi_session *session) {
  if (session != NULL) session->model->class->session_free(session);
}

bw_status bwi_session_logits(bwi_session *s, uint64_t n, const float *samples, bwi_pass pass, float *logits,
                             bw_error *err) {
  return s->model->class->logits(s, n, samples, pass, logits, err);
}

bw_status bwi_session_gradient(bwi_session *s, uint64_t n, const float *samples, bwi_cotangent_fn cotangent,
                               void *payload, float *logits, float *gradients, bw_error *err) {
  if (s->model->access != BW_ACCESS_GRADIENT)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the model gives no gradients");
  return s->model->class->gradient(s, n, samples, cotangent, payload, logits, gradients, err);
}

void bw_model_free(bw_model *model) {
  if (model != NULL) model->class->free(model);
}

uint32_t bw_model_rank(const bw_model *model) {
  return model->shape.n;
}
const int64_t *bw_model_shape(const bw_model *model) {
  return model->shape.v;
}
uint32_t bw_model_classes(const bw_model *model) {
  return model->n_classes;
}
bw_access bw_model_access(const bw_model *model) {
  return model->access;
}
const char *bw_model_digest(const bw_model *model) {
  /* Computing it once changes nothing that a caller sees. */
  return model->class->digest == NULL ? "" : model->class->digest((bw_model *)(uintptr_t)model);
}
int bw_model_pair_checked(const bw_model *model) {
  return model->pair_checked;
}

bw_status bw_model_logits(bw_model *model, uint64_t n, const float *samples, float *logits, bw_error *err) {
  bwi_session *session = NULL;
  BW_TRY(bwi_session_open(&session, model, err));
  const bw_status status = bwi_session_logits(session, n, samples, BWI_PASS_DIRECT, logits, err);
  bwi_session_free(session);
  return status;
}

typedef struct given {
  const float *cotangents;
  uint32_t n_classes;
} given;

static void copy_given(void *payload, uint64_t first, uint64_t n, const float *logits, float *cotangents) {
  (void)logits;
  const given *g = payload;
  for (uint64_t i = 0; i < n * g->n_classes; i++) cotangents[i] = g->cotangents[first * g->n_classes + i];
}

bw_status bwi_session_vjp(bwi_session *s, uint64_t n, const float *samples, const float *cotangents,
                          float *logits, float *gradients, bw_error *err) {
  given payload = {.cotangents = cotangents, .n_classes = s->model->n_classes};
  return bwi_session_gradient(s, n, samples, copy_given, &payload, logits, gradients, err);
}

bw_status bw_model_vjp(bw_model *model, uint64_t n, const float *samples, const float *cotangents,
                       float *gradients, bw_error *err) {
  bwi_session *session = NULL;
  float *logits = bwi_alloc((size_t)n, model->n_classes * sizeof *logits);
  if (logits == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for %llu logits", (unsigned long long)n);
  bw_status status = bwi_session_open(&session, model, err);
  if (status == BW_OK) status = bwi_session_vjp(session, n, samples, cotangents, logits, gradients, err);
  bwi_session_free(session);
  bwi_free(logits);
  return status;
}
