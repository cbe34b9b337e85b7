/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success in L0: a descent as in L2, from one success to the next; after each, the free
 * coordinates whose change matters least, |gradient of the margin times change|, are put back for good
 * (Carlini and Wagner 2017, section VI.B). c grows when a descent finds no success. The authors' code takes
 * the gradient of the whole objective there, whose margin has met its floor, so that only the change is left;
 * the paper's rule is used here. Coordinates count alone, also the channels of one pixel. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/tanh_descent.h"
#include "attack/tradeoff.h"

enum { FREE = BWI_TANH_ROWS, N_ROWS }; /* 1 for a coordinate that may change, 0 for others */

typedef struct note {
  double c;
  uint32_t n_steps; /* with this c */
  uint32_t age;     /* of the descent */
  bool is_tidy;     /* coordinates that hardly changed are as they were clean */
} note;

typedef struct plan {
  double rate, greatest_c, c_factor, margin;
  uint32_t n_steps;
} plan;

static const double hardly = 1e-4; /* a change, in widths of the box, that counts as none */
static const float matters = 0.01F;

/* The margin's gradient, also where the loss has its floor. */
static double own_loss(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const bwi_subject *s = &batch->subjects[i];
  return bwi_loss_eval(BWI_LOSS_MARGIN, batch->n_classes, logits, s->label, s->aim, cotangent);
}

/* Coordinates that may not change, or changed by less than `least`, become as they were clean. */
static void put_back(bwi_batch *batch, uint64_t i, double least) {
  const uint64_t d = batch->ball.d;
  const float *clean = batch->subjects[i].clean, *free = bwi_batch_row(batch, i, FREE);
  float *x = batch->x + i * d;
  for (uint64_t j = 0; j < d; j++)
    if (free[j] == 0 || fabs((double)x[j] - (double)clean[j]) < least) x[j] = clean[j];
}

static void tidy(bwi_batch *batch, uint64_t i) {
  put_back(batch, i, hardly * bwi_ball_width(&batch->ball));
  ((note *)bwi_batch_note(batch, i))->is_tidy = true;
}

/* Takes the freedom of up to 0.3 sqrt(n) coordinates whose change matters least, n being those that changed;
 * of those whose change matters, of one. False if none is left. */
static bool freeze(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const float *clean = batch->subjects[i].clean, *x = batch->x + i * d;
  float *slope = batch->slope + i * d, *free = bwi_batch_row(batch, i, FREE);
  uint64_t n_free = 0, next = d;
  for (uint64_t j = 0; j < d; j++) {
    slope[j] = fabsf(slope[j] * (x[j] - clean[j]));
    if (free[j] != 0) batch->scratch[n_free++] = -slope[j];
  }
  if (n_free == 0) return false;
  const double wanted = ceil(0.3 * sqrt(bwi_distance(BW_L0, d, x, clean)));
  uint64_t n_left = wanted > 1 ? (uint64_t)wanted : 1;
  if (n_left > n_free) n_left = n_free;
  const float bar = fminf(-bwi_kth_greatest(batch->scratch, n_free, n_left), matters);
  for (uint64_t j = 0; j < d; j++) {
    if (free[j] == 0) continue;
    if (slope[j] <= bar && n_left > 0) {
      free[j] = 0;
      n_left--;
    } else if (next == d || slope[j] < slope[next]) {
      next = j;
    }
  }
  if (n_left > 0 && next < d) free[next] = 0;
  return true;
}

/* After a success: the next descent begins there. False when nothing was left to freeze. */
static bool begin_again(bwi_batch *batch, uint64_t i) {
  note *own = bwi_batch_note(batch, i);
  if (!freeze(batch, i)) return false;
  bwi_tanh_start(batch, i, batch->x + i * batch->ball.d);
  own->n_steps = own->age = 0;
  tidy(batch, i);
  return true;
}

static void descend(const plan *p, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  note *own = bwi_batch_note(batch, i);
  const float *free = bwi_batch_row(batch, i, FREE), weight = -(float)own->c;
  float *slope = batch->slope + i * d;
  for (uint64_t j = 0; j < d; j++) slope[j] *= weight * free[j];
  bwi_tradeoff_add_square(&batch->ball, batch->subjects[i].clean, batch->x + i * d, slope);
  bwi_tanh_step(batch, i, p->rate, ++own->age);
  put_back(batch, i, 0);
  own->is_tidy = false;
}

/* Whether sample i has more to do. */
static bool advance(const plan *p, bwi_batch *batch, uint64_t i) {
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  if (s->loss >= p->margin && bwi_is_wanted(batch, s, batch->logits + i * batch->n_classes)) {
    if (own->is_tidy) return begin_again(batch, i);
    tidy(batch, i);
    return true;
  }
  if (own->n_steps++ == p->n_steps) {
    own->n_steps = 1;
    own->c *= p->c_factor;
  }
  descend(p, batch, i);
  return own->c < p->greatest_c;
}

static void start(bwi_batch *batch, uint64_t i) {
  float *free = bwi_batch_row(batch, i, FREE);
  for (uint64_t j = 0; j < batch->ball.d; j++) free[j] = 1;
  *(note *)bwi_batch_note(batch, i) = (note){.c = bwi_attack_value(batch->attack, "c", 1e-3)};
  bwi_tanh_start(batch, i, batch->subjects[i].clean);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const plan p = {.rate = bwi_attack_value(attack, "rate", 0.01),
                  .greatest_c = bwi_attack_value(attack, "greatest_c", 2e6),
                  .c_factor = bwi_attack_value(attack, "c_factor", 2),
                  .margin = bwi_attack_value(attack, "margin", 0.01),
                  .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 1000)};
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++) start(batch, i);
  while (batch->n > 0) {
    BW_TRY(bwi_batch_gradient_of(batch, own_loss, err));
    for (uint64_t i = batch->n; i-- > 0;)
      if (!advance(&p, batch, i)) bwi_batch_drop(batch, i);
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    {"steps", "gradient steps for one set of coordinates and one c", NULL, BW_OPTION_INTEGER, 1, 100000, 1000,
     NULL},
    BWI_RATE("of Adam, in tanh space", 0.01),
    BWI_FIRST_C(1e-3),
    BWI_GREATEST_C(2e6),
    BWI_C_FACTOR,
    {"margin", "of the logits, which each descent goes for", NULL, BW_OPTION_REAL, 0, 1e9, 0.01, NULL},
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_cw_l0 = {
    .info = {.name = "cw-l0",
             .title = "Carlini and Wagner's attack in L0",
             .summary =
                 "Descends to a success in L2 and puts the coordinates back that matter least, until no "
                 "success is left.",
             .paper = "Carlini, Wagner 2017, Towards evaluating the robustness of neural networks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L0),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 35,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
