/* SPDX-License-Identifier: Apache-2.0 */
/* From a point on the boundary: random probes around it say which way wrong answers lie (equation 16 of the
 * paper), a step goes that way, and a binary search towards the clean sample ends on the boundary again. As
 * in the authors' code, except that the size of the probes follows from the distance of the point that is
 * probed; there, from that of the point before the search (fidelity=reference). */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/decision.h"
#include "attack/start.h"

enum { POINT, FOR, AGAINST, N_ROWS }; /* success last found; sums of the probes that are, and are not, one */

typedef enum phase { START, SEARCH, PROBE, STEP } phase;

typedef struct note {
  phase phase;
  uint32_t n_drawn; /* of random numbers */
  bwi_bracket bracket;
  double distance, distance_before; /* of the point on the boundary; of where the search for it began */
  uint32_t iteration;               /* from 1 */
  uint32_t n_probes, n_answers, n_for;
  double step;
} note;

typedef struct settings {
  uint32_t n_starts, n_iterations;
  double first_probes, most_probes;
  double theta; /* length to which the way is halved, as a share of it */
  bool is_faithful;
} settings;

/* ---- probes ---- */

static void write_probe(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_ball *ball = &batch->ball;
  const bwi_rng_key key = batch->subjects[i].key;
  float *noise = batch->scratch;
  const double d = (double)ball->d, width = (double)ball->upper - (double)ball->lower,
               distance = how->is_faithful ? own->distance_before : own->distance;
  const double size =
      own->iteration == 1 ? 0.1 * width : how->theta * distance * (ball->norm == BW_LINF ? d : sqrt(d));
  if (ball->norm == BW_LINF)
    bwi_rng_uniform(noise, ball->d, key, own->n_drawn++, -1, 1);
  else
    bwi_rng_normal(noise, ball->d, key, own->n_drawn++);
  bwi_walk(ball, bwi_batch_row(batch, i, POINT), noise, size / bwi_length(BW_L2, ball->d, noise),
           batch->x + i * ball->d);
}

/* On the boundary, in x. */
static bool begin_probes(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *x = batch->x + i * d;
  if (own->iteration == how->n_iterations) return false;
  own->iteration++;
  own->distance = bwi_distance(batch->ball.norm, d, x, batch->subjects[i].clean);
  own->n_probes = (uint32_t)fmin(how->first_probes * sqrt(own->iteration), how->most_probes);
  own->n_answers = own->n_for = 0;
  own->phase = PROBE;
  memcpy(bwi_batch_row(batch, i, POINT), x, d * sizeof *x);
  memset(bwi_batch_row(batch, i, FOR), 0, d * sizeof *x);
  memset(bwi_batch_row(batch, i, AGAINST), 0, d * sizeof *x);
  write_probe(batch, i, own, how);
  return true;
}

static void add_difference(uint64_t d, const float *restrict a, const float *restrict b,
                           float *restrict sum) {
  for (uint64_t j = 0; j < d; j++) sum[j] += a[j] - b[j];
}

/* The sum of the probes, each times its answer, 1 or -1, less the mean answer, unless all are the same; in
 * row FOR, of length 1, or in Linf its signs. */
static void estimate(bwi_batch *batch, uint64_t i, const note *own) {
  const uint64_t d = batch->ball.d;
  float *direction = bwi_batch_row(batch, i, FOR);
  const float *against = bwi_batch_row(batch, i, AGAINST);
  const bool is_mixed = own->n_for > 0 && own->n_for < own->n_probes;
  const float share = (float)own->n_for / (float)own->n_probes, weight = is_mixed ? 1 - share : 1,
              other_weight = is_mixed ? share : 1;
  for (uint64_t j = 0; j < d; j++) direction[j] = weight * direction[j] - other_weight * against[j];
  const float scale = 1 / (float)fmax(bwi_length(BW_L2, d, direction), 1e-30);
  for (uint64_t j = 0; j < d; j++)
    direction[j] =
        batch->ball.norm == BW_LINF ? (float)((direction[j] > 0) - (direction[j] < 0)) : scale * direction[j];
}

/* ---- the way from one point of the boundary to the next ---- */

