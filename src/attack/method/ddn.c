/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success in L2 with direction and length apart (Rony et al. 2019, algorithm 1): each step turns
 * the perturbation along the normalised gradient, and gives it a length that shrinks after a success and
 * grows otherwise. Where the gradient is zero a random direction replaces it, as in the authors' code. */
#include <math.h>

#include "attack/ascent.h"

typedef struct note {
  double length; /* that the perturbation is to have */
} note;

typedef struct pace {
  double gamma, most; /* change of the length by a step, and the greatest length */
  uint32_t n_steps, n_levels;
} pace;

/* The nearest of n even levels of the domain, halves to the even one. */
static void round_to_levels(const bwi_ball *box, uint32_t n_levels, float *x) {
  const float rounder = 12582912; /* 1.5 * 2^23: what is added to it loses its fraction */
  const float lower = box->lower, width = box->upper - box->lower, greatest = (float)(n_levels - 1);
  for (uint64_t j = 0; j < box->d; j++) {
    const float level = (x[j] - lower) / width * greatest + rounder - rounder;
    x[j] = lower + level * width / greatest;
  }
}

/* In most gradients one of the first elements tells. */
static bool is_zero(uint64_t d, const float *slope) {
  for (uint64_t j = 0; j < d; j++)
    if (slope[j] != 0) return false;
  return true;
}

static void move(const pace *p, bwi_batch *batch, uint64_t i, uint32_t step) {
  const bwi_ball *ball = &batch->ball;
  const bwi_subject *s = &batch->subjects[i];
  float *x = batch->x + i * ball->d, *slope = batch->slope + i * ball->d;
  note *own = bwi_batch_note(batch, i);
  const double width = bwi_ball_width(ball), stride = width * bwi_cosine_schedule(1, 0.01, step, p->n_steps);
  const bool is_success = bwi_is_wanted(batch, s, batch->logits + i * batch->n_classes);
  if (is_zero(ball->d, slope)) bwi_rng_normal(slope, ball->d, s->key, step);
  bwi_ball_step(ball, slope, (float)stride, 0, x, NULL);
  own->length = fmin(own->length * (is_success ? 1 - p->gamma : 1 + p->gamma), p->most);
  bwi_ball round = *ball;
  round.radius = own->length;
  bwi_ball_stretch(&round, s->clean, x);
  if (p->n_levels >= 2) round_to_levels(ball, p->n_levels, x);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const bwi_ball *ball = &batch->ball;
  const double width = bwi_ball_width(ball);
  const pace p = {.gamma = bwi_attack_value(attack, "gamma", 0.05),
                  .most = bwi_ball_covering(BW_L2, ball->lower, ball->upper, ball->d),
                  .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 100),
                  .n_levels = (uint32_t)bwi_attack_value(attack, "levels", 256)};
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++)
    ((note *)bwi_batch_note(batch, i))->length = width * bwi_attack_value(attack, "length", 1);
  for (uint32_t step = 0; step < p.n_steps && batch->n > 0; step++) {
    BW_TRY(bwi_batch_gradient(batch, BWI_LOSS_CE, err));
    for (uint64_t i = 0; i < batch->n; i++) move(&p, batch, i, step);
  }
  return bwi_batch_logits(batch, err);
}

static const bw_option_info options[] = {
    BWI_STEPS(100),
    {"gamma", "share by which a step changes the length of the perturbation", NULL, BW_OPTION_REAL, 0, 1,
     0.05, NULL},
    {"length", "of the first perturbation, in widths of the input domain", NULL, BW_OPTION_REAL, 1e-9, 1e9, 1,
     NULL},
    {"levels", "even values that a coordinate is rounded to in each step; 0: no rounding", NULL,
     BW_OPTION_INTEGER, 0, 65536, 256, NULL},
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_ddn = {
    .info = {.name = "ddn",
             .title = "Decoupled direction and norm",
             .summary = "Turns the perturbation along the gradient and changes its length after each answer; "
                        "seeks the nearest success.",
             .paper = "Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger 2019, Decoupling direction and "
                      "norm for efficient gradient-based L2 adversarial attacks and defenses",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 31,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
