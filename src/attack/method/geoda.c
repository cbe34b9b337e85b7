/* SPDX-License-Identifier: Apache-2.0 */
/* The boundary is taken for a hyperplane through a point of it, whose normal random probes estimate; the
 * nearest point of the hyperplane in the attack's norm and inside the box is on the way to the next point of
 * the boundary. Probes of pictures are smooth: sums of the lowest frequencies of the discrete cosine
 * transform. Later estimates get more of the queries, and all of them add up. The authors' code steps along
 * the normal (its signs in Linf) and clips; here the step is the least one of the norm, so that L1 is one. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/boundary.h"
#include "attack/decision.h"
#include "attack/start.h"

enum {
  POINT,
  NORMAL,
  LATEST,
  WAVES,
  N_ROWS
}; /* on the boundary; sums of probes, all and latest; in passing */

typedef enum phase { START, SEARCH, PROBE, REACH, RETURN } phase;

typedef struct note {
  phase phase;
  uint32_t n_drawn, iteration, n_probes, n_answers, n_reaches;
  bwi_bracket bracket; /* of shares of the way, then of rises along the normal */
} note;

typedef struct settings {
  uint32_t n_starts, n_iterations, subspace;
  double first_probes, growth; /* of an estimate; factor from one to the next */
  double sigma, tolerance;
} settings;

/* ---- random waves ---- */

/* The sum over k of a[k * stride] cos(k angle), by Clenshaw's recurrence. */
static float cosine_sum(uint64_t n, const float *a, uint64_t stride, float cosine) {
  float next = 0, after = 0;
  for (uint64_t k = n - 1; k > 0; k--) {
    const float own = a[k * stride] + 2 * cosine * next - after;
    after = next;
    next = own;
  }
  return a[0] + cosine * next - after;
}

static float cosine_at(uint64_t place, uint64_t n) {
  return (float)cos(3.14159265358979323846 * ((double)place + 0.5) / (double)n);
}

/* Makes n coefficients those of the orthonormal transform of a line of `length` places. */
static void normalise(uint64_t n, float *a, uint64_t stride, uint64_t length) {
  for (uint64_t k = 0; k < n; k++) a[k * stride] *= (float)sqrt((k > 0 ? 2.0 : 1.0) / (double)length);
}

/* One channel of a picture from n_down by n_along coefficients, which are lost. lines: n_down * width. */
static void synthesise(const bwi_layout *l, uint64_t n_down, uint64_t n_along, float *coefficients,
                       float *lines, float *channel) {
  for (uint64_t v = 0; v < n_down; v++) normalise(n_along, coefficients + v * n_along, 1, l->width);
  for (uint64_t column = 0; column < l->width; column++) {
    const float cosine = cosine_at(column, l->width);
    for (uint64_t v = 0; v < n_down; v++)
      lines[v * l->width + column] = cosine_sum(n_along, coefficients + v * n_along, 1, cosine);
    normalise(n_down, lines + column, l->width, l->height);
  }
  for (uint64_t row = 0; row < l->height; row++) {
    const float cosine = cosine_at(row, l->height);
    for (uint64_t column = 0; column < l->width; column++)
      channel[row * l->row_step + column * l->column_step] =
          cosine_sum(n_down, lines + column, l->width, cosine);
  }
}

static uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* To x: the point on the boundary and a random wave. */
static void write_probe(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_ball *ball = &batch->ball;
  const bwi_layout *l = &batch->layout;
  const uint64_t n_down = least(how->subspace, l->height), n_along = least(how->subspace, l->width);
  float *coefficients = batch->scratch, *x = batch->x + i * ball->d, *waves = bwi_batch_row(batch, i, WAVES);
  const uint64_t n = how->subspace > 0 ? n_down * n_along * l->channels : ball->d;
  bwi_rng_normal(coefficients, n, batch->subjects[i].key, own->n_drawn++);
  for (uint64_t c = 0; c < l->channels && how->subspace > 0; c++)
    synthesise(l, n_down, n_along, coefficients + c * n_down * n_along, x, waves + c * l->channel_step);
  const double size = how->sigma * ((double)ball->upper - (double)ball->lower);
  bwi_walk(ball, bwi_batch_row(batch, i, POINT), how->subspace > 0 ? waves : coefficients, size, x);
}

