/* SPDX-License-Identifier: Apache-2.0 */
/* A model that is only callbacks: a black box, another framework, a defended model. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "model/model.h"

enum { DEFAULT_BATCH = 64 };

typedef struct callbacks_model {
  bw_model base;
  bw_model_callbacks callbacks;
  pthread_mutex_t one_at_a_time; /* callers' code is not asked to be thread-safe */
} callbacks_model;

typedef struct callbacks_session {
  bwi_session base;
  float *cotangents; /* (batch, classes) */
} callbacks_session;

static bw_status session_open(bwi_session **out, bw_model *model, bw_error *err) {
  const callbacks_model *m = (const callbacks_model *)model;
  callbacks_session *s = bwi_alloc(1, sizeof *s);
  if (s != NULL) s->cotangents = bwi_alloc(m->callbacks.batch, model->n_classes * sizeof(float));
  if (s == NULL || s->cotangents == NULL) {
    bwi_free(s);
    return BW_FAIL(err, BW_ENOMEM, "out of memory for a session");
  }
  s->base.model = model;
  *out = &s->base;
  return BW_OK;
}

static void session_free(bwi_session *session) {
  bwi_free(((callbacks_session *)session)->cotangents);
  bwi_free(session);
}

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static bw_status call_logits(callbacks_model *m, uint64_t n, const float *samples, float *logits,
                             bw_error *err) {
  pthread_mutex_lock(&m->one_at_a_time);
  const int code = m->callbacks.logits(m->callbacks.payload, n, samples, logits);
  pthread_mutex_unlock(&m->one_at_a_time);
  return code == 0 ? BW_OK : BW_FAIL(err, BW_EIO, "the model's logits callback failed with %d", code);
}

static bw_status call_vjp(callbacks_model *m, uint64_t n, const float *samples, const float *cotangents,
                          float *gradients, bw_error *err) {
  pthread_mutex_lock(&m->one_at_a_time);
  const int code = m->callbacks.vjp(m->callbacks.payload, n, samples, cotangents, gradients);
  pthread_mutex_unlock(&m->one_at_a_time);
  return code == 0 ? BW_OK : BW_FAIL(err, BW_EIO, "the model's vjp callback failed with %d", code);
}

static bw_status session_logits(bwi_session *session, uint64_t n, const float *samples, bwi_pass pass,
                                float *logits, bw_error *err) {
  (void)pass;
  callbacks_model *m = (callbacks_model *)session->model;
  for (uint64_t at = 0; at < n; at += m->callbacks.batch)
    BW_TRY(call_logits(m, smaller(n - at, m->callbacks.batch), samples + at * (uint64_t)m->base.d,
                       logits + at * m->base.n_classes, err));
  return BW_OK;
}

static bw_status session_gradient(bwi_session *session, uint64_t n, const float *samples,
                                  bwi_cotangent_fn cotangent, void *payload, float *logits, float *gradients,
                                  bw_error *err) {
  callbacks_model *m = (callbacks_model *)session->model;
  float *cotangents = ((callbacks_session *)session)->cotangents;
  const uint64_t d = (uint64_t)m->base.d;
  for (uint64_t at = 0; at < n; at += m->callbacks.batch) {
    const uint64_t part = smaller(n - at, m->callbacks.batch);
    float *part_logits = logits + at * m->base.n_classes;
    BW_TRY(call_logits(m, part, samples + at * d, part_logits, err));
    cotangent(payload, at, part, part_logits, cotangents);
    BW_TRY(call_vjp(m, part, samples + at * d, cotangents, gradients + at * d, err));
  }
  return BW_OK;
}

static void free_model(bw_model *model) {
  pthread_mutex_destroy(&((callbacks_model *)model)->one_at_a_time);
  bwi_free(model);
}

static const bwi_model_class callbacks_class = {session_open,     session_free, session_logits,
                                                session_gradient, free_model,   NULL};

static bw_status check(const bw_model_callbacks *c, int64_t *d, bw_error *err) {
  if (c->logits == NULL || c->n_classes == 0)
    return BW_FAIL(err, BW_EINVAL, "a model needs a logits callback and at least one class");
  if (c->rank == 0 || c->rank > BW_MAX_RANK || !bwi_shape_count(d, c->shape, c->rank) || *d == 0)
    return BW_FAIL(err, BW_EINVAL, "the shape of one sample must have 1 to %d positive extents", BW_MAX_RANK);
  if (!(c->lower < c->upper) || !isfinite(c->lower) || !isfinite(c->upper))
    return BW_FAIL(err, BW_EINVAL, "the domain's lower bound must be below its upper one");
  return BW_OK;
}

bw_status bw_model_from_callbacks(bw_model **out, const bw_model_callbacks *callbacks, bw_error *err) {
  bw_model_callbacks c = {0};
  memcpy(&c, callbacks, callbacks->struct_size < sizeof c ? callbacks->struct_size : sizeof c);
  int64_t d = 0;
  BW_TRY(check(&c, &d, err));
  callbacks_model *m = bwi_alloc(1, sizeof *m);
  if (m == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a model");
  if (c.batch == 0) c.batch = DEFAULT_BATCH;
  m->callbacks = c;
  m->base = (bw_model){.class = &callbacks_class,
                       .access = c.vjp != NULL ? BW_ACCESS_GRADIENT : BW_ACCESS_SCORE,
                       .shape = {.n = c.rank},
                       .d = d,
                       .n_classes = c.n_classes,
                       .lower = c.lower,
                       .upper = c.upper};
  memcpy(m->base.shape.v, c.shape, c.rank * sizeof *c.shape);
  m->callbacks.shape = m->base.shape.v;
  pthread_mutex_init(&m->one_at_a_time, NULL);
  *out = &m->base;
  return BW_OK;
}
