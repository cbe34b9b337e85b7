/* SPDX-License-Identifier: Apache-2.0 */
/* Check 20: the binarization test of Zimmermann, Brendel, Tramer, Carlini 2022, "Increasing confidence in
 * adversarial robustness evaluations", with the logits in place of the features before them. Around each
 * sample a linear head tells the random points close to it from one random point of the rim, so an
 * adversarial example is known to be there. An attack that does not find one would not find others either.
 * The head looks along the logits of that point, which is the one that changes them most: then everything
 * closer to the mean of the near points lies on their side. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "attack/driver.h"
#include "base/memory.h"
#include "eval/binary_head.h"
#include "eval/check.h"

enum { N_SAMPLES = 50, N_NEAR = 100, N_RIM = 100, N_POINTS = N_NEAR + N_RIM };
static const double near = 0.5;                  /* radius of the near points, as a share of eps */
static const double least_found = 0.95;          /* of the samples that have one planted */
static const uint32_t plant_stream = 0xFFFC0000; /* no attack has it */

typedef struct garden {
  const bwi_check_call *call;
  bwi_crew crew; /* of the head */
  bwi_binary_head *head;
  const uint64_t *chosen;
  uint64_t n_chosen, n_planted, n_found;
  float *points;       /* (N_POINTS, d): near ones, the sample itself first, then those of the rim */
  const float **rows;  /* (N_POINTS) */
  float *logits;       /* (N_POINTS, classes) */
  double *mean;        /* (classes) of the near points */
  bw_dataset *samples; /* the chosen ones, each of class 0 */
  bwi_clean clean;
} garden;

static void place_points(garden *g, uint64_t i) {
  const bw_evaluation *e = g->call->e;
  const uint64_t d = (uint64_t)g->crew.model->d;
  const float *clean = bw_dataset_sample(e->dataset, i);
  const bwi_rng_key key = {
      .seed = e->seed, .sample = (uint32_t)bw_dataset_origin(e->dataset, i), .stream = plant_stream};
  const bwi_ball rim = {.norm = e->norm, .radius = e->eps, .lower = e->lower, .upper = e->upper, .d = d};
  bwi_ball inner = rim;
  inner.radius *= near;
  memcpy(g->points, clean, d * sizeof *clean);
  for (uint32_t k = 1; k < N_POINTS; k++) {
    float *point = g->points + k * d;
    memcpy(point, clean, d * sizeof *clean);
    if (k < N_NEAR)
      bwi_ball_random(&inner, clean, key, k, point);
    else
      bwi_ball_random_rim(&rim, clean, key, k, point);
  }
}

/* Squared distance of the logits of point k from the mean. */
static double square_distance(const garden *g, uint32_t k) {
  const uint32_t classes = g->head->body->n_classes;
  double sum = 0;
  for (uint32_t c = 0; c < classes; c++) {
    const double difference = (double)g->logits[k * classes + c] - g->mean[c];
    sum += difference * difference;
  }
  return sum;
}

static uint32_t farthest(const garden *g, uint32_t first, uint32_t end) {
  uint32_t most = first;
  for (uint32_t k = first + 1; k < end; k++)
    if (square_distance(g, k) > square_distance(g, most)) most = k;
  return most;
}

/* Along the direction to the planted point that point has 1, and the greatest of the near points -1. False if
 * the planted point is not farther out than they are. */
static bool set_head(garden *g) {
  const uint32_t classes = g->head->body->n_classes;
  memset(g->mean, 0, classes * sizeof *g->mean);
  for (uint32_t k = 0; k < N_NEAR; k++)
    for (uint32_t c = 0; c < classes; c++) g->mean[c] += (double)g->logits[k * classes + c] / N_NEAR;
  const uint32_t planted = farthest(g, N_NEAR, N_POINTS);
  const double reach = square_distance(g, planted);
  if (!(square_distance(g, farthest(g, 0, N_NEAR)) < reach) || !isfinite(reach)) return false;
  double greatest = -INFINITY, at_mean = 0;
  for (uint32_t c = 0; c < classes; c++)
    g->head->weights[c] = (double)g->logits[planted * classes + c] - g->mean[c];
  for (uint32_t k = 0; k < N_NEAR; k++) {
    double along = 0;
    for (uint32_t c = 0; c < classes; c++)
      along += g->head->weights[c] * ((double)g->logits[k * classes + c] - g->mean[c]);
    greatest = fmax(greatest, along);
  }
  const double scale = 2 / (reach - greatest);
  for (uint32_t c = 0; c < classes; c++) {
    g->head->weights[c] *= scale;
    at_mean += g->head->weights[c] * g->mean[c];
  }
  g->head->bias = 1 - scale * reach - at_mean;
  return true;
}

static bw_status try_sample(garden *g, const bw_attack *attack, uint64_t k, bw_error *err) {
  place_points(g, g->chosen[k]);
  BW_TRY(bwi_crew_logits(g->call->crew, N_POINTS, g->rows, 0, g->logits, err));
  if (!set_head(g)) return BW_OK;
  const bwi_assignment a = {.attack = attack,
                            .dataset = g->samples,
                            .clean = &g->clean,
                            .chosen = &k,
                            .n_chosen = 1,
                            .seed = g->call->e->seed,
                            .phase = "check planted-found"};
  bw_attack_result *result = NULL;
  const bw_status status = bwi_attack_run(&result, &g->crew, &a, err);
  if (status == BW_OK) {
    g->n_planted++;
    g->n_found += bw_attack_result_at(result, k)->success;
  }
  bw_attack_result_free(result);
  return status;
}

