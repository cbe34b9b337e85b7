/* SPDX-License-Identifier: Apache-2.0 */
/* Samples are evaluated by all workers and everything else is done in order, so that what is made depends on
 * neither batch nor threads. */
#include "attack/universal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"

/* ---- buffers ---- */

static void clear(bwi_fitting *f) {
  bwi_free(f->x);
  bwi_free(f->slope);
  bwi_free(f->logits);
  bwi_free(f->zero);
  bwi_free(f->mean);
  bwi_free(f->scratch[0]);
  bwi_free(f->scratch[1]);
}

static float *rows(const bwi_fitting *f, uint64_t n) {
  return bwi_alloc(n, f->ball.d * sizeof(float));
}

bw_status bwi_fitting_begin(bwi_fitting *f, uint64_t n_rows, uint64_t n_samples, bw_error *err) {
  f->x = rows(f, n_rows);
  f->slope = rows(f, n_rows);
  f->logits = bwi_alloc(n_rows, f->crew->model->n_classes * sizeof(float));
  f->zero = rows(f, 1);
  f->mean = rows(f, 1);
  for (int k = 0; k < 2; k++) f->scratch[k] = rows(f, 1);
  if (f->x == NULL || f->slope == NULL || f->logits == NULL || f->zero == NULL || f->mean == NULL ||
      f->scratch[0] == NULL || f->scratch[1] == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory to fit %s", f->attack->class->info.name);
  char phase[64];
  snprintf(phase, sizeof phase, "fitting %s", f->attack->class->info.name);
  bwi_meter_begin(&f->crew->meter, phase, n_samples, 0, -1);
  return BW_OK;
}

/* ---- evaluating ---- */

typedef struct evaluation {
  bwi_fitting *f;
  bwi_cotangent_fn cotangent;
  void *payload;
  uint64_t first; /* of the chunk */
} evaluation;

static void write_cotangents(void *payload, uint64_t first, uint64_t n, const float *logits,
                             float *cotangents) {
  const evaluation *e = payload;
  e->cotangent(e->payload, e->first + first, n, logits, cotangents);
}

static bw_status evaluate_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                                bw_error *err) {
  evaluation e = *(const evaluation *)payload;
  bwi_fitting *f = e.f;
  e.first = first;
  float *x = f->x + first * f->ball.d, *logits = f->logits + first * f->crew->model->n_classes;
  if (e.cotangent == NULL) return bwi_session_logits(worker->session, count, x, BWI_PASS_SEARCH, logits, err);
  return bwi_session_gradient(worker->session, count, x, write_cotangents, &e, logits,
                              f->slope + first * f->ball.d, err);
}

bw_status bwi_fit_evaluate(bwi_fitting *f, uint64_t n, bwi_cotangent_fn cotangent, void *payload,
                           bw_error *err) {
  evaluation e = {.f = f, .cotangent = cotangent, .payload = payload};
  return bwi_crew_run(f->crew, n, 0, evaluate_chunk, &e, err);
}

void bwi_fit_count(bwi_fitting *f, uint64_t i, uint32_t forwards, uint32_t backwards) {
  bw_sample_outcome *outcome = &f->outcomes[f->subjects[i].index];
  outcome->forwards += forwards;
  outcome->backwards += backwards;
}

typedef struct climb {
  const bwi_fitting *f;
  bwi_loss loss;
  uint64_t first;
  double most;
} climb;

static void climb_loss(void *payload, uint64_t first, uint64_t n, const float *logits, float *cotangents) {
  const climb *c = payload;
  const uint32_t classes = c->f->crew->model->n_classes;
  for (uint64_t k = 0; k < n; k++) {
    const bwi_subject *s = &c->f->subjects[c->first + first + k];
    float *cotangent = cotangents + k * classes;
    const double loss = bwi_loss_eval(c->loss, classes, logits + k * classes, s->label, s->target, cotangent);
    (void)bwi_unit_cotangent(classes, cotangent);
    if (loss > c->most) memset(cotangent, 0, classes * sizeof *cotangent);
  }
}

