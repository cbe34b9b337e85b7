/* SPDX-License-Identifier: Apache-2.0 */
/* A random walk along the boundary: each step draws a direction orthogonal to that of the clean sample, moves
 * on the sphere around it, and then towards it; what is still a success and nearer is kept. The lengths of
 * both moves adapt to how often they succeed, as in Foolbox: every tenth step the move on the sphere is asked
 * about, too; more than half of them right means that the boundary looks flat and longer steps pay. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/decision.h"
#include "attack/start.h"

enum { NEAREST, N_ROWS };

/* The latest answers about one kind of move. */
enum { N_SPHERE = 100, N_STEP = 30 };
typedef struct record {
  uint8_t answers[N_SPHERE];
  uint32_t n, n_successes; /* so far */
} record;

typedef enum phase { START, SEARCH, SPHERE, STEP } phase;

typedef struct note {
  phase phase;
  uint32_t n_drawn; /* of random numbers */
  uint32_t step;    /* from 1 */
  bwi_bracket bracket;
  double distance;              /* of the nearest success */
  double sphere_step, approach; /* lengths of the two moves, as shares of it */
  record sphere, steps;
  bool sphere_succeeded;
} note;

typedef struct settings {
  uint32_t n_starts, n_steps;
  double sphere_step, approach, least_approach, adaptation;
} settings;

enum { ASK_EVERY = 10 }; /* steps */

/* ---- lengths of the moves ---- */

static void note_answer(record *r, uint32_t capacity, bool was_success) {
  uint8_t *slot = &r->answers[r->n % capacity];
  if (r->n >= capacity) r->n_successes -= *slot;
  *slot = was_success;
  r->n_successes += was_success;
  r->n++;
}

/* What to multiply a length by, and whether there are enough answers to say so; a change begins anew. */
static double verdict(record *r, uint32_t capacity, double least, double most, double adaptation) {
  const double share = (double)r->n_successes / capacity;
  if (r->n < capacity || (share >= least && share <= most)) return 1;
  memset(r, 0, sizeof *r);
  return share > most ? adaptation : 1 / adaptation;
}

static void adapt(note *own, bool step_succeeded, const settings *how) {
  note_answer(&own->sphere, N_SPHERE, own->sphere_succeeded);
  note_answer(&own->steps, N_STEP, step_succeeded);
  const double by_sphere = verdict(&own->sphere, N_SPHERE, 0.2, 0.5, how->adaptation);
  own->sphere_step *= by_sphere;
  own->approach *= by_sphere * verdict(&own->steps, N_STEP, 0.1, 0.25, how->adaptation);
}

/* ---- moves ---- */

static double dot(uint64_t d, const float *a, const float *b, const float *c) {
  double sum = 0;
  for (uint64_t j = 0; j < d; j++) sum += (double)a[j] * ((double)b[j] - (double)c[j]);
  return sum;
}

/* To x: from the nearest success on the sphere, and if `approaches` on towards the clean sample. */
static void write_move(bwi_batch *batch, uint64_t i, const note *own, bool approaches) {
  const bwi_ball *ball = &batch->ball;
  const uint64_t d = ball->d;
  const bwi_subject *s = &batch->subjects[i];
  const float *nearest = bwi_batch_row(batch, i, NEAREST), *clean = s->clean;
  float *x = batch->x + i * d, *noise = batch->scratch;
  bwi_rng_normal(noise, d, s->key, own->n_drawn);
  const double distance = own->distance, along = dot(d, noise, nearest, clean) / distance,
               length = bwi_length(BW_L2, d, noise),
               across = sqrt(fmax(length * length - along * along, 1e-30));
  const double shrink = 1 / sqrt(1 + own->sphere_step * own->sphere_step);
  /* noise less its part along the way, made sphere_step * distance long; back on the sphere by Pythagoras */
  const float weight = (float)(shrink * own->sphere_step * distance / across),
              radial = (float)(shrink * (1 - own->sphere_step * along / across));
  const float lower = ball->lower, upper = ball->upper;
  for (uint64_t j = 0; j < d; j++) {
    const float z = clean[j] + radial * (nearest[j] - clean[j]) + weight * noise[j];
    x[j] = z < lower ? lower : z > upper ? upper : z;
  }
  if (!approaches) return;
  /* What the box cut off the sphere counts as part of the approach. */
  const double reached = bwi_distance(BW_L2, d, x, clean), wanted = (1 - own->approach) * distance;
  const float kept = (float)(wanted < reached ? wanted / reached : 1);
  for (uint64_t j = 0; j < d; j++) x[j] = clean[j] + kept * (x[j] - clean[j]);
}