/* On the boundary, in row POINT. */
static bool begin_probes(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  if (own->iteration == how->n_iterations) return false;
  own->n_probes = (uint32_t)fmax(1, round(how->first_probes * pow(how->growth, own->iteration)));
  own->iteration++;
  own->n_answers = 0;
  own->phase = PROBE;
  memset(bwi_batch_row(batch, i, LATEST), 0, batch->ball.d * sizeof(float));
  write_probe(batch, i, own, how);
  return true;
}

/* ---- the way back to the boundary ---- */

/* To x: the nearest point to the clean sample that is so much higher along the normal. */
static void write_rise(bwi_batch *batch, uint64_t i, double rise) {
  const float *clean = batch->subjects[i].clean;
  bwi_boundary_step(&batch->ball, clean, bwi_batch_row(batch, i, NORMAL), rise, batch->scratch);
  bwi_walk(&batch->ball, clean, batch->scratch, 1, batch->x + i * batch->ball.d);
}

static void keep_point(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  memcpy(bwi_batch_row(batch, i, POINT), batch->x + i * d, d * sizeof(float));
}

static bool begin_reach(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *point = bwi_batch_row(batch, i, POINT), *latest = bwi_batch_row(batch, i, LATEST),
              *clean = batch->subjects[i].clean;
  float *normal = bwi_batch_row(batch, i, NORMAL);
  const float weight = 1 / (float)own->n_probes;
  double rise = 0;
  for (uint64_t j = 0; j < d; j++) {
    normal[j] += weight * latest[j];
    rise += (double)normal[j] * ((double)point[j] - (double)clean[j]);
  }
  if (!(rise > 0)) return begin_probes(batch, i, own, how); /* the estimate points the wrong way */
  own->bracket = (bwi_bracket){.high = rise};
  own->n_reaches = 0;
  own->phase = REACH;
  write_rise(batch, i, rise);
  return true;
}

static bool go_back(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  own->phase = RETURN;
  write_rise(batch, i, b->n_left > 0 ? bwi_bracket_middle(b) : b->high);
  if (b->n_left > 0) return true;
  keep_point(batch, i);
  return begin_probes(batch, i, own, how);
}

enum { MOST_REACHES = 20 }; /* beyond the hyperplane; then the point stays */

static bool take_reach(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  bwi_bracket *b = &own->bracket;
  if (was_success) {
    *b = bwi_bracket_of(b->low, b->high, how->tolerance * b->high);
    return go_back(batch, i, own, how);
  }
  if (++own->n_reaches == MOST_REACHES) return begin_probes(batch, i, own, how);
  b->low = b->high;
  b->high *= 1.2;
  write_rise(batch, i, b->high);
  return true;
}

/* ---- answers ---- */

static bool search(bwi_batch *batch, uint64_t i, note *own, const settings *how) {
  const bwi_bracket *b = &own->bracket;
  own->phase = SEARCH;
  bwi_approach(&batch->ball, batch->subjects[i].clean, bwi_batch_row(batch, i, POINT),
               b->n_left > 0 ? bwi_bracket_middle(b) : b->high, batch->x + i * batch->ball.d);
  if (b->n_left > 0) return true;
  keep_point(batch, i);
  return begin_probes(batch, i, own, how);
}

static bool start(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  if (was_success) {
    keep_point(batch, i);
    own->bracket = bwi_bracket_of(0, 1, how->tolerance);
    return search(batch, i, own, how);
  }
  if (own->n_drawn == how->n_starts) return false;
  bwi_write_start(batch, i, own->n_drawn++);
  return true;
}