bw_status bwi_fit_climb(bwi_fitting *f, uint64_t first, uint64_t n, double most, bw_error *err) {
  climb c = {.f = f,
             .loss = (bwi_loss)bwi_attack_value(f->attack, "loss", BWI_LOSS_CE),
             .first = first,
             .most = most};
  BW_TRY(bwi_fit_evaluate(f, n, climb_loss, &c, err));
  for (uint64_t k = 0; k < n; k++) bwi_fit_count(f, first + k, 1, 1);
  if (!bwi_meter_add(&f->crew->meter, (double)n, 0)) return BW_FAIL(err, BW_ECANCEL, "cancelled");
  return BW_OK;
}

/* ---- fitting ---- */

/* The first `n_first` of n subjects become random ones of all. */
static bw_status choose(bwi_subject *subjects, uint64_t n, uint64_t n_first, bwi_rng_key key, bw_error *err) {
  uint32_t *draws = bwi_alloc(n_first, sizeof *draws);
  if (draws == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to choose samples");
  bwi_rng_u32(draws, n_first, key, UINT32_MAX); /* a step that no attack gets to */
  for (uint64_t k = 0; k < n_first; k++) {
    const uint64_t other = k + draws[k] % (n - k);
    const bwi_subject kept = subjects[k];
    subjects[k] = subjects[other];
    subjects[other] = kept;
  }
  bwi_free(draws);
  return BW_OK;
}

bw_status bwi_fit(bw_attack_result *result, bwi_crew *crew, const bw_attack *attack, const bwi_layout *layout,
                  uint64_t seed, uint64_t n, bwi_subject *subjects, bw_error *err) {
  const bwi_attack_class *class = attack->class;
  const uint64_t wanted = (uint64_t)bwi_attack_value(attack, "fit", 0);
  const float width = result->ball.upper - result->ball.lower;
  bwi_fitting f = {.attack = attack,
                   .crew = crew,
                   .ball = result->ball,
                   .lower = result->ball.lower,
                   .upper = result->ball.upper,
                   .layout = *layout,
                   .key = {.seed = seed, .stream = (uint32_t) class->stream << 16 | UINT16_MAX},
                   .n = wanted > 0 && wanted < n ? wanted : n,
                   .subjects = subjects,
                   .outcomes = result->outcomes};
  f.ball.lower = -width;
  f.ball.upper = width;
  BW_TRY(choose(subjects, n, f.n, f.key, err));
  for (uint64_t k = 0; k < f.n; k++) result->trails[subjects[k].index].fitted = 1;
  bwi_free(result->universal);
  result->universal = f.universal = rows(&f, 1);
  if (f.universal == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to fit %s", class->info.name);
  const bw_status status = class->fit(&f, err);
  clear(&f);
  return status;
}

/* ---- universal perturbations ---- */

void bwi_universal_add(uint64_t d, const float *clean, const float *universal, float lower, float upper,
                       float *x) {
  for (uint64_t j = 0; j < d; j++) {
    const float sum = clean[j] + universal[j];
    x[j] = sum < lower ? lower : sum > upper ? upper : sum;
  }
}

bw_status bwi_universal_run(bwi_batch *batch, bw_error *err) {
  const bwi_ball *ball = &batch->ball;
  for (uint64_t i = 0; i < batch->n; i++) {
    const float *clean = batch->subjects[i].clean;
    float *x = batch->x + i * ball->d;
    bwi_universal_add(ball->d, clean, batch->universal, ball->lower, ball->upper, x);
    bwi_ball_project(ball, clean, x); /* the sum may have rounded out of it */
  }
  return bwi_batch_logits(batch, err);
}

bw_status bwi_check_towards(const bw_attack *attack, const bw_model *model, bw_error *err) {
  const double towards = bwi_attack_value(attack, "towards", -1);
  if (towards < (double)model->n_classes) return BW_OK;
  return BW_FAIL(err, BW_EINVAL, "towards=%.0f: the model has %u classes", towards,
                 (unsigned)model->n_classes);
}
