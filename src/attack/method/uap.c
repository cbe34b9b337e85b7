/* SPDX-License-Identifier: Apache-2.0 */
/* A universal perturbation sample by sample (Moosavi-Dezfooli et al. 2017): each one that it does not fool
 * yet is taken across its nearest boundary by DeepFool (in L2, as in the paper, whatever the norm of the
 * ball), and the way there is added to the perturbation, which is then projected onto the ball. Passes over
 * the samples end when enough are fooled. */
#include <math.h>
#include <string.h>

#include "attack/rivals.h"
#include "attack/universal.h"
#include "model/model.h"

enum { MOST_RIVALS = 100, BLOCK = 64 };

/* Of one sample. */
typedef struct crossing {
  bwi_fitting *f;
  uint64_t i; /* which subject */
  uint32_t n_rivals, rivals[MOST_RIVALS];
  uint32_t n_steps;
  double overshoot;
} crossing;

static const bwi_subject *subject_of(const crossing *c) {
  return &c->f->subjects[c->i];
}

/* Row k of x is for the difference of the logits of rival k and the label. */
static void write_differences(void *payload, uint64_t first, uint64_t n, const float *logits,
                              float *cotangents) {
  (void)logits;
  const crossing *c = payload;
  const uint32_t classes = c->f->crew->model->n_classes;
  memset(cotangents, 0, n * classes * sizeof *cotangents);
  for (uint64_t k = 0; k < n; k++) {
    cotangents[k * classes + c->rivals[first + k]] = 1;
    cotangents[k * classes + (uint32_t)subject_of(c)->label] = -1;
  }
}

/* Adds the step to the nearest boundary of the linearised model to the way, and a little more, without which
 * steps would become too short for float32. The box is not looked at: the least way inside it would lean on
 * few coordinates, too far to take the model for linear. */
static void step_on(crossing *c, float *way) {
  bwi_fitting *f = c->f;
  const uint64_t d = f->ball.d;
  const bwi_ball free_ball = {.norm = BW_L2, .d = d};
  const double extra = 1e-4 * ((double)f->upper - (double)f->lower);
  double least = INFINITY;
  uint32_t nearest = 0;
  for (uint32_t k = 0; k < c->n_rivals; k++) {
    const double behind = (double)f->logits[c->rivals[k]] - (double)f->logits[subject_of(c)->label];
    const double reach = fabs(behind) / (1e-12 + bwi_length(BW_L2, d, f->slope + k * d));
    if (!(reach < least)) continue;
    least = reach;
    nearest = k;
  }
  bwi_ball_step(&free_ball, f->slope + nearest * d, (float)(least + extra), 1, way, f->scratch[0]);
}

/* Seeks the way from `start` (d) across a boundary, its overshoot included. */
static bw_status cross(crossing *c, const float *start, float *way, bool *crossed, bw_error *err) {
  bwi_fitting *f = c->f;
  const uint64_t d = f->ball.d;
  const float stretch = (float)(1 + c->overshoot);
  *crossed = false;
  memset(way, 0, d * sizeof *way);
  for (uint32_t step = 0; step < c->n_steps && !*crossed; step++) {
    for (uint64_t j = 0; j < d; j++) f->x[j] = fminf(fmaxf(start[j] + stretch * way[j], f->lower), f->upper);
    for (uint32_t k = 1; k < c->n_rivals; k++) memcpy(f->x + k * d, f->x, d * sizeof(float));
    BW_TRY(bwi_fit_evaluate(f, c->n_rivals, write_differences, c, err));
    bwi_fit_count(f, c->i, c->n_rivals, c->n_rivals);
    *crossed = bwi_is_success(subject_of(c), bwi_predict(f->crew->model->n_classes, f->logits));
    if (!*crossed) step_on(c, way);
  }
  for (uint64_t j = 0; j < d; j++) way[j] *= stretch;
  return BW_OK;
}

/* The likeliest wrong classes at the start, whose logits are in the first row; or the target. */
static void choose_rivals(crossing *c) {
  const bwi_fitting *f = c->f;
  const uint32_t n_classes = f->crew->model->n_classes,
                 n = (uint32_t)bwi_attack_value(f->attack, "classes", 10);
  const bwi_subject *s = subject_of(c);
  c->n_rivals = s->target >= 0 ? 1 : (n < n_classes ? n : n_classes) - 1;
  for (uint32_t k = 0; k < c->n_rivals; k++)
    c->rivals[k] =
        s->target >= 0 ? (uint32_t)s->target : bwi_rival(n_classes, f->logits, (uint32_t)s->label, k);
}

