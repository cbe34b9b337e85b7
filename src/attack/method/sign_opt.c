/* SPDX-License-Identifier: Apache-2.0 */
/* Descent on the distance to the boundary as a function of the direction: probes of directions nearby say, by
 * whether the point at the same distance is a success, only the sign of their slope; the sum of the probes
 * with these signs is where to turn. A turn is measured only if it comes nearer, which one query tells; the
 * authors' code goes on to measure how much farther it is. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/decision.h"
#include "attack/start.h"

/* Unit vectors: the direction, the nearest one of a line search, and one that is tried; and where to turn. */
enum { DIRECTION, NEAREST, TRIED, TURN, N_ROWS };

typedef enum phase {
  START,  /* a first point */
  RIVAL,  /* its direction at the distance of the nearest first point */
  FIRST,  /* the boundary in its direction */
  PROBE,  /* a direction nearby */
  TRIAL,  /* a turned direction at the nearest distance */
  SHRINK, /* and nearer and nearer */
  NARROW  /* the boundary in it */
} phase;

typedef struct note {
  phase phase;
  uint32_t n_drawn, n_starts, iteration, n_probes; /* random numbers; done so far */
  double distance, nearest; /* of the boundary in rows DIRECTION and NEAREST; 0: none */
  double noise_scale;
  double alpha, beta; /* length of a turn; tolerance, times 500 */
  bool turns_less;    /* the line search has come to shorter turns */
  uint32_t n_trials;
  bwi_bracket bracket;
} note;

typedef struct settings {
  uint32_t n_starts, n_iterations, n_probes;
  double epsilon, alpha, beta, width;
} settings;

enum { MOST_TRIALS = 15 };

static void write_at(bwi_batch *batch, uint64_t i, uint32_t row, double distance) {
  bwi_walk(&batch->ball, batch->subjects[i].clean, bwi_batch_row(batch, i, row), distance,
           batch->x + i * batch->ball.d);
}

static void scale(uint64_t d, float *v, double factor) {
  for (uint64_t j = 0; j < d; j++) v[j] *= (float)factor;
}

static void copy_row(bwi_batch *batch, uint64_t i, uint32_t from, uint32_t to) {
  memcpy(bwi_batch_row(batch, i, to), bwi_batch_row(batch, i, from), batch->ball.d * sizeof(float));
}

/* ---- probes ---- */

/* At the distance of the boundary in the direction plus epsilon times a random unit vector. */
static void write_probe(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *direction = bwi_batch_row(batch, i, DIRECTION);
  float *probe = batch->scratch, *noise = bwi_batch_row(batch, i, TRIED);
  bwi_rng_normal(noise, d, batch->subjects[i].key, own->n_drawn++);
  own->noise_scale = 1 / bwi_length(BW_L2, d, noise);
  const float epsilon = (float)(how->epsilon * own->noise_scale);
  for (uint64_t j = 0; j < d; j++) probe[j] = direction[j] + epsilon * noise[j];
  bwi_walk(&batch->ball, batch->subjects[i].clean, probe, own->distance / bwi_length(BW_L2, d, probe),
           batch->x + i * d);
}

static bool begin_probes(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  if (own->distance == 0 || own->iteration == how->n_iterations) return false;
  own->iteration++;
  own->n_probes = 0;
  own->phase = PROBE;
  memset(bwi_batch_row(batch, i, TURN), 0, batch->ball.d * sizeof(float));
  write_probe(batch, i, own, how);
  return true;
}

/* ---- the first direction: of several, the one with the nearest boundary ---- */

static bool next_start(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  if (own->n_starts == how->n_starts) return begin_probes(batch, i, own, how);
  own->phase = START;
  bwi_write_start(batch, i, own->n_starts++);
  return true;
}

static bool measure_first(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  own->phase = FIRST;
  write_at(batch, i, TRIED, bwi_bracket_middle(b));
  if (b->n_left > 0) return true;
  if (own->distance == 0 || b->high < own->distance) {
    own->distance = b->high;
    copy_row(batch, i, TRIED, DIRECTION);
  }
  return next_start(batch, i, own, how);
}

static bool take_start(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *x = batch->x + i * d, *clean = batch->subjects[i].clean;
  float *direction = bwi_batch_row(batch, i, TRIED);
  if (!was_success) return next_start(batch, i, own, how);
  const double distance = bwi_distance(BW_L2, d, x, clean);
  for (uint64_t j = 0; j < d; j++) direction[j] = x[j] - clean[j];
  scale(d, direction, 1 / distance);
  own->bracket = bwi_bracket_of(0, distance, 1e-3 * how->width);
  if (own->distance == 0 || distance <= own->distance) return measure_first(batch, i, own, how);
  own->phase = RIVAL;
  write_at(batch, i, TRIED, own->distance);
  return true;
}

static bool take_rival(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (!was_success) return next_start(batch, i, own, how);
  own->bracket = bwi_bracket_of(0, own->distance, 1e-3 * how->width);
  return measure_first(batch, i, own, how);
}

/* ---- the line search: turns twice as long while that helps, or a quarter as long until it does ---- */

static bool try_turn(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *direction = bwi_batch_row(batch, i, DIRECTION), *turn = bwi_batch_row(batch, i, TURN);
  const float length = (float)(own->alpha / how->n_probes);
  float *tried = bwi_batch_row(batch, i, TRIED);
  for (uint64_t j = 0; j < d; j++) tried[j] = direction[j] + length * turn[j];
  scale(d, tried, 1 / bwi_length(BW_L2, d, tried));
  own->phase = TRIAL;
  write_at(batch, i, TRIED, own->nearest);
  return true;
}

