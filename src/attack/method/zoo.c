/* SPDX-License-Identifier: Apache-2.0 */
/* Zeroth-order optimisation: Carlini and Wagner's loss, the square of the perturbation's length plus c times
 * the logit margin that is missing, with derivatives by coordinate from opposite points and one Adam for each
 * coordinate. The margin is the paper's difference of log-probabilities. Coordinates come in random order,
 * none twice before all had their turn. Adam follows the signs even of small slopes, and in float32 points
 * much closer than 0.01 lose them. c is great because nothing searches for it: a success ends its pull. */
#include <math.h>
#include <string.h>

#include "attack/adam.h"
#include "attack/ascent.h"
#include "attack/estimate.h"
#include "attack/shuffle.h"

enum { ORDER = BWI_ESTIMATE_ROWS, MEAN, SQUARE, N_ROWS };

static uint64_t coordinate(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair) {
  return (uint64_t)bwi_batch_row(batch, i, ORDER)[how->first % batch->ball.d + pair];
}

static void direct(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                   float *direction) {
  if (pair == 0)
    memset(direction, 0, batch->ball.d * sizeof *direction);
  else
    direction[coordinate(how, batch, i, pair - 1)] = 0;
  direction[coordinate(how, batch, i, pair)] = 1;
}

static void begin_pass(bwi_batch *batch, uint32_t pass) {
  for (uint64_t i = 0; i < batch->n; i++) {
    float *order = bwi_batch_row(batch, i, ORDER);
    for (uint64_t j = 0; j < batch->ball.d; j++) order[j] = (float)j;
    bwi_shuffle(order, batch->ball.d, batch->subjects[i].key, pass, batch->scratch);
  }
}

/* Step number `pass` + 1 of each of the coordinates whose slope was estimated. */
static void descend(const bwi_estimator *how, bwi_batch *batch, uint64_t i, double c, double rate) {
  const bwi_ball *ball = &batch->ball;
  const float *clean = batch->subjects[i].clean, *slope = batch->slope + i * ball->d;
  const uint32_t pass = (uint32_t)(how->first / ball->d);
  float *x = batch->x + i * ball->d, *mean = bwi_batch_row(batch, i, MEAN),
        *square = bwi_batch_row(batch, i, SQUARE);
  for (uint32_t k = 0; k < how->n_pairs; k++) {
    const uint64_t j = coordinate(how, batch, i, k);
    const float up = (float)(2 * ((double)x[j] - (double)clean[j]) - c * (double)slope[j]);
    bwi_adam_step(1, rate, pass + 1, &up, mean + j, square + j, x + j);
    x[j] = x[j] < ball->lower ? ball->lower : x[j] > ball->upper ? ball->upper : x[j];
  }
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const uint64_t d = batch->ball.d;
  const uint32_t n_steps = (uint32_t)bwi_attack_value(attack, "steps", 10000);
  const uint64_t n_aside = (uint64_t)bwi_attack_value(attack, "coordinates", 128);
  const double c = bwi_attack_value(attack, "c", 100), rate = bwi_attack_value(attack, "rate", 0.01);
  bwi_estimator how = {.radius = bwi_attack_value(attack, "h", 0.01),
                       .weight = 1,
                       .most = bwi_attack_value(attack, "confidence", 0),
                       .loss = BWI_LOSS_MARGIN,
                       .direct = direct};
  batch->roams = batch->nearby = true;
  for (uint32_t step = 0; step < n_steps && batch->n > 0; step++, how.first += how.n_pairs) {
    const uint64_t at = how.first % d;
    if (at == 0) begin_pass(batch, (uint32_t)(how.first / d));
    how.n_pairs = (uint32_t)(d - at < n_aside ? d - at : n_aside);
    BW_TRY(bwi_estimate_gradient(batch, &how, err));
    for (uint64_t i = 0; i < batch->n; i++) descend(&how, batch, i, c, rate);
    BW_TRY(bwi_batch_logits(batch, err));
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    BWI_STEPS(10000),
    {"coordinates", "how many a step moves", NULL, BW_OPTION_INTEGER, 1, 1000000, 128, NULL},
    {"h", "distance of the points from the iterate", "distance", BW_OPTION_REAL, 1e-9, 1e9, 0.01, NULL},
    {"rate", "learning rate of Adam", "distance", BW_OPTION_REAL, 0, 1e9, 0.01, NULL},
    {"c", "weight of the margin against the square of the distance", NULL, BW_OPTION_REAL, 0, 1e9, 100, NULL},
    {"confidence", "margin that is sought", NULL, BW_OPTION_REAL, 0, 1e9, 0, NULL},
    BWI_NEAREST_STOP,
    BWI_TARGET,
};

const bwi_attack_class bwi_zoo = {
    .info = {.name = "zoo",
             .title = "Zeroth-order optimisation",
             .summary =
                 "Carlini and Wagner's loss with the derivatives of some coordinates at a time, estimated "
                 "from scores.",
             .paper = "Chen, Zhang, Sharma, Yi, Hsieh 2017, ZOO: zeroth order optimization based black-box "
                      "attacks to deep neural networks without training substitute models",
             .access = BW_ACCESS_SCORE,
             .norms = BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 44,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(bwi_estimate),
    .check = bwi_check_indices,
    .derive = bwi_stops_with_budget,
    .run = run,
};
