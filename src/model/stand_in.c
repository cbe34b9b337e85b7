/* SPDX-License-Identifier: Apache-2.0 */
/* Two models as one: the answers of the first, the derivative of the second. A stand-in takes over where the
 * loss was differentiated; a surrogate has a loss of its own, at its own logits. */
#include <string.h>

#include "base/memory.h"
#include "model/model.h"

enum { BATCH = 64 }; /* samples whose cotangents wait between the two */

typedef struct pair_model {
  bw_model base;
  bw_model *model, *stand_in; /* borrowed */
} pair_model;

typedef struct pair_session {
  bwi_session base;
  bwi_session *model, *stand_in;
  float *cotangents, *ignored; /* (BATCH, classes) */
} pair_session;

static void session_free(bwi_session *session) {
  pair_session *s = (pair_session *)session;
  bwi_session_free(s->model);
  bwi_session_free(s->stand_in);
  bwi_free(s->cotangents);
  bwi_free(s->ignored);
  bwi_free(s);
}

static bw_status session_open(bwi_session **out, bw_model *model, bw_error *err) {
  const pair_model *m = (const pair_model *)model;
  pair_session *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a session");
  s->base.model = model;
  s->cotangents = bwi_alloc(BATCH, model->n_classes * sizeof(float));
  s->ignored = bwi_alloc(BATCH, model->n_classes * sizeof(float));
  bw_status status = s->cotangents != NULL && s->ignored != NULL
                         ? BW_OK
                         : BW_FAIL(err, BW_ENOMEM, "out of memory for a session");
  if (status == BW_OK) status = bwi_session_open(&s->model, m->model, err);
  if (status == BW_OK) status = bwi_session_open(&s->stand_in, m->stand_in, err);
  if (status != BW_OK) {
    session_free(&s->base);
    return status;
  }
  *out = &s->base;
  return BW_OK;
}

static bw_status session_logits(bwi_session *session, uint64_t n, const float *samples, bwi_pass pass,
                                float *logits, bw_error *err) {
  return bwi_session_logits(((pair_session *)session)->model, n, samples, pass, logits, err);
}

static bw_status session_gradient(bwi_session *session, uint64_t n, const float *samples,
                                  bwi_cotangent_fn cotangent, void *payload, float *logits, float *gradients,
                                  bw_error *err) {
  pair_session *s = (pair_session *)session;
  const uint64_t d = (uint64_t)session->model->d, classes = session->model->n_classes;
  for (uint64_t at = 0; at < n; at += BATCH) {
    const uint64_t part = n - at < BATCH ? n - at : BATCH;
    BW_TRY(bwi_session_logits(s->model, part, samples + at * d, BWI_PASS_SEARCH, logits + at * classes, err));
    cotangent(payload, at, part, logits + at * classes, s->cotangents);
    BW_TRY(bwi_session_vjp(s->stand_in, part, samples + at * d, s->cotangents, s->ignored, gradients + at * d,
                           err));
  }
  return BW_OK;
}

static bw_status surrogate_gradient(bwi_session *session, uint64_t n, const float *samples,
                                    bwi_cotangent_fn cotangent, void *payload, float *logits,
                                    float *gradients, bw_error *err) {
  const pair_session *s = (const pair_session *)session;
  BW_TRY(bwi_session_gradient(s->stand_in, n, samples, cotangent, payload, logits, gradients, err));
  return bwi_session_logits(s->model, n, samples, BWI_PASS_SEARCH, logits, err);
}

static void free_pair(bw_model *model) {
  bwi_free(model);
}

static const char *digest(bw_model *model) {
  return bw_model_digest(((pair_model *)model)->model);
}

static const bwi_model_class pair_class = {session_open,     session_free, session_logits,
                                           session_gradient, free_pair,    digest};
static const bwi_model_class transfer_class = {session_open,       session_free, session_logits,
                                               surrogate_gradient, free_pair,    digest};

static bw_status check(const bw_model *model, const bw_model *stand_in, const char *role, bw_error *err) {
  if (stand_in->access != BW_ACCESS_GRADIENT)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the %s gives no gradients", role);
  char wanted[80], given[80];
  if (!bwi_dims_equal(&model->shape, &stand_in->shape))
    return BW_FAIL(err, BW_EINVAL, "the %s takes samples of shape %s, the model of %s", role,
                   bwi_dims_text(given, sizeof given, &stand_in->shape),
                   bwi_dims_text(wanted, sizeof wanted, &model->shape));
  if (model->n_classes != stand_in->n_classes)
    return BW_FAIL(err, BW_EINVAL, "the %s has %u classes, the model %u", role, (unsigned)stand_in->n_classes,
                   (unsigned)model->n_classes);
  if (model->lower != stand_in->lower || model->upper != stand_in->upper)
    return BW_FAIL(err, BW_EINVAL, "the %s has another input domain than the model", role);
  return BW_OK;
}

static bw_status create(bw_model **out, const bwi_model_class *class, bw_model *model, bw_model *stand_in,
                        bw_error *err) {
  BW_TRY(check(model, stand_in, class == &pair_class ? "stand-in" : "surrogate", err));
  pair_model *m = bwi_alloc(1, sizeof *m);
  if (m == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a model");
  m->base = *model;
  m->base.class = class;
  m->base.access = BW_ACCESS_GRADIENT;
  m->base.approximates = true;
  m->model = model;
  m->stand_in = stand_in;
  *out = &m->base;
  return BW_OK;
}

bw_status bw_model_with_stand_in(bw_model **out, bw_model *model, bw_model *stand_in, bw_error *err) {
  return create(out, &pair_class, model, stand_in, err);
}

bw_status bw_model_with_surrogate(bw_model **out, bw_model *model, bw_model *surrogate, bw_error *err) {
  return create(out, &transfer_class, model, surrogate, err);
}