/* Whether samples [first, first + n) are fooled: their number. */
static bw_status count_fooled(bwi_fitting *f, uint64_t first, uint64_t n, uint64_t *n_fooled, bw_error *err) {
  const uint64_t d = f->ball.d;
  const uint32_t classes = f->crew->model->n_classes;
  for (uint64_t k = 0; k < n; k++)
    bwi_universal_add(d, f->subjects[first + k].clean, f->universal, f->lower, f->upper, f->x + k * d);
  BW_TRY(bwi_fit_evaluate(f, n, NULL, NULL, err));
  for (uint64_t k = 0; k < n; k++) {
    bwi_fit_count(f, first + k, 1, 0);
    *n_fooled += bwi_is_success(&f->subjects[first + k], bwi_predict(classes, f->logits + k * classes));
  }
  return BW_OK;
}

static bw_status learn(crossing *c, float *start, bw_error *err) {
  bwi_fitting *f = c->f;
  float *way = f->mean;
  uint64_t fooled = 0;
  bool crossed = false;
  BW_TRY(count_fooled(f, c->i, 1, &fooled, err));
  if (!bwi_meter_add(&f->crew->meter, 1, 0)) return BW_FAIL(err, BW_ECANCEL, "cancelled");
  if (fooled != 0) return BW_OK;
  choose_rivals(c);
  memcpy(start, f->x, f->ball.d * sizeof *start);
  BW_TRY(cross(c, start, way, &crossed, err));
  if (!crossed) return BW_OK;
  for (uint64_t j = 0; j < f->ball.d; j++) f->universal[j] += way[j];
  bwi_ball_project(&f->ball, f->zero, f->universal);
  return BW_OK;
}

static bw_status fit(bwi_fitting *f, bw_error *err) {
  const bw_attack *attack = f->attack;
  const uint32_t n_passes = (uint32_t)bwi_attack_value(attack, "passes", 10);
  const double enough = (1 - bwi_attack_value(attack, "delta", 0.2)) * (double)f->n;
  crossing c = {.f = f,
                .n_steps = (uint32_t)bwi_attack_value(attack, "iterations", 10),
                .overshoot = bwi_attack_value(attack, "overshoot", 0.02)};
  BW_TRY(bwi_fitting_begin(f, MOST_RIVALS, n_passes * f->n, err));
  for (uint32_t pass = 0; pass < n_passes; pass++) {
    uint64_t n_fooled = 0;
    for (c.i = 0; c.i < f->n; c.i++) BW_TRY(learn(&c, f->scratch[1], err));
    for (uint64_t first = 0; first < f->n; first += BLOCK)
      BW_TRY(count_fooled(f, first, f->n - first < BLOCK ? f->n - first : BLOCK, &n_fooled, err));
    if ((double)n_fooled >= enough) break;
  }
  return BW_OK;
}

static bw_status check(const bw_attack *attack, const bw_model *model, bw_error *err) {
  BW_TRY(bwi_check_classes(attack, model, err));
  return bwi_check_towards(attack, model, err);
}

static const bw_option_info options[] = {
    {"passes", "most passes over the samples", NULL, BW_OPTION_INTEGER, 1, 10000, 10, NULL},
    {"delta", "share of the samples that may stay unfooled: passes end there", NULL, BW_OPTION_REAL, 0, 1,
     0.2, NULL},
    {"iterations", "of DeepFool for a sample; one that takes more is left out", NULL, BW_OPTION_INTEGER, 1,
     1000, 10, NULL},
    {"overshoot", "of DeepFool: share of the way that it goes beyond the boundary", NULL, BW_OPTION_REAL, 0,
     10, 0.02, NULL},
    {"classes", "likeliest classes, its own included, whose boundaries a sample may be taken across", NULL,
     BW_OPTION_INTEGER, 2, MOST_RIVALS, 10, NULL},
    BWI_TOWARDS,
    BWI_FIT,
};

const bwi_attack_class bwi_uap = {
    .info = {.name = "uap",
             .title = "Universal adversarial perturbation",
             .summary =
                 "One perturbation for all samples, made of the ways of single samples across their "
                 "boundaries; it is made from samples that it is then reported on, unless some are held "
                 "out.",
             .paper = "Moosavi-Dezfooli, Fawzi, Fawzi, Frossard 2017, Universal adversarial perturbations",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 71,
    .check = check,
    .fit = fit,
    .run = bwi_universal_run,
};
