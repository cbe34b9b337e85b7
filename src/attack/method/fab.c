/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success. Each step linearises the model, goes a little beyond the nearest boundary, and is
 * drawn to the clean sample's own way there; from a success it goes back towards the clean sample. A last
 * search on the line from the clean sample to the nearest success follows. Within the budget of an early stop
 * the verdict is that of seeking to the end. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/boundary.h"
#include "attack/linearise.h"
#include "attack/rivals.h"

enum { HELD = BWI_FACET_ROW, NEAREST, N_ROWS }; /* a row in passing; the nearest success */

typedef struct note {
  bwi_facet nearest;       /* boundary */
  double distance, margin; /* of the nearest success; margin 0 if there is none */
  double low, high;        /* shares of the way to it: still right, already wrong */
  double low_margin;
} note;

/* ---- a step ---- */

typedef struct pace {
  double alpha_max, eta, beta;
} pace;

static void cross(const pace *p, bwi_batch *batch, uint64_t i) {
  const bwi_ball *ball = &batch->ball;
  const float *clean = batch->subjects[i].clean, *slope = batch->slope + i * ball->d;
  float *x = batch->x + i * ball->d, *from_here = batch->scratch, *from_clean = bwi_batch_row(batch, i, HELD);
  const note *own = bwi_batch_note(batch, i);
  double way_back = 0;
  for (uint64_t j = 0; j < ball->d; j++) way_back += (double)slope[j] * ((double)clean[j] - (double)x[j]);
  bwi_boundary_step(ball, x, slope, -own->nearest.gap, from_here);
  bwi_boundary_step(ball, clean, slope, -(own->nearest.gap + way_back), from_clean);
  const double here = fmax(bwi_length(ball->norm, ball->d, from_here), 1e-8),
               there = fmax(bwi_length(ball->norm, ball->d, from_clean), 1e-8);
  const double alpha = fmin(here / (here + there), p->alpha_max);
  for (uint64_t j = 0; j < ball->d; j++) {
    const double near = (double)x[j] + p->eta * (double)from_here[j],
                 straight = (double)clean[j] + p->eta * (double)from_clean[j];
    const float z = (float)((1 - alpha) * near + alpha * straight);
    x[j] = z < ball->lower ? ball->lower : z > ball->upper ? ball->upper : z;
  }
}

/* Puts the iterate at a share of the way from the clean sample to `end`. */
static void place_between(bwi_batch *batch, uint64_t i, const float *end, double share) {
  const uint64_t d = batch->ball.d;
  const float *clean = batch->subjects[i].clean;
  float *x = batch->x + i * d;
  for (uint64_t j = 0; j < d; j++)
    x[j] = (float)((double)clean[j] + share * ((double)end[j] - (double)clean[j]));
}

static double margin_of(const bwi_batch *batch, uint64_t i) {
  return bwi_margin(&batch->subjects[i], batch->n_classes, batch->logits + i * batch->n_classes);
}

/* Keeps a success, even outside the ball, if it is the nearest, and steps back from it. */
static void step_back(const pace *p, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const bwi_subject *s = &batch->subjects[i];
  const float *x = batch->x + i * d;
  note *own = bwi_batch_note(batch, i);
  const double margin = margin_of(batch, i);
  if (!(margin > 0)) return;
  const double distance = bwi_distance(batch->ball.norm, d, x, s->clean);
  if (own->margin == 0 || distance < own->distance) {
    own->distance = distance;
    own->margin = margin;
    memcpy(bwi_batch_row(batch, i, NEAREST), x, d * sizeof(float));
  }
  place_between(batch, i, x, p->beta);
}

/* ---- the last search ---- */

#define N_SEARCHES 3

/* The share of the way at which the margin would vanish if it were linear between the two, and a little more.
 */
static double crossing(const note *own) {
  const double at = own->low_margin < own->margin ? -own->low_margin / (own->margin - own->low_margin) : 1;
  return own->low + (own->high - own->low) * (at + 0.01 * (1 - at));
}