static void write_step(bwi_batch *batch, uint64_t i, const note *own) {
  bwi_walk(&batch->ball, bwi_batch_row(batch, i, POINT), bwi_batch_row(batch, i, FOR), own->step,
           batch->x + i * batch->ball.d);
}

static bool search(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  const double share = b->n_left > 0 ? bwi_bracket_middle(b) : b->high;
  bwi_approach(&batch->ball, batch->subjects[i].clean, bwi_batch_row(batch, i, POINT), share,
               batch->x + i * batch->ball.d);
  return b->n_left > 0 || begin_probes(batch, i, own, how);
}

/* From the success in x. */
static bool begin_search(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *x = batch->x + i * d;
  own->distance_before = bwi_distance(batch->ball.norm, d, x, batch->subjects[i].clean);
  own->bracket = bwi_bracket_of(0, 1, how->theta);
  own->phase = SEARCH;
  memcpy(bwi_batch_row(batch, i, POINT), x, d * sizeof *x);
  return search(batch, i, own, how);
}

/* ---- answers ---- */

static bool start(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (was_success) return begin_search(batch, i, own, how);
  if (own->n_drawn == how->n_starts) return false;
  bwi_write_start(batch, i, own->n_drawn++);
  return true;
}

static bool take_probe(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  add_difference(batch->ball.d, batch->x + i * batch->ball.d, bwi_batch_row(batch, i, POINT),
                 bwi_batch_row(batch, i, was_success ? FOR : AGAINST));
  own->n_for += was_success;
  if (++own->n_answers < own->n_probes) {
    write_probe(batch, i, own, how);
    return true;
  }
  estimate(batch, i, own);
  own->step = own->distance / sqrt(own->iteration);
  own->phase = STEP;
  write_step(batch, i, own);
  return true;
}

/* Steps become shorter until one is a success; one that is too short to move stays at a success. */
static bool take_step(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (was_success) return begin_search(batch, i, own, how);
  own->step /= 2;
  write_step(batch, i, own);
  return true;
}

static bool ask(bwi_batch *batch, uint64_t i, bool was_success, const void *payload) {
  const settings *how = payload;
  note *own = bwi_batch_note(batch, i);
  switch (own->phase) {
    case START: return start(batch, i, was_success, own, how);
    case SEARCH: bwi_bracket_halve(&own->bracket, was_success); return search(batch, i, own, how);
    case PROBE: return take_probe(batch, i, was_success, own, how);
    case STEP: break;
  }
  return take_step(batch, i, was_success, own, how);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const double d = (double)batch->ball.d;
  const settings how = {
      .n_starts = (uint32_t)bwi_attack_value(attack, "starts", 100),
      .n_iterations = (uint32_t)bwi_attack_value(attack, "steps", 40),
      .first_probes = bwi_attack_value(attack, "init_evals", 100),
      .most_probes = bwi_attack_value(attack, "max_evals", 10000),
      .theta = bwi_attack_value(attack, "gamma", 1) / (batch->ball.norm == BW_LINF ? d * d : d * sqrt(d)),
      .is_faithful = bwi_attack_is_faithful(attack),
  };
  return bwi_decide(batch, ask, &how, err);
}

static const bw_option_info options[] = {
    {"steps", "estimates of the boundary's direction", NULL, BW_OPTION_INTEGER, 1, 100000, 40, NULL},
    {"init_evals", "probes of the first estimate; number t has root t times as many", NULL, BW_OPTION_INTEGER,
     1, 1000000, 100, NULL},
    {"max_evals", "greatest number of probes of an estimate", NULL, BW_OPTION_INTEGER, 1, 1000000, 10000,
     NULL},
    {"gamma",
     "length at which a search for the boundary ends, as a share of the way, times d^1.5 in L2, d^2 in Linf",
     NULL, BW_OPTION_REAL, 1e-6, 1e6, 1, NULL},
    BWI_QUERIES(25000),
    BWI_STARTS(100),
    BWI_RESTARTS("first points searched from"),
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_hopskipjump = {
    .info = {.name = "hopskipjump",
             .title = "HopSkipJump",
             .summary = "Follows the boundary by what random probes around a point of it are answered; sees "
                        "the label only.",
             .paper = "Chen, Jordan, Wainwright 2020, HopSkipJumpAttack: a query-efficient decision-based "
                      "attack",
             .access = BW_ACCESS_LABEL,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 60,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
