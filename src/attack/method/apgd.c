/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient ascent whose step adapts to each sample. Linf and L2: algorithm 1 of Croce and Hein 2020, with
 * momentum; at checkpoints that come ever closer, a sample whose loss rose too seldom halves its step and
 * goes back to its best iterate. L1: Croce and Hein 2021, sparse steps whose length and sparsity follow how
 * sparse the best perturbation is. At the first checkpoint the authors' code compares the first loss with
 * zero; the paper, with the loss of the start. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/rivals.h"

enum { OLD, BEST, BEST_SLOPE, N_ROWS }; /* the iterate before, that of greatest loss, and its gradient */

typedef struct note {
  double best, best_at_check, last; /* losses: greatest, greatest at the last checkpoint, latest */
  uint64_t n_moved;                 /* L1: coordinates that a step moves */
  uint64_t n_changed;               /* L1: that the best iterate had changed at the last checkpoint */
  float step;
  uint32_t n_rises;   /* of the loss, since the last checkpoint */
  bool was_shortened; /* at the last checkpoint; at first, too, so that one window gives no verdict */
} note;

/* One ascent: its ball, which in L1 may begin greater than the attack's, and when it looks back. */
typedef struct climb {
  bwi_ball ball;
  bwi_loss loss;
  uint32_t n_steps, first_step, n_all_steps; /* of this ascent, and of those before and all together */
  uint32_t window, least_window, less;       /* steps between checkpoints; they become fewer */
  float first_stride;                        /* length of the first steps */
  double rho;                                /* share of the steps that must raise the loss */
} climb;

static uint32_t share_of(double share, uint32_t n_steps) {
  const uint32_t part = (uint32_t)(share * n_steps);
  return part > 1 ? part : 1;
}

static climb climb_of(const bwi_batch *batch, double radius, uint32_t n_steps) {
  const bwi_ball *ball = &batch->ball;
  climb c = {
      .ball = *ball,
      .loss = (bwi_loss)bwi_attack_value(batch->attack, "loss", BWI_LOSS_CE),
      .n_steps = n_steps,
      .n_all_steps = n_steps,
      .window = share_of(ball->norm == BW_L1 ? 0.04 : 0.22, n_steps),
      .first_stride = (float)(ball->norm == BW_L1 ? radius : 2 * radius),
      .rho = bwi_attack_value(batch->attack, "rho", 0.75),
  };
  c.ball.radius = fmin(radius, bwi_ball_covering(ball->norm, ball->lower, ball->upper, ball->d));
  c.least_window = ball->norm == BW_L1 ? c.window : share_of(0.06, n_steps);
  c.less = ball->norm == BW_L1 ? 0 : share_of(0.03, n_steps);
  return c;
}

/* ---- a step ---- */

static void keep_best(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  note *own = bwi_batch_note(batch, i);
  own->best = batch->subjects[i].loss;
  memcpy(bwi_batch_row(batch, i, BEST), batch->x + i * d, d * sizeof(float));
  memcpy(bwi_batch_row(batch, i, BEST_SLOPE), batch->slope + i * d, d * sizeof(float));
}

static void return_to_best(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  memcpy(batch->x + i * d, bwi_batch_row(batch, i, BEST), d * sizeof(float));
  memcpy(batch->slope + i * d, bwi_batch_row(batch, i, BEST_SLOPE), d * sizeof(float));
}

/* x <- P(x + a (P(x + step) - x) + (1 - a) (x - old)); a is 1 in the first step, which has no old. */
static void move_with_momentum(const climb *c, bwi_batch *batch, uint64_t i, bool is_first) {
  const uint64_t d = c->ball.d;
  const float *clean = batch->subjects[i].clean;
  float *restrict x = batch->x + i * d, *restrict old = bwi_batch_row(batch, i, OLD);
  float *restrict ahead = batch->scratch;
  const note *own = bwi_batch_note(batch, i);
  const float a = is_first ? 1 : 0.75F;
  if (is_first) memcpy(old, x, d * sizeof(float));
  memcpy(ahead, x, d * sizeof(float));
  bwi_ball_step(&c->ball, batch->slope + i * d, own->step, 0, ahead, NULL);
  bwi_ball_clip(&c->ball, clean, ahead);
  for (uint64_t j = 0; j < d; j++) {
    const float here = x[j];
    x[j] = here + a * (ahead[j] - here) + (1 - a) * (here - old[j]);
    old[j] = here;
  }
  bwi_ball_clip(&c->ball, clean, x);
}

/* L1. In the authors' code a coordinate that the projection takes back to the clean one misses it by a
 * rounding and counts as changed from then on, so that steps stay less sparse. */