/* ---- answers ---- */

static bool begin_step(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  if (own->step == how->n_steps || own->approach < how->least_approach || own->distance == 0) return false;
  own->step++;
  own->n_drawn++;
  own->phase = own->step % ASK_EVERY == 0 ? SPHERE : STEP;
  write_move(batch, i, own, own->phase == STEP);
  return true;
}

static void keep(bwi_batch *batch, uint64_t i, note *own, double distance) {
  const uint64_t d = batch->ball.d;
  memcpy(bwi_batch_row(batch, i, NEAREST), batch->x + i * d, d * sizeof(float));
  own->distance = distance;
}

static double distance_of(const bwi_batch *batch, uint64_t i) {
  return bwi_distance(BW_L2, batch->ball.d, batch->x + i * batch->ball.d, batch->subjects[i].clean);
}

static bool search(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  const double share = b->n_left > 0 ? bwi_bracket_middle(b) : b->high;
  bwi_approach(&batch->ball, batch->subjects[i].clean, bwi_batch_row(batch, i, NEAREST), share,
               batch->x + i * batch->ball.d);
  if (b->n_left > 0) return true;
  keep(batch, i, own, distance_of(batch, i));
  own->sphere_step = how->sphere_step;
  own->approach = how->approach;
  return begin_step(batch, i, own, how);
}

static bool start(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (was_success) {
    keep(batch, i, own, 0);
    own->bracket = bwi_bracket_of(0, 1, 0.001);
    own->phase = SEARCH;
    return search(batch, i, own, how);
  }
  if (own->n_drawn == how->n_starts) return false;
  bwi_write_start(batch, i, own->n_drawn++);
  return true;
}

static bool take_sphere(bwi_batch *batch, uint64_t i, bool was_success, note *own) {
  own->sphere_succeeded = was_success;
  own->phase = STEP;
  write_move(batch, i, own, true);
  return true;
}

static bool take_step(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  const double distance = distance_of(batch, i);
  if (was_success && distance < own->distance) keep(batch, i, own, distance);
  if (own->step % ASK_EVERY == 0) adapt(own, was_success, how);
  return begin_step(batch, i, own, how);
}

static bool ask(bwi_batch *batch, uint64_t i, bool was_success, const void *payload) {
  const settings *how = payload;
  note *own = bwi_batch_note(batch, i);
  switch (own->phase) {
    case START: return start(batch, i, was_success, own, how);
    case SEARCH: bwi_bracket_halve(&own->bracket, was_success); return search(batch, i, own, how);
    case SPHERE: return take_sphere(batch, i, was_success, own);
    case STEP: break;
  }
  return take_step(batch, i, was_success, own, how);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const settings how = {
      .n_starts = (uint32_t)bwi_attack_value(attack, "starts", 100),
      .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 25000),
      .sphere_step = bwi_attack_value(attack, "spherical_step", 0.01),
      .approach = bwi_attack_value(attack, "source_step", 0.01),
      .least_approach = bwi_attack_value(attack, "convergence", 1e-7),
      .adaptation = bwi_attack_value(attack, "adaptation", 1.5),
  };
  return bwi_decide(batch, ask, &how, err);
}

static const bw_option_info options[] = {
    {"steps", "steps of the walk", NULL, BW_OPTION_INTEGER, 1, 10000000, 25000, NULL},
    {"spherical_step", "first length of the move on the sphere, as a share of the distance", NULL,
     BW_OPTION_REAL, 1e-9, 1, 0.01, NULL},
    {"source_step", "first length of the move towards the sample, as a share of the distance", NULL,
     BW_OPTION_REAL, 1e-9, 1, 0.01, NULL},
    {"convergence", "length of the move towards the sample at which the walk ends", NULL, BW_OPTION_REAL, 0,
     1, 1e-7, NULL},
    {"adaptation", "factor by which lengths change", NULL, BW_OPTION_REAL, 1, 100, 1.5, NULL},
    BWI_QUERIES(30000),
    BWI_STARTS(100),
    BWI_RESTARTS("walks from other first points"),
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_boundary = {
    .info = {.name = "boundary",
             .title = "Boundary attack",
             .summary = "Random walk along the boundary towards the sample; sees the label only.",
             .paper = "Brendel, Rauber, Bethge 2018, Decision-based adversarial attacks: reliable attacks "
                      "against black-box machine learning models",
             .access = BW_ACCESS_LABEL,
             .norms = BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 61,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