static bw_status search_line(bwi_batch *batch, bw_error *err) {
  for (uint64_t i = batch->n; i-- > 0;)
    if (((note *)bwi_batch_note(batch, i))->margin == 0) bwi_batch_drop(batch, i);
  for (int search = 0; search <= N_SEARCHES; search++) {
    for (uint64_t i = 0; i < batch->n; i++) {
      note *own = bwi_batch_note(batch, i);
      const double at = search == 0 ? 0 : crossing(own);
      place_between(batch, i, bwi_batch_row(batch, i, NEAREST), at);
    }
    BW_TRY(bwi_batch_logits(batch, err));
    for (uint64_t i = 0; i < batch->n; i++) {
      note *own = bwi_batch_note(batch, i);
      const double margin = margin_of(batch, i), at = search == 0 ? 0 : crossing(own);
      if (search == 0) own->high = 1;
      if (margin > 0) {
        own->high = at;
        own->margin = margin;
      } else {
        own->low = at;
        own->low_margin = margin;
      }
    }
  }
  return BW_OK;
}

static void start_at_random(bwi_batch *batch) {
  bwi_ball half = batch->ball;
  half.radius /= 2;
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    bwi_ball_random_rim(&half, s->clean, s->key, 0, batch->x + i * half.d);
  }
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const pace p = {.alpha_max = bwi_attack_value(attack, "alpha_max", 0.1),
                  .eta = bwi_attack_value(attack, "eta", 1.05),
                  .beta = bwi_attack_value(attack, "beta", 0.9)};
  const uint32_t n_steps = (uint32_t)bwi_attack_value(attack, "steps", 100);
  batch->roams = true;
  if (batch->restart > 0) start_at_random(batch);
  for (uint32_t step = 0; step < n_steps && batch->n > 0; step++) {
    BW_TRY(bwi_linearise(batch, BWI_LOSS_PAIR, 0, NULL, err));
    for (uint64_t i = 0; i < batch->n; i++) cross(&p, batch, i);
    BW_TRY(bwi_batch_logits(batch, err));
    for (uint64_t i = 0; i < batch->n; i++) step_back(&p, batch, i);
  }
  return search_line(batch, err);
}

static bw_status run_targeted(bwi_batch *batch, bw_error *err) {
  BW_TRY(bwi_aim_at_rivals(batch, err));
  return run(batch, err);
}

#define ALPHA_MAX                                                                                     \
  {                                                                                                   \
    "alpha_max", "greatest share of a step that is the clean sample's own way to the boundary", NULL, \
        BW_OPTION_REAL, 0, 1, 0.1, NULL                                                               \
  }
#define ETA                                                                                                 \
  {                                                                                                         \
    "eta", "length of a step, as a multiple of the way to the boundary", NULL, BW_OPTION_REAL, 1, 10, 1.05, \
        NULL                                                                                                \
  }
#define BETA \
  { "beta", "share of the perturbation that is kept after a success", NULL, BW_OPTION_REAL, 0, 1, 0.9, NULL }
static const bw_option_info options[] = {
    BWI_STEPS(100),
    BWI_RESTARTS("starts tried for a sample: the sample, then random ones at half of eps"),
    BWI_TARGET,
    ALPHA_MAX,
    ETA,
    BETA,
    BWI_NEAREST_STOP,
};

static const bw_option_info targeted_options[] = {
    BWI_STEPS(100),
    {"restarts", "starts tried for each class: the sample, then random ones at half of eps", NULL,
     BW_OPTION_INTEGER, 1, 100, 1, NULL},
    BWI_TARGETS,
    ALPHA_MAX,
    ETA,
    BETA,
    BWI_NEAREST_STOP,
};

#define PAPER \
  "Croce, Hein 2020, Minimally distorted adversarial examples with a fast adaptive boundary attack"

const bwi_attack_class bwi_fab = {
    .info = {.name = "fab",
             .title = "Fast adaptive boundary attack",
             .summary = "Steps to the nearest boundary of the linearised model, with the gradients of all "
                        "classes; seeks the nearest success.",
             .paper = PAPER,
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 9,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .check = bwi_check_classes,
    .run = run,
};

const bwi_attack_class bwi_fab_t = {
    .info = {.name = "fab-t",
             .title = "Targeted fast adaptive boundary attack",
             .summary = "Steps to the boundary with one likely wrong class after the other; any wrong answer "
                        "counts.",
             .paper = PAPER,
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .nearest = 1,
             .n_options = sizeof targeted_options / sizeof *targeted_options,
             .options = targeted_options},
    .stream = 10,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .check = bwi_check_rivals,
    .run = run_targeted,
};