static void clear(garden *g) {
  bwi_crew_close(&g->crew);
  if (g->head != NULL) bw_model_free(&g->head->base);
  bw_dataset_free(g->samples);
  bwi_clean_clear(&g->clean);
  bwi_free(g->mean);
  bwi_free(g->logits);
  bwi_free(g->rows);
  bwi_free(g->points);
}

/* The chosen samples as a data set whose labels are all 0. */
static bw_status gather_samples(garden *g, bw_error *err) {
  const bw_dataset *dataset = g->call->e->dataset;
  const int64_t shape[2] = {(int64_t)g->n_chosen, g->head->base.d};
  const size_t d = (size_t)shape[1];
  bw_array *samples = NULL, *labels = NULL;
  bw_status status = bw_array_create(&samples, BW_F32, 2, shape, err);
  if (status == BW_OK) status = bw_array_create(&labels, BW_I32, 1, shape, err);
  if (status == BW_OK) {
    float *to = bw_array_data(samples);
    for (uint64_t k = 0; k < g->n_chosen; k++)
      memcpy(to + k * d, bw_dataset_sample(dataset, g->chosen[k]), d * sizeof *to);
    memset(bw_array_data(labels), 0, bw_array_bytes(labels));
    status = bw_dataset_create(&g->samples, samples, labels, err);
  }
  bw_array_free(labels);
  bw_array_free(samples);
  return status;
}

static bw_status prepare(garden *g, bw_error *err) {
  const bwi_crew *crew = g->call->crew;
  const size_t d = (size_t)crew->model->d, classes = crew->model->n_classes;
  g->points = bwi_alloc(N_POINTS, d * sizeof *g->points);
  g->rows = bwi_alloc(N_POINTS, sizeof *g->rows);
  g->logits = bwi_alloc(N_POINTS, classes * sizeof *g->logits);
  g->mean = bwi_alloc(classes, sizeof *g->mean);
  g->clean = (bwi_clean){.count = g->n_chosen,
                         .predictions = bwi_alloc(g->n_chosen, sizeof *g->clean.predictions),
                         .least_likely = bwi_alloc(g->n_chosen, sizeof *g->clean.least_likely)};
  if (g->points == NULL || g->rows == NULL || g->logits == NULL || g->mean == NULL ||
      g->clean.predictions == NULL || g->clean.least_likely == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory to plant adversarial samples");
  for (size_t k = 0; k < N_POINTS; k++) g->rows[k] = g->points + k * d;
  BW_TRY(bwi_binary_head_create(&g->head, crew->model, err));
  BW_TRY(bwi_crew_open(&g->crew, &g->head->base, 1, 1, crew->meter.progress, err));
  return gather_samples(g, err);
}

/* The attack of the suite, with a loss that two classes have. */
static bw_attack binary_attack(const bw_evaluation *e, int32_t strongest) {
  bw_attack attack = e->suite.attacks[strongest];
  if (bwi_attack_value(&attack, "loss", BWI_LOSS_CE) == BWI_LOSS_DLR)
    bwi_attack_put(&attack, "loss", BWI_LOSS_MARGIN);
  return attack;
}

static void judge(bwi_check_call *call, const garden *g, const bw_attack *attack) {
  if (g->n_planted == 0) {
    bwi_check_skip(call,
                   "around no sample do random points of the rim change the logits more than near ones");
    return;
  }
  bwi_buffer_format(&call->finding, "%s finds %" PRIu64 " of %" PRIu64 " planted adversarial samples",
                    attack->class->info.name, g->n_found, g->n_planted);
  if ((double)g->n_found < least_found * (double)g->n_planted) bwi_check_fail(call);
}

static bw_status run(bwi_check_call *call, bw_error *err) {
  const bw_evaluation *e = call->e;
  const int32_t strongest = bwi_strongest(e, false);
  if (strongest < 0 || e->norm == BW_L0) {
    bwi_check_skip(call, strongest < 0 ? "no attack was run" : "there are no random points of an L0 ball");
    return BW_OK;
  }
  const bw_attack attack = binary_attack(e, strongest);
  uint64_t *chosen = NULL;
  garden g = {.call = call};
  BW_TRY(bwi_pick(&chosen, &g.n_chosen, e, N_SAMPLES, NULL, NULL, err));
  g.chosen = chosen;
  bw_status status = prepare(&g, err);
  for (uint64_t k = 0; k < g.n_chosen && status == BW_OK; k++) status = try_sample(&g, &attack, k, err);
  if (status == BW_OK) judge(call, &g, &attack);
  clear(&g);
  bwi_free(chosen);
  return status;
}

const bwi_check bwi_check_planted = {
    .number = 20,
    .name = "planted-found",
    .rule =
        "of adversarial samples that are planted around 50 samples by a head of two classes on the logits, "
        "the strongest attack finds 95 %",
    .costs_extra = true,
    .run = run,
};
