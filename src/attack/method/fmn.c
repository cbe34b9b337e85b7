/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success in any norm (Pintor et al. 2021, algorithm 1): steps along the normalised gradient of
 * the margin, each projected onto a ball whose radius shrinks after a success and grows otherwise; until the
 * first success the radius is where the linearised model has its boundary. In L0 the radius changes by one
 * coordinate at least. In L2 a perturbation inside the ball is drawn out to its radius, too, as
 * adversarial-library does: with the projection alone half of the samples of a network that masks its
 * gradients never get out of their neighbourhood. */
#include <math.h>

#include "attack/ascent.h"

typedef struct note {
  double radius;
  double nearest; /* distance of the nearest success */
} note;

typedef struct pace {
  double stride, last_stride, gamma, last_gamma, most; /* most: the greatest radius */
  uint32_t n_steps;
} pace;

/* Where the linearised model has its boundary, and a thousandth more so that rounding does not keep it out of
 * reach. */
static double boundary(const bwi_batch *batch, uint64_t i, double distance) {
  const uint64_t d = batch->ball.d;
  const double slope = bwi_length(bwi_dual(batch->ball.norm), d, batch->slope + i * d);
  return 1.001 * (distance + fabs(batch->subjects[i].loss) / fmax(slope, 1e-12));
}

static double shrunk(bw_norm norm, double radius, double gamma) {
  return norm == BW_L0 ? fmax(fmin(radius - 1, floor(radius * (1 - gamma))), 0) : radius * (1 - gamma);
}

static double grown(bw_norm norm, double radius, double gamma) {
  return norm == BW_L0 ? fmax(radius + 1, floor(radius * (1 + gamma))) : radius * (1 + gamma);
}

static void resize(const pace *p, bwi_batch *batch, uint64_t i, uint32_t step) {
  const bwi_ball *ball = &batch->ball;
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  const double gamma = bwi_cosine_schedule(p->gamma, p->last_gamma, step, p->n_steps),
               distance = bwi_distance(ball->norm, ball->d, batch->x + i * ball->d, s->clean);
  if (bwi_is_wanted(batch, s, batch->logits + i * batch->n_classes)) {
    own->nearest = fmin(own->nearest, distance);
    own->radius = fmin(shrunk(ball->norm, own->radius, gamma), own->nearest);
  } else if (ball->norm == BW_L0 || isfinite(own->nearest)) {
    own->radius = grown(ball->norm, own->radius, gamma);
  } else {
    own->radius = boundary(batch, i, distance);
  }
  own->radius = fmin(own->radius, p->most);
}

/* In L0 the box comes first: what it holds back takes no place among the greatest changes. */
static void confine(const bwi_ball *ball, const float *clean, float *x, float *scratch) {
  if (ball->norm == BW_L2) {
    bwi_ball_stretch(ball, clean, x);
  } else if (ball->norm != BW_L0) {
    bwi_ball_project(ball, clean, x);
  } else {
    for (uint64_t j = 0; j < ball->d; j++) x[j] = fminf(fmaxf(x[j], ball->lower), ball->upper);
    bwi_ball_keep_greatest(ball, clean, x, scratch);
  }
}

static void move(const pace *p, bwi_batch *batch, uint64_t i, uint32_t step) {
  const uint64_t d = batch->ball.d;
  float *x = batch->x + i * d;
  const note *own = bwi_batch_note(batch, i);
  const double stride = bwi_cosine_schedule(p->stride, p->last_stride, step, p->n_steps);
  bwi_ball ball = batch->ball, round = batch->ball;
  ball.radius = own->radius;
  round.norm = BW_L2;
  bwi_ball_step(&round, batch->slope + i * d, (float)stride, 0, x, NULL);
  confine(&ball, batch->subjects[i].clean, x, batch->scratch);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const bwi_ball *ball = &batch->ball;
  const double width = bwi_ball_width(ball);
  const pace p = {.stride = width * bwi_attack_value(attack, "stride", 1),
                  .last_stride = width * bwi_attack_value(attack, "last_stride", 0.01),
                  .gamma = bwi_attack_value(attack, "gamma", 0.05),
                  .last_gamma = bwi_attack_value(attack, "last_gamma", 0.001),
                  .most = bwi_ball_covering(ball->norm, ball->lower, ball->upper, ball->d),
                  .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 100)};
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++)
    *(note *)bwi_batch_note(batch, i) =
        (note){.radius = ball->norm == BW_L0 ? 1 : INFINITY, .nearest = INFINITY};
  for (uint32_t step = 0; step < p.n_steps && batch->n > 0; step++) {
    BW_TRY(bwi_batch_gradient(batch, BWI_LOSS_MARGIN, err));
    for (uint64_t i = 0; i < batch->n; i++) {
      resize(&p, batch, i, step);
      move(&p, batch, i, step);
    }
  }
  return bwi_batch_logits(batch, err);
}

static const bw_option_info options[] = {
    BWI_STEPS(100),
    {"stride", "length of the first step in L2, in widths of the input domain", NULL, BW_OPTION_REAL, 0, 1e9,
     1, NULL},
    {"last_stride", "length that steps shrink to, with a cosine", NULL, BW_OPTION_REAL, 0, 1e9, 0.01, NULL},
    {"gamma", "share by which the first step changes the radius", NULL, BW_OPTION_REAL, 0, 1, 0.05, NULL},
    {"last_gamma", "share that this shrinks to, with a cosine", NULL, BW_OPTION_REAL, 0, 1, 0.001, NULL},
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_fmn = {
    .info = {.name = "fmn",
             .title = "Fast minimum-norm attack",
             .summary =
                 "Gradient steps in a ball whose radius follows the answers; seeks the nearest success "
                 "in any norm.",
             .paper = "Pintor, Roli, Brendel, Biggio 2021, Fast minimum-norm adversarial attacks through "
                      "adaptive norm constraints",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS | BW_NORM_BIT(BW_L0),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 32,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