static void project_l1(const climb *c, bwi_batch *batch, uint64_t i) {
  const uint64_t d = c->ball.d;
  const float *clean = batch->subjects[i].clean;
  float *x = batch->x + i * d, *before = batch->scratch;
  memcpy(before, x, d * sizeof(float));
  bwi_ball_project(&c->ball, clean, x);
  if (!bwi_attack_is_faithful(batch->attack)) return;
  for (uint64_t j = 0; j < d; j++) {
    const float gone = before[j] - clean[j], missed = clean[j] + gone - gone;
    if (x[j] == clean[j]) x[j] = fminf(fmaxf(missed, c->ball.lower), c->ball.upper);
  }
}

/* The same distance in each of the coordinates of greatest slope. */
static void move_sparsely(const climb *c, bwi_batch *batch, uint64_t i) {
  const uint64_t d = c->ball.d;
  const note *own = bwi_batch_note(batch, i);
  const float *slope = batch->slope + i * d;
  float *x = batch->x + i * d;
  for (uint64_t j = 0; j < d; j++) batch->scratch[j] = fabsf(slope[j]);
  const float bar = bwi_kth_greatest(batch->scratch, d, own->n_moved);
  uint64_t count = 0;
  for (uint64_t j = 0; j < d; j++) count += slope[j] != 0 && fabsf(slope[j]) >= bar;
  const float stride = count > 0 ? own->step / (float)count : 0;
  for (uint64_t j = 0; j < d; j++)
    if (slope[j] != 0 && fabsf(slope[j]) >= bar) x[j] += copysignf(stride, slope[j]);
  project_l1(c, batch, i);
}

/* ---- checkpoints ---- */

static void look_back(const climb *c, bwi_batch *batch, uint64_t i, uint32_t window) {
  note *own = bwi_batch_note(batch, i);
  const bool is_stuck = !own->was_shortened && own->best <= own->best_at_check;
  const bool is_swinging = own->n_rises <= c->rho * window;
  own->was_shortened = is_swinging || is_stuck;
  own->best_at_check = own->best;
  own->n_rises = 0;
  if (!own->was_shortened) return;
  own->step /= 2;
  return_to_best(batch, i);
}

static uint64_t count_changed(uint64_t d, const float *x, const float *clean) {
  uint64_t count = 0;
  for (uint64_t j = 0; j < d; j++) count += x[j] != clean[j];
  return count;
}

static uint64_t at_least_one(double count) {
  return count > 1 ? (uint64_t)ceil(count) : 1;
}

/* While the best perturbation becomes sparser, steps are long again and begin there; else they shorten. */
static void look_back_l1(const climb *c, bwi_batch *batch, uint64_t i) {
  note *own = bwi_batch_note(batch, i);
  const uint64_t changed = count_changed(c->ball.d, bwi_batch_row(batch, i, BEST), batch->subjects[i].clean);
  const bool is_sparser = (double)changed < 0.95 * (double)own->n_changed;
  own->step = is_sparser ? c->first_stride : fmaxf(own->step / 1.5F, c->first_stride / 10);
  own->n_moved = at_least_one((double)changed / 1.5);
  own->n_changed = changed;
  if (is_sparser) return_to_best(batch, i);
}

/* ---- an ascent ---- */

static void begin(const climb *c, bwi_batch *batch, uint64_t i) {
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  const uint64_t d = c->ball.d;
  const bool is_later = c->first_step > 0 || c->n_steps < c->n_all_steps;
  own->step = c->first_stride;
  own->best_at_check = s->loss;
  own->last = bwi_attack_is_faithful(batch->attack) ? 0 : s->loss;
  own->n_rises = 0;
  own->was_shortened = true;
  own->n_changed = is_later ? count_changed(d, batch->x + i * d, s->clean) : d;
  own->n_moved = at_least_one(is_later ? (double)own->n_changed / 1.5 : 0.2 * (double)d);
  keep_best(batch, i);
}

static void take_in(bwi_batch *batch, uint64_t i) {
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  own->n_rises += s->loss > own->last;
  own->last = s->loss;
  if (s->loss > own->best) keep_best(batch, i);
}

static bw_status ascend(const climb *c, bwi_batch *batch, bw_error *err) {
  BW_TRY(bwi_batch_gradient(batch, c->loss, err));
  for (uint64_t i = 0; i < batch->n; i++) begin(c, batch, i);
  uint32_t window = c->window, n_since = 0;
  for (uint32_t step = 0; step < c->n_steps && batch->n > 0; step++) {
    for (uint64_t i = 0; i < batch->n; i++) {
      bwi_note_loss(&batch->subjects[i], c->first_step + step, c->n_all_steps);
      if (c->ball.norm == BW_L1)
        move_sparsely(c, batch, i);
      else
        move_with_momentum(c, batch, i, step == 0);
    }
    BW_TRY(bwi_batch_gradient(batch, c->loss, err));
    for (uint64_t i = 0; i < batch->n; i++) take_in(batch, i);
    if (++n_since < window) continue;
    for (uint64_t i = 0; i < batch->n; i++) {
      if (c->ball.norm == BW_L1)
        look_back_l1(c, batch, i);
      else
        look_back(c, batch, i, window);
    }
    n_since = 0;
    window = window > c->least_window + c->less ? window - c->less : c->least_window;
  }
  return BW_OK;
}

