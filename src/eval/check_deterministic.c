/* SPDX-License-Identifier: Apache-2.0 */
/* Check 3: AutoAttack's criterion (Croce and Hein 2020), on all samples instead of its first batch. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/check.h"

enum { N_PASSES = 5 };
static const double most_distance = 1e-4;

typedef struct passes {
  const bw_evaluation *e;
  const bwi_crew *crew;
  double *distances; /* (count) greatest of any two passes; infinite where predictions differ */
} passes;

/* Length of the difference of two vectors after each was brought to length 1. */
static double unit_distance(uint32_t n, const float *a, const float *b) {
  double aa = 0, bb = 0, difference = 0;
  for (uint32_t c = 0; c < n; c++) {
    aa += (double)a[c] * (double)a[c];
    bb += (double)b[c] * (double)b[c];
  }
  if (aa == 0 || bb == 0) return aa == bb ? 0 : INFINITY;
  for (uint32_t c = 0; c < n; c++) {
    const double delta = (double)a[c] / sqrt(aa) - (double)b[c] / sqrt(bb);
    difference += delta * delta;
  }
  return sqrt(difference);
}

static void compare(const passes *p, const float *logits, uint64_t first, uint64_t count) {
  const uint32_t classes = p->crew->model->n_classes;
  for (uint64_t i = 0; i < count; i++)
    for (int a = 0; a < N_PASSES; a++)
      for (int b = 0; b < a; b++) {
        const float *x = logits + ((uint64_t)a * count + i) * classes,
                    *y = logits + ((uint64_t)b * count + i) * classes;
        const double distance =
            bwi_predict(classes, x) == bwi_predict(classes, y) ? unit_distance(classes, x, y) : INFINITY;
        if (!(distance <= p->distances[first + i])) p->distances[first + i] = distance;
      }
}

static bw_status pass_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                            bw_error *err) {
  const passes *p = payload;
  const size_t d = (size_t)p->crew->model->d, classes = p->crew->model->n_classes;
  float *logits = bwi_alloc(N_PASSES * count, classes * sizeof *logits);
  if (logits == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to compare forward passes");
  for (uint64_t i = 0; i < count; i++)
    memcpy(worker->x + i * d, bw_dataset_sample(p->e->dataset, first + i), d * sizeof(float));
  bw_status status = BW_OK;
  for (uint64_t a = 0; a < N_PASSES && status == BW_OK; a++)
    status = bwi_session_logits(worker->session, count, worker->x, BWI_PASS_DIRECT,
                                logits + a * count * classes, err);
  if (status == BW_OK) compare(p, logits, first, count);
  bwi_free(logits);
  return status;
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  passes p = {.e = call->e, .crew = call->crew, .distances = bwi_alloc(call->e->count, sizeof(double))};
  if (p.distances == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to compare forward passes");
  const bw_status status = bwi_crew_run(call->crew, call->e->count, 0, pass_chunk, &p, err);
  uint64_t n_random = 0;
  double greatest = 0;
  for (uint64_t i = 0; i < call->e->count; i++) {
    n_random += !(p.distances[i] <= most_distance);
    if (p.distances[i] > greatest) greatest = p.distances[i];
  }
  bwi_free(p.distances);
  bwi_say_count(&call->finding, n_random, "sample");
  bwi_buffer_format(&call->finding, " with varying outputs; greatest distance of normalised logits %.2g",
                    greatest);
  if (n_random > 0) {
    bwi_buffer_text(&call->finding, ". A randomised model needs gradients averaged over its randomness");
    bwi_check_fail(call);
  }
  return status;
}

const bwi_check bwi_check_deterministic = {
    .number = 3,
    .name = "deterministic",
    .rule = "five forward passes predict the same class, and their normalised logits differ by at most 1e-4",
    .blocks = true,
    .costs_extra = true,
    .run = run,
};