static bool take_probe(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *noise = bwi_batch_row(batch, i, TRIED);
  const float weight = (float)(was_success ? own->noise_scale : -own->noise_scale);
  float *turn = bwi_batch_row(batch, i, TURN);
  for (uint64_t j = 0; j < d; j++) turn[j] += weight * noise[j];
  if (++own->n_probes < how->n_probes) {
    write_probe(batch, i, own, how);
    return true;
  }
  own->nearest = own->distance;
  own->turns_less = false;
  own->n_trials = 0;
  return try_turn(batch, i, own, how);
}

/* Turns that have become too short to matter begin anew, with a finer tolerance. */
static bool end_line(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  if (own->alpha < 1e-4) {
    own->alpha = 1;
    own->beta *= 0.1;
    if (own->beta < 1e-8) return false;
  }
  if (own->nearest < own->distance) copy_row(batch, i, NEAREST, DIRECTION);
  own->distance = own->nearest;
  return begin_probes(batch, i, own, how);
}

static bool end_trial(bwi_batch *batch, uint64_t i, bool came_nearer, note *own, const settings *how) {
  own->n_trials++;
  if (own->turns_less) {
    if (came_nearer || own->n_trials == MOST_TRIALS) return end_line(batch, i, own, how);
  } else {
    own->alpha *= 2;
    if (came_nearer && own->n_trials < MOST_TRIALS) return try_turn(batch, i, own, how);
    if (own->nearest < own->distance) return end_line(batch, i, own, how);
    own->turns_less = true;
    own->n_trials = 0;
  }
  own->alpha *= 0.25;
  return try_turn(batch, i, own, how);
}

static bool shrink(bwi_batch *batch, uint64_t i, double high, note *own) {
  own->phase = SHRINK;
  own->bracket = (bwi_bracket){.low = 0.99 * high, .high = high};
  write_at(batch, i, TRIED, own->bracket.low);
  return true;
}

static bool narrow(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  own->phase = NARROW;
  write_at(batch, i, TRIED, bwi_bracket_middle(b));
  if (b->n_left > 0) return true;
  const bool came_nearer = b->high < own->nearest;
  if (came_nearer) {
    own->nearest = b->high;
    copy_row(batch, i, TRIED, NEAREST);
  }
  return end_trial(batch, i, came_nearer, own, how);
}

static bool take_shrunk(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (was_success) return shrink(batch, i, own->bracket.low, own);
  own->bracket = bwi_bracket_of(own->bracket.low, own->bracket.high, own->beta / 500 * how->width);
  return narrow(batch, i, own, how);
}

/* ---- answers ---- */

static bool ask(bwi_batch *batch, uint64_t i, bool was_success, const void *payload) {
  const settings *how = payload;
  note *own = bwi_batch_note(batch, i);
  switch (own->phase) {
    case START: break;
    case RIVAL: return take_rival(batch, i, was_success, own, how);
    case FIRST: bwi_bracket_halve(&own->bracket, was_success); return measure_first(batch, i, own, how);
    case PROBE: return take_probe(batch, i, was_success, own, how);
    case TRIAL:
      return was_success ? shrink(batch, i, own->nearest, own) : end_trial(batch, i, false, own, how);
    case SHRINK: return take_shrunk(batch, i, was_success, own, how);
    case NARROW: bwi_bracket_halve(&own->bracket, was_success); return narrow(batch, i, own, how);
  }
  return take_start(batch, i, was_success, own, how);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const settings how = {
      .n_starts = (uint32_t)bwi_attack_value(attack, "starts", 100),
      .n_iterations = (uint32_t)bwi_attack_value(attack, "steps", 1000),
      .n_probes = (uint32_t)bwi_attack_value(attack, "probes", 200),
      .epsilon = bwi_attack_value(attack, "epsilon", 0.001),
      .width = (double)batch->ball.upper - (double)batch->ball.lower,
  };
  for (uint64_t i = 0; i < batch->n; i++) {
    note *own = bwi_batch_note(batch, i);
    own->alpha = bwi_attack_value(attack, "alpha", 0.2);
    own->beta = bwi_attack_value(attack, "beta", 0.001);
    own->n_drawn = how.n_starts;
  }
  return bwi_decide(batch, ask, &how, err);
}

static const bw_option_info options[] = {
    {"steps", "turns of the direction", NULL, BW_OPTION_INTEGER, 1, 1000000, 1000, NULL},
    {"probes", "random directions asked about for a turn", NULL, BW_OPTION_INTEGER, 1, 100000, 200, NULL},
    {"epsilon", "length by which a probe changes the direction", NULL, BW_OPTION_REAL, 1e-6, 1, 0.001, NULL},
    {"alpha", "length of the first turn", NULL, BW_OPTION_REAL, 1e-3, 100, 0.2, NULL},
    {"beta", "500 times the tolerance of distances, as a share of the input domain's width", NULL,
     BW_OPTION_REAL, 1e-8, 1, 0.001, NULL},
    BWI_QUERIES(20000),
    {"starts", "first points of which the one with the nearest boundary in its direction is taken", NULL,
     BW_OPTION_INTEGER, 1, 1000000, 100, NULL},
    BWI_RESTARTS("searches from other first points"),
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_sign_opt = {
    .info = {.name = "sign-opt",
             .title = "Sign-OPT",
             .summary =
                 "Turns the direction in which the boundary is nearest by the signs of its slopes; sees "
                 "the label only.",
             .paper = "Cheng, Singh, Chen, Chen, Liu, Hsieh 2020, Sign-OPT: a query-efficient hard-label "
                      "adversarial attack",
             .access = BW_ACCESS_LABEL,
             .norms = BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 62,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