static bool take_probe(bwi_batch *batch, uint64_t i, bool was_success, note *own, const settings *how) {
  const uint64_t d = batch->ball.d;
  const float *x = batch->x + i * d, *point = bwi_batch_row(batch, i, POINT);
  float *latest = bwi_batch_row(batch, i, LATEST);
  const float sign = was_success ? 1 : -1;
  for (uint64_t j = 0; j < d; j++) latest[j] += sign * (x[j] - point[j]);
  if (++own->n_answers == own->n_probes) return begin_reach(batch, i, own, how);
  write_probe(batch, i, own, how);
  return true;
}

static bool ask(bwi_batch *batch, uint64_t i, bool was_success, const void *payload) {
  const settings *how = payload;
  note *own = bwi_batch_note(batch, i);
  switch (own->phase) {
    case START: break;
    case SEARCH: bwi_bracket_halve(&own->bracket, was_success); return search(batch, i, own, how);
    case PROBE: return take_probe(batch, i, was_success, own, how);
    case REACH: return take_reach(batch, i, was_success, own, how);
    case RETURN: bwi_bracket_halve(&own->bracket, was_success); return go_back(batch, i, own, how);
  }
  return start(batch, i, was_success, own, how);
}

enum { SEARCH_QUERIES = 25, FIRST_PROBES = 80 }; /* of an estimate: for the way back; most of the first */

/* As many estimates as leave the first one at most FIRST_PROBES, each with `growth` times as many as the one
 * before: optimal for errors that shrink by lambda from one to the next. */
static void share_out(settings *how, double n_queries, double lambda) {
  double sum = 1;
  how->growth = pow(lambda, -2.0 / 3);
  for (how->n_iterations = 1; n_queries / sum > FIRST_PROBES; how->n_iterations++)
    sum += pow(how->growth, how->n_iterations);
  how->first_probes = fmax(n_queries - SEARCH_QUERIES * (double)how->n_iterations, 1) / sum;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  settings how = {
      .n_starts = (uint32_t)bwi_attack_value(attack, "starts", 100),
      .subspace = (uint32_t)bwi_attack_value(attack, "subspace", 10),
      .sigma = bwi_attack_value(attack, "sigma", 0.0002),
      .tolerance = bwi_attack_value(attack, "tolerance", 0.00003),
  };
  share_out(&how, bwi_attack_value(attack, "queries", 4000), bwi_attack_value(attack, "lambda", 0.6));
  return bwi_decide(batch, ask, &how, err);
}

static const bw_option_info options[] = {
    BWI_QUERIES(4000),
    {"subspace", "lowest frequencies along each side of a picture that probes have; 0: any probe", NULL,
     BW_OPTION_INTEGER, 0, 100000, 10, NULL},
    {"sigma", "size of the probes, as a share of the input domain's width", NULL, BW_OPTION_REAL, 1e-6, 1,
     0.0002, NULL},
    {"lambda", "how much smaller an estimate's error is than that of the one before", NULL, BW_OPTION_REAL,
     0.1, 0.99, 0.6, NULL},
    {"tolerance", "length at which a search for the boundary ends, as a share of the way", NULL,
     BW_OPTION_REAL, 1e-9, 0.5, 0.00003, NULL},
    BWI_STARTS(100),
    BWI_RESTARTS("first points searched from"),
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_geoda = {
    .info = {.name = "geoda",
             .title = "GeoDA",
             .summary =
                 "Takes the boundary for a hyperplane, whose normal smooth random probes estimate; sees "
                 "the label only.",
             .paper = "Rahmati, Moosavi-Dezfooli, Frossard, Dai 2020, GeoDA: a geometric framework for "
                      "black-box adversarial attacks",
             .access = BW_ACCESS_LABEL,
             .norms = BWI_CONVEX_NORMS,
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 63,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
