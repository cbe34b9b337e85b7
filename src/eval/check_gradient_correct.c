/* SPDX-License-Identifier: Apache-2.0 */
/* Check 6: directional derivatives against central differences. The margin to a fixed rival class is
 * piecewise linear in most networks, so that its difference over a short step is exact but for two things:
 * - kinks inside the step, which vanish with it, and ties of a max-pooling on a constant background, which do
 * not: noise of a hundredth of the domain breaks them;
 * - the rounding of float32, which grows as the step shrinks.
 * So several steps are tried, each compared with the gradient over the difference of the two points as they
 * were rounded, and the best one counts. Along the gradient itself a wrong length shows; along random
 * directions also what is missing from it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/check.h"
#include "eval/sort.h"

enum { N_SAMPLES = 100, N_DIRECTIONS = 4, N_STEPS = 4, N_POINTS = 2 * N_DIRECTIONS * N_STEPS };
static const double tie_breaking = 1e-2;                       /* of the width of the domain */
static const double steps[N_STEPS] = {3e-3, 1e-3, 3e-4, 1e-4}; /* mean coordinate of a step, of the width */
static const double most_median = 0.1, most_late = 0.5, late_share = 0.9; /* of the relative errors */
static const uint32_t check_stream = 0xFFFE0000;                          /* no attack has it */

typedef struct probe {
  const bw_evaluation *e;
  const bwi_crew *crew;
  const uint64_t *chosen;
  float *errors; /* (n chosen, N_DIRECTIONS) */
} probe;

typedef struct margin_call {
  uint32_t n_classes, label, rival;
} margin_call;

static void write_cotangent(void *payload, uint64_t first, uint64_t n, const float *logits,
                            float *cotangent) {
  (void)first, (void)n; /* one sample a call */
  margin_call *m = payload;
  m->rival = m->label == 0 ? 1 : 0;
  for (uint32_t c = m->rival + 1; c < m->n_classes; c++)
    if (c != m->label && logits[c] > logits[m->rival]) m->rival = c;
  memset(cotangent, 0, m->n_classes * sizeof *cotangent);
  cotangent[m->rival] = 1;
  cotangent[m->label] = -1;
}

/* Moves the sample inward by the size of the noise and adds it. */
static void break_ties(const bw_evaluation *e, const float *clean, bwi_rng_key key, uint64_t d, float *x) {
  const float size = (float)(tie_breaking * ((double)e->upper - (double)e->lower));
  bwi_rng_uniform(x, d, key, 0, -size, size);
  for (uint64_t j = 0; j < d; j++) x[j] += fminf(fmaxf(clean[j], e->lower + size), e->upper - size);
}

/* Direction 0 is the gradient's, the others are random; each has length sqrt(d). */
static void choose_direction(uint64_t k, const float *gradient, bwi_rng_key key, uint64_t d,
                             float *direction) {
  if (k == 0)
    memcpy(direction, gradient, d * sizeof *direction);
  else
    bwi_rng_normal(direction, d, key, (uint32_t)k);
  double square = 0;
  for (uint64_t j = 0; j < d; j++) square += (double)direction[j] * (double)direction[j];
  const double scale = square > 0 ? sqrt((double)d / square) : 0;
  for (uint64_t j = 0; j < d; j++) direction[j] = (float)(scale * (double)direction[j]);
}

/* Points 2 s and 2 s + 1 lie a step s on both sides of x. */
static void place_points(const bw_evaluation *e, const float *x, const float *direction, uint64_t d,
                         float *points) {
  for (uint64_t s = 0; s < N_STEPS; s++) {
    const float step = (float)(steps[s] * ((double)e->upper - (double)e->lower));
    for (uint64_t j = 0; j < d; j++) {
      points[2 * s * d + j] = x[j] + step * direction[j];
      points[(2 * s + 1) * d + j] = x[j] - step * direction[j];
    }
  }
}

/* |a - b| over their mean size: 0 if both are below what rounding lets one see, 2 at most. */
static double relative_error(double expected, double found, double rounding) {
  if (!isfinite(expected) || !isfinite(found)) return 2;
  if (fabs(expected) < rounding && fabs(found) < rounding) return 0;
  return 2 * fabs(expected - found) / (fabs(expected) + fabs(found));
}

