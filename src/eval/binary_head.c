/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/binary_head.h"

#include "base/memory.h"

typedef struct head_session {
  bwi_session base;
  bwi_session *body;
  uint64_t room;      /* samples that there is room for */
  float *body_logits; /* (room, classes of the body) */
  float *cotangents;  /* (room, 2) */
} head_session;

static void session_free(bwi_session *session) {
  head_session *s = (head_session *)session;
  bwi_session_free(s->body);
  bwi_free(s->body_logits);
  bwi_free(s->cotangents);
  bwi_free(s);
}

static bw_status session_open(bwi_session **out, bw_model *model, bw_error *err) {
  head_session *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a session");
  s->base.model = model;
  const bw_status status = bwi_session_open(&s->body, ((bwi_binary_head *)model)->body, err);
  if (status == BW_OK)
    *out = &s->base;
  else
    session_free(&s->base);
  return status;
}

static bw_status reserve(head_session *s, uint64_t n, bw_error *err) {
  if (n <= s->room) return BW_OK;
  bwi_free(s->body_logits);
  bwi_free(s->cotangents);
  s->body_logits = bwi_alloc(n, s->body->model->n_classes * sizeof(float));
  s->cotangents = bwi_alloc(n, 2 * sizeof(float));
  s->room = s->body_logits != NULL && s->cotangents != NULL ? n : 0;
  return s->room == n ? BW_OK
                      : BW_FAIL(err, BW_ENOMEM, "out of memory for %llu logits", (unsigned long long)n);
}

static void apply(const bwi_binary_head *head, uint64_t n, const float *body_logits, float *logits) {
  const uint32_t classes = head->body->n_classes;
  for (uint64_t i = 0; i < n; i++) {
    double sum = head->bias;
    for (uint32_t c = 0; c < classes; c++) sum += head->weights[c] * (double)body_logits[i * classes + c];
    logits[2 * i] = 0;
    logits[2 * i + 1] = (float)sum;
  }
}

static bw_status session_logits(bwi_session *session, uint64_t n, const float *samples, bwi_pass pass,
                                float *logits, bw_error *err) {
  head_session *s = (head_session *)session;
  BW_TRY(reserve(s, n, err));
  BW_TRY(bwi_session_logits(s->body, n, samples, pass, s->body_logits, err));
  apply((const bwi_binary_head *)session->model, n, s->body_logits, logits);
  return BW_OK;
}

typedef struct gradient_call {
  const bwi_binary_head *head;
  bwi_cotangent_fn cotangent;
  void *payload;
  float *logits, *cotangents; /* (n, 2) */
} gradient_call;

static void write_cotangents(void *payload, uint64_t first, uint64_t n, const float *body_logits,
                             float *body_cotangents) {
  const gradient_call *call = payload;
  const uint32_t classes = call->head->body->n_classes;
  float *logits = call->logits + 2 * first, *cotangents = call->cotangents + 2 * first;
  apply(call->head, n, body_logits, logits);
  call->cotangent(call->payload, first, n, logits, cotangents);
  for (uint64_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < classes; c++)
      body_cotangents[i * classes + c] = (float)((double)cotangents[2 * i + 1] * call->head->weights[c]);
}

static bw_status session_gradient(bwi_session *session, uint64_t n, const float *samples,
                                  bwi_cotangent_fn cotangent, void *payload, float *logits, float *gradients,
                                  bw_error *err) {
  head_session *s = (head_session *)session;
  BW_TRY(reserve(s, n, err));
  gradient_call call = {.head = (const bwi_binary_head *)session->model,
                        .cotangent = cotangent,
                        .payload = payload,
                        .logits = logits,
                        .cotangents = s->cotangents};
  return bwi_session_gradient(s->body, n, samples, write_cotangents, &call, s->body_logits, gradients, err);
}

static void free_model(bw_model *model) {
  bwi_free(((bwi_binary_head *)model)->weights);
  bwi_free(model);
}

static const bwi_model_class head_class = {session_open,     session_free, session_logits,
                                           session_gradient, free_model,   NULL};

bw_status bwi_binary_head_create(bwi_binary_head **out, bw_model *body, bw_error *err) {
  bwi_binary_head *head = bwi_alloc(1, sizeof *head);
  if (head != NULL) head->weights = bwi_alloc(body->n_classes, sizeof *head->weights);
  if (head == NULL || head->weights == NULL) {
    bwi_free(head);
    return BW_FAIL(err, BW_ENOMEM, "out of memory for a model");
  }
  head->base = *body;
  head->base.class = &head_class;
  head->base.n_classes = 2;
  head->body = body;
  *out = head;
  return BW_OK;
}
