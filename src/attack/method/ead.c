/* SPDX-License-Identifier: Apache-2.0 */
/* Sparse nearest successes: FISTA on beta |delta|_1 + |delta|_2^2 + c * max(0, confidence - margin), with a
 * binary search of c (Chen et al. 2018, algorithm 1). As in paper and authors' code a step shrinks by beta
 * itself, not by beta times the rate. Distances are measured in widths of the box. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/tradeoff.h"

enum { AHEAD, BEFORE, N_ROWS }; /* the point where the gradient is taken, and the iterate before */
enum { RULE_ELASTIC, RULE_L1 };

static double elastic(const bwi_batch *batch, double beta, const float *x, const float *clean) {
  const bwi_ball *box = &batch->ball;
  const double width = bwi_ball_width(box), round = bwi_distance(BW_L2, box->d, x, clean) / width;
  return round * round + beta * bwi_distance(BW_L1, box->d, x, clean) / width;
}

static double measure(const bwi_batch *batch, const float *x, const float *clean) {
  if (bwi_attack_value(batch->attack, "rule", RULE_ELASTIC) == RULE_L1)
    return bwi_distance(BW_L1, batch->ball.d, x, clean);
  return elastic(batch, bwi_attack_value(batch->attack, "beta", 1e-3), x, clean);
}

static void start_descent(bwi_batch *batch, uint64_t i) {
  const size_t row_bytes = batch->ball.d * sizeof(float);
  const float *clean = batch->subjects[i].clean;
  memcpy(bwi_batch_row(batch, i, AHEAD), clean, row_bytes);
  memcpy(bwi_batch_row(batch, i, BEFORE), clean, row_bytes);
}

/* x, where the gradient was taken, becomes the next iterate: a step down the smooth part, then each
 * coordinate comes back to the clean one by as much as beta. */
static void shrink(const bwi_ball *box, const float *restrict clean, const float *restrict slope, float rate,
                   float beta, float *restrict x) {
  const float lower = box->lower, upper = box->upper, width = upper - lower;
  for (uint64_t j = 0; j < box->d; j++) {
    const float down = rate * (2 * (x[j] - clean[j]) + width * width * slope[j]);
    const float change = x[j] - down - clean[j], size = fabsf(change) - beta * width;
    const float y = clean[j] + copysignf(size > 0 ? size : 0, change);
    const float above = y > lower ? y : lower;
    x[j] = above < upper ? above : upper;
  }
}

/* x is the iterate number k, from 1: the next gradient is taken ahead of it. */
static void look_ahead(bwi_batch *batch, uint64_t i, uint32_t k) {
  const uint64_t d = batch->ball.d;
  const float *restrict x = batch->x + i * d;
  float *restrict before = bwi_batch_row(batch, i, BEFORE), *restrict ahead = bwi_batch_row(batch, i, AHEAD);
  const float momentum = (float)((double)(k - 1) / ((double)k + 2));
  for (uint64_t j = 0; j < d; j++) {
    ahead[j] = x[j] + momentum * (x[j] - before[j]);
    before[j] = x[j];
  }
}

static void descend(const bwi_tradeoff_plan *plan, float beta, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const bwi_tradeoff *own = bwi_batch_note(batch, i);
  const double rate = plan->rate * sqrt(1 - (double)own->n_steps / plan->n_steps);
  shrink(&batch->ball, batch->subjects[i].clean, batch->slope + i * d, (float)rate, beta, batch->x + i * d);
  look_ahead(batch, i, own->n_steps + 1);
}

/* Whether sample i, whose logits are those of its iterate, has more to do. */
static bool advance(const bwi_tradeoff_plan *plan, double beta, bwi_batch *batch, uint64_t i) {
  const bwi_subject *s = &batch->subjects[i];
  bwi_tradeoff *own = bwi_batch_note(batch, i);
  const float *logits = batch->logits + i * batch->n_classes;
  const double distance = elastic(batch, beta, batch->x + i * batch->ball.d, s->clean),
               lack = fmax(batch->confidence - bwi_margin(s, batch->n_classes, logits), 0);
  own->found |= bwi_is_wanted(batch, s, logits);
  if (!bwi_tradeoff_ends(plan, own, distance + own->c * lack)) return true;
  if (!bwi_tradeoff_next(plan, own)) return false;
  start_descent(batch, i);
  return true;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const size_t row_bytes = batch->ball.d * sizeof(float);
  const double beta = bwi_attack_value(batch->attack, "beta", 1e-3);
  const bwi_tradeoff_plan plan = bwi_tradeoff_begin(batch);
  for (uint64_t i = 0; i < batch->n; i++) start_descent(batch, i);
  while (batch->n > 0) {
    for (uint64_t i = 0; i < batch->n; i++)
      memcpy(batch->x + i * batch->ball.d, bwi_batch_row(batch, i, AHEAD), row_bytes);
    batch->probes = true;
    BW_TRY(bwi_batch_gradient_of(batch, bwi_tradeoff_loss, err));
    batch->probes = false;
    for (uint64_t i = 0; i < batch->n; i++) descend(&plan, (float)beta, batch, i);
    BW_TRY(bwi_batch_logits(batch, err));
    for (uint64_t i = batch->n; i-- > 0;)
      if (!advance(&plan, beta, batch, i)) bwi_batch_drop(batch, i);
  }
  return BW_OK;
}

static const char *const rules[] = {"en", "l1", NULL};

static const bw_option_info options[] = {
    BWI_STEPS(1000),
    BWI_SEARCHES(9),
    BWI_FIRST_C(1e-3),
    {"beta", "weight of L1 against the square of L2", NULL, BW_OPTION_REAL, 0, 1e3, 1e-3, NULL},
    {"rule", "which success is the nearest: by the elastic net, or by L1 alone", NULL, BW_OPTION_CHOICE, 0, 1,
     RULE_ELASTIC, rules},
    BWI_RATE("length of the first step; it falls to 0 as a square root", 0.01),
    BWI_CONFIDENCE,
    BWI_ABORT_EARLY,
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_ead = {
    .info = {.name = "ead",
             .title = "Elastic-net attack",
             .summary =
                 "Descends L1, L2 and logit margin together, which leaves most coordinates alone; seeks "
                 "the nearest success.",
             .paper = "Chen, Sharma, Zhang, Yi, Hsieh 2018, EAD: elastic-net attacks to deep neural networks "
                      "via adversarial examples",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L1),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 33,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(bwi_tradeoff),
    .derive = bwi_stops_with_budget,
    .measure = measure,
    .run = run,
};