static double best_error(const margin_call *m, const float *gradient, const float *points,
                         const float *logits, uint64_t d) {
  double best = 2;
  for (uint64_t s = 0; s < N_STEPS; s++) {
    const float *above = points + 2 * s * d, *below = above + d;
    const float *za = logits + 2 * s * m->n_classes, *zb = za + m->n_classes;
    const double found =
        ((double)za[m->rival] - (double)za[m->label]) - ((double)zb[m->rival] - (double)zb[m->label]);
    double expected = 0;
    for (uint64_t j = 0; j < d; j++) expected += (double)gradient[j] * ((double)above[j] - (double)below[j]);
    const double rounding = 0x1p-22 * (fabs((double)za[m->rival]) + fabs((double)za[m->label]));
    const double error = relative_error(expected, found, rounding);
    if (error < best) best = error;
  }
  return best;
}

static bw_status probe_sample(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                              bw_error *err) {
  (void)count; /* one at a time */
  const probe *p = payload;
  const uint64_t d = (uint64_t)p->crew->model->d, i = p->chosen[first];
  const uint32_t classes = p->crew->model->n_classes;
  const bwi_rng_key key = {
      .seed = p->e->seed, .sample = (uint32_t)bw_dataset_origin(p->e->dataset, i), .stream = check_stream};
  margin_call m = {.n_classes = classes, .label = (uint32_t)bw_dataset_label(p->e->dataset, i)};
  float *points = bwi_alloc(N_POINTS * d, sizeof *points),
        *logits = bwi_alloc(N_POINTS, classes * sizeof *logits);
  bw_status status = BW_OK;
  if (points == NULL || logits == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to compare gradients with differences");
    goto out;
  }
  break_ties(p->e, bw_dataset_sample(p->e->dataset, i), key, d, worker->x);
  status = bwi_session_gradient(worker->session, 1, worker->x, write_cotangent, &m, worker->logits,
                                worker->slope, err);
  if (status != BW_OK) goto out;
  for (uint64_t k = 0; k < N_DIRECTIONS; k++) {
    choose_direction(k, worker->slope, key, d, worker->scratch);
    place_points(p->e, worker->x, worker->scratch, d, points + 2 * k * N_STEPS * d);
  }
  status = bwi_session_logits(worker->session, N_POINTS, points, BWI_PASS_DIRECT, logits, err);
  for (uint64_t k = 0; k < N_DIRECTIONS && status == BW_OK; k++) {
    const uint64_t at = 2 * k * N_STEPS;
    p->errors[first * N_DIRECTIONS + k] =
        (float)best_error(&m, worker->slope, points + at * d, logits + at * classes, d);
  }
out:
  bwi_free(logits);
  bwi_free(points);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  if (call->crew->model->access < BW_ACCESS_GRADIENT || e->n_model_classes < 2) {
    bwi_check_skip(call, "the model gives no gradients, or has one class");
    return BW_OK;
  }
  if (call->crew->model->approximates) {
    bwi_check_skip(call, "the gradients are approximations on purpose");
    return BW_OK;
  }
  uint64_t *chosen = NULL, n = 0;
  BW_TRY(bwi_pick(&chosen, &n, e, N_SAMPLES, NULL, NULL, err));
  probe p = {
      .e = e, .crew = call->crew, .chosen = chosen, .errors = bwi_alloc(n, N_DIRECTIONS * sizeof(float))};
  bw_status status =
      p.errors != NULL ? BW_OK : BW_FAIL(err, BW_ENOMEM, "no memory to compare gradients with differences");
  if (status == BW_OK) status = bwi_crew_run(call->crew, n, 1, probe_sample, &p, err);
  if (status == BW_OK && n == 0) bwi_check_skip(call, "no sample is classified right");
  if (status == BW_OK && n > 0) {
    const uint64_t n_errors = n * N_DIRECTIONS;
    bwi_sort(p.errors, n_errors);
    const double median = (double)p.errors[n_errors / 2],
                 late = (double)p.errors[(uint64_t)(late_share * (double)n_errors)];
    bwi_buffer_format(&call->finding,
                      "relative error of %" PRIu64
                      " directional derivatives: median %.2g, 90th percentile %.2g",
                      n_errors, median, late);
    if (!(median < most_median) || !(late < most_late)) bwi_check_fail(call);
  }
  bwi_free(p.errors);
  bwi_free(chosen);
  return status;
}

const bwi_check bwi_check_gradient_correct = {
    .number = 6,
    .name = "gradient-correct",
    .rule =
        "directional derivatives of 100 samples, ties broken, agree with central differences: median error "
        "below 10 %, 90th percentile below 50 %",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
