/* SPDX-License-Identifier: Apache-2.0 */
/* Jacobian-based saliency maps: each step moves the two coordinates that together raise the logit of the
 * class aimed at and lower the sum of the others most, by the product of the two (algorithm 3 and equation 8
 * of the paper; the logits, as there). An untargeted attack aims at one likely wrong class after the other.
 */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/rivals.h"
#include "attack/shuffle.h"

enum { RISE, N_ROWS }; /* derivatives of the logit of the class aimed at */

static double logit_of_aim(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const uint32_t aim = (uint32_t)batch->subjects[i].aim;
  memset(cotangent, 0, batch->n_classes * sizeof *cotangent);
  cotangent[aim] = 1;
  return (double)logits[aim];
}

static double sum_of_others(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const uint32_t aim = (uint32_t)batch->subjects[i].aim;
  double sum = 0;
  for (uint32_t c = 0; c < batch->n_classes; c++) {
    cotangent[c] = c != aim;
    sum += c != aim ? (double)logits[c] : 0;
  }
  return sum;
}

/* ---- the best pair ---- */

/* The coordinates that can still move, side by side: what a move in the attack's direction gives. */
typedef struct map {
  uint64_t n;
  float *index, *rise, *fall; /* of the aim's logit, and of the sum of the others */
} map;

typedef struct pair {
  uint64_t a, b;  /* places in the map */
  float saliency; /* 0: there is none */
} pair;

/* The best partner of place a among those before it. Choices are products with 0 or 1, which need no branch.
 */
static float best_partner(const map *m, uint64_t a) {
  const float rise = m->rise[a], fall = m->fall[a];
  float best = 0;
  for (uint64_t b = 0; b < a; b++) {
    const float up = rise + m->rise[b], down = fall + m->fall[b];
    const float saliency = (float)(up > 0) * (float)(down > 0) * (up * down);
    best = saliency > best ? saliency : best;
  }
  return best;
}

/* A place whose best thinkable partner would not do is passed over. */
static pair best_pair(const map *m) {
  float most_rise = 0, most_fall = 0;
  pair best = {0};
  for (uint64_t a = 0; a < m->n; a++) {
    const float up = m->rise[a] + most_rise, down = m->fall[a] + most_fall;
    const float bound = up > 0 && down > 0 ? up * down : 0;
    const float saliency = a > 0 && bound > best.saliency ? best_partner(m, a) : 0;
    if (saliency > best.saliency) best = (pair){.a = a, .saliency = saliency};
    most_rise = m->rise[a] > most_rise || a == 0 ? m->rise[a] : most_rise;
    most_fall = m->fall[a] > most_fall || a == 0 ? m->fall[a] : most_fall;
  }
  for (uint64_t b = 0; b < best.a; b++) {
    const float up = m->rise[best.a] + m->rise[b], down = m->fall[best.a] + m->fall[b];
    if (up > 0 && down > 0 && up * down == best.saliency) best.b = b;
  }
  return best;
}

/* ---- a step ---- */

/* Of sample i, in the rows that hold the two slopes: a coordinate's place is never after it. */
static map map_of(bwi_batch *batch, uint64_t i, float theta) {
  const bwi_ball *ball = &batch->ball;
  const float *x = batch->x + i * ball->d, sign = theta < 0 ? -1 : 1;
  map m = {
      .index = batch->scratch, .rise = bwi_batch_row(batch, i, RISE), .fall = batch->slope + i * ball->d};
  for (uint64_t j = 0; j < ball->d; j++) {
    if (theta < 0 ? x[j] <= ball->lower : x[j] >= ball->upper) continue;
    m.index[m.n] = (float)j;
    m.rise[m.n] = sign * m.rise[j];
    m.fall[m.n++] = -sign * m.fall[j];
  }
  return m;
}

/* Whether there was a pair to move, within the number of coordinates that may change. */
static bool move(bwi_batch *batch, uint64_t i, float theta, double most) {
  const bwi_ball *ball = &batch->ball;
  const map m = map_of(batch, i, theta);
  const pair best = best_pair(&m);
  if (!(best.saliency > 0)) return false;
  const float step = theta * (ball->upper - ball->lower);
  float *x = batch->x + i * ball->d;
  for (int k = 0; k < 2; k++) {
    float *z = x + (uint64_t)m.index[k == 0 ? best.a : best.b];
    *z = fminf(fmaxf(*z + step, ball->lower), ball->upper);
  }
  return bwi_distance(BW_L0, ball->d, x, batch->subjects[i].clean) <= most;
}

/* Whether sample i has what it was to get. */
static bool is_done(const bwi_batch *batch, uint64_t i) {
  return bwi_is_success(&batch->subjects[i],
                        bwi_predict(batch->n_classes, batch->logits + i * batch->n_classes));
}

static bw_status find_slopes(bwi_batch *batch, bw_error *err) {
  const uint64_t d = batch->ball.d;
  BW_TRY(bwi_batch_gradient_of(batch, logit_of_aim, err));
  for (uint64_t i = batch->n; i-- > 0;) {
    memcpy(bwi_batch_row(batch, i, RISE), batch->slope + i * d, d * sizeof(float));
    if (is_done(batch, i)) bwi_batch_drop(batch, i);
  }
  return bwi_batch_gradient_of(batch, sum_of_others, err);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const float theta = (float)bwi_attack_value(batch->attack, "theta", 1);
  const double share = bwi_attack_value(batch->attack, "gamma", 1) * (double)batch->ball.d,
               most = fmin(share, batch->ball.radius);
  for (uint64_t i = batch->n; i-- > 0;) /* one class to reach is tried once */
    if (batch->rival > 0 && batch->subjects[i].target >= 0) bwi_batch_drop(batch, i);
  BW_TRY(bwi_aim_at_rivals(batch, err));
  while (batch->n > 0) {
    BW_TRY(find_slopes(batch, err));
    for (uint64_t i = batch->n; i-- > 0;)
      if (!move(batch, i, theta, most)) bwi_batch_drop(batch, i);
  }
  return BW_OK;
}

static bw_status check(const bw_attack *attack, const bw_model *model, bw_error *err) {
  BW_TRY(bwi_check_classes(attack, model, err));
  return bwi_check_indices(attack, model, err);
}

static const bw_option_info options[] = {
    {"theta", "what a step adds to two coordinates, as a share of the width of the box", NULL, BW_OPTION_REAL,
     -1, 1, 1, NULL},
    {"gamma", "greatest share of the coordinates that change", NULL, BW_OPTION_REAL, 0, 1, 1, NULL},
    BWI_TARGETS,
    BWI_NEAREST_STOP,
    BWI_TARGET,
};

const bwi_attack_class bwi_jsma = {
    .info =
        {.name = "jsma",
         .title = "Jacobian-based saliency map attack",
         .summary = "Moves the pair of coordinates that raises one class and lowers the others most.",
         .paper =
             "Papernot, McDaniel, Jha, Fredrikson, Celik, Swami 2016, The limitations of deep learning in "
             "adversarial settings",
         .access = BW_ACCESS_GRADIENT,
         .norms = BW_NORM_BIT(BW_L0),
         .nearest = 1,
         .n_options = sizeof options / sizeof *options,
         .options = options},
    .stream = 46,
    .n_rows = N_ROWS,
    .check = check,
    .derive = bwi_stops_with_budget,
    .run = run,
};