static void start(const climb *c, bwi_batch *batch) {
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    float *x = batch->x + i * c->ball.d;
    if (c->ball.norm != BW_L1) {
      bwi_ball_random_rim(&c->ball, s->clean, s->key, 0, x);
      continue;
    }
    bwi_rng_normal(x, c->ball.d, s->key, 0);
    for (uint64_t j = 0; j < c->ball.d; j++) x[j] += s->clean[j];
    project_l1(c, batch, i);
  }
}

/* L1: 30 % of the steps in a ball three times as large, 30 % in one twice as large, the rest in the ball;
 * each begins at the projection of the best iterate before. */
static bw_status ascend_through_balls(bwi_batch *batch, uint32_t n_steps, bw_error *err) {
  uint32_t n_done = 0;
  uint32_t share = (uint32_t)ceil(0.3 * n_steps);
  if (share > n_steps / 3) share = n_steps / 3;
  for (int factor = share > 0 ? 3 : 1; factor >= 1; factor--) {
    climb c = climb_of(batch, factor * batch->attack->eps, factor > 1 ? share : n_steps - n_done);
    c.first_step = n_done;
    c.n_all_steps = n_steps;
    batch->roams = factor > 1;
    if (n_done == 0) start(&c, batch);
    for (uint64_t i = 0; i < batch->n; i++) {
      if (n_done > 0) return_to_best(batch, i);
      project_l1(&c, batch, i);
    }
    BW_TRY(ascend(&c, batch, err));
    n_done += c.n_steps;
  }
  return BW_OK;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const uint32_t n_steps = (uint32_t)bwi_attack_value(batch->attack, "steps", 100);
  if (batch->ball.norm == BW_L1 && bwi_attack_value(batch->attack, "large_eps", 0) != 0)
    return ascend_through_balls(batch, n_steps, err);
  const climb c = climb_of(batch, batch->attack->eps, n_steps);
  start(&c, batch);
  return ascend(&c, batch, err);
}

static bw_status run_targeted(bwi_batch *batch, bw_error *err) {
  BW_TRY(bwi_aim_at_rivals(batch, err));
  return run(batch, err);
}

#define RHO                                                                                                \
  {                                                                                                        \
    "rho", "share of the steps between two checkpoints that must raise the loss", NULL, BW_OPTION_REAL, 0, \
        1, 0.75, NULL                                                                                      \
  }
#define LARGE_EPS                                                                                          \
  {                                                                                                        \
    "large_eps", "L1 only: begin in balls three and two times as large", NULL, BW_OPTION_BOOLEAN, 0, 1, 0, \
        NULL                                                                                               \
  }

static const bw_option_info options[] = {
    BWI_STEPS(100), BWI_RESTARTS("random starts tried for a sample"), BWI_LOSS, BWI_TARGET, RHO, LARGE_EPS,
    BWI_EARLY_STOP,
};

static const bw_option_info targeted_options[] = {
    BWI_STEPS(100),
    {"restarts", "random starts tried for each of the classes", NULL, BW_OPTION_INTEGER, 1, 100, 1, NULL},
    BWI_TARGETS,
    {"loss", "what is climbed: cross-entropy, logit margin, or difference of logits ratio", NULL,
     BW_OPTION_CHOICE, 0, 2, BWI_LOSS_DLR, bwi_loss_names},
    RHO,
    LARGE_EPS,
    BWI_EARLY_STOP,
};

#define PAPER                                                                                    \
  "Croce, Hein 2020, Reliable evaluation of adversarial robustness with an ensemble of diverse " \
  "parameter-free attacks; L1: Croce, Hein 2021, Mind the box"

const bwi_attack_class bwi_apgd = {
    .info = {.name = "apgd",
             .title = "Auto-PGD",
             .summary = "Gradient steps with momentum whose length adapts to each sample; no step to choose.",
             .paper = PAPER,
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 7,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .check = bwi_check_classes,
    .run = run,
};

const bwi_attack_class bwi_apgd_t = {
    .info = {.name = "apgd-t",
             .title = "Targeted Auto-PGD",
             .summary = "Auto-PGD towards one likely wrong class after the other; any wrong answer counts.",
             .paper = PAPER,
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof targeted_options / sizeof *targeted_options,
             .options = targeted_options},
    .stream = 8,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .check = bwi_check_rivals,
    .run = run_targeted,
};
