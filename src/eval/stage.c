/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/stage.h"

#include <math.h>
#include <string.h>

#include "attack/result.h"
#include "base/memory.h"
#include "eval/sort.h"

bw_status bwi_stage_create(bwi_stage *out, const bw_attack *attack, uint64_t count, bw_error *err) {
  bwi_stage stage = {
      .attack = *attack,
      .count = count,
      .broken = bwi_alloc(count, sizeof *stage.broken),
      .broken_8bit = bwi_alloc(count, sizeof *stage.broken_8bit),
      .predictions = bwi_alloc(count, sizeof *stage.predictions),
      .distances = bwi_alloc(count, sizeof *stage.distances),
      .late_gains = bwi_alloc(count, sizeof *stage.late_gains),
  };
  if (stage.broken == NULL || stage.broken_8bit == NULL || stage.predictions == NULL ||
      stage.distances == NULL || stage.late_gains == NULL) {
    bwi_stage_clear(&stage);
    return BW_FAIL(err, BW_ENOMEM, "no memory for the results of %s", attack->class->info.name);
  }
  *out = stage;
  return BW_OK;
}

void bwi_stage_clear(bwi_stage *stage) {
  bwi_free(stage->broken);
  bwi_free(stage->broken_8bit);
  bwi_free(stage->predictions);
  bwi_free(stage->distances);
  bwi_free(stage->late_gains);
  *stage = (bwi_stage){0};
}

/* ---- evaluating the successes again ---- */

typedef struct audit {
  const bwi_crew *crew;
  const bw_attack_result *result;
  bwi_stage *stage;
  const uint64_t *broken; /* samples that the attack returned */
  uint8_t *disagreed;     /* (n broken) */
} audit;

static bool is_broken(const audit *a, uint64_t i, const float *logits) {
  const int32_t prediction = bwi_predict(a->crew->model->n_classes, logits);
  return prediction >= 0 && prediction != bw_dataset_label(a->result->dataset, i);
}

/* Evaluates count returned samples together and each one alone. */
static bw_status repeat_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                              bw_error *err) {
  const audit *a = payload;
  const uint64_t d = a->result->ball.d;
  const uint32_t classes = a->crew->model->n_classes;
  for (uint64_t k = 0; k < count; k++)
    memcpy(worker->x + k * d, bw_attack_result_sample(a->result, a->broken[first + k]), d * sizeof(float));
  for (int alone = 0; alone < 2; alone++) {
    if (!alone)
      BW_TRY(bwi_session_logits(worker->session, count, worker->x, BWI_PASS_DIRECT, worker->logits, err));
    for (uint64_t k = 0; k < count; k++) {
      const uint64_t i = a->broken[first + k];
      float *logits = worker->logits + k * classes;
      if (alone)
        BW_TRY(bwi_session_logits(worker->session, 1, worker->x + k * d, BWI_PASS_DIRECT, logits, err));
      if (bwi_predict(classes, logits) != a->result->outcomes[i].adversarial_prediction)
        a->disagreed[first + k] = 1;
    }
  }
  return BW_OK;
}

static bw_status round_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                             bw_error *err) {
  const audit *a = payload;
  const bwi_ball *ball = &a->result->ball;
  for (uint64_t k = 0; k < count; k++) {
    const uint64_t i = a->broken[first + k];
    bwi_ball_round(ball, bw_dataset_sample(a->result->dataset, i), bw_attack_result_sample(a->result, i), 8,
                   worker->x + k * ball->d);
  }
  BW_TRY(bwi_session_logits(worker->session, count, worker->x, BWI_PASS_DIRECT, worker->logits, err));
  for (uint64_t k = 0; k < count; k++) {
    const uint64_t i = a->broken[first + k];
    const bool held = bwi_ball_holds(ball, bw_dataset_sample(a->result->dataset, i), worker->x + k * ball->d);
    a->stage->broken_8bit[i] = held && is_broken(a, i, worker->logits + k * a->crew->model->n_classes);
  }
  return BW_OK;
}

/* Written apart from the attack's own projection and verification. */
static bool is_valid(const bwi_ball *ball, const float *clean, const float *x) {
  for (uint64_t j = 0; j < ball->d; j++)
    if (!isfinite(x[j]) || x[j] < ball->lower || x[j] > ball->upper) return false;
  return bwi_distance(ball->norm, ball->d, x, clean) <= ball->radius + 1e-6 * fmax(1, ball->radius);
}

static bw_status audit_successes(bwi_stage *stage, bwi_crew *crew, const bw_attack_result *result,
                                 bw_error *err) {
  uint64_t *broken = bwi_alloc(result->count, sizeof *broken);
  uint8_t *disagreed = bwi_alloc(result->count, sizeof *disagreed);
  bw_status status = BW_OK;
  if (broken == NULL || disagreed == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to evaluate the successes again");
    goto out;
  }
  uint64_t n = 0;
  for (uint64_t i = 0; i < result->count; i++) {
    if (!result->outcomes[i].success) continue;
    broken[n++] = i;
    stage->totals.n_invalid +=
        !is_valid(&result->ball, bw_dataset_sample(result->dataset, i), bw_attack_result_sample(result, i));
  }
  audit a = {.crew = crew, .result = result, .stage = stage, .broken = broken, .disagreed = disagreed};
  status = bwi_crew_run(crew, n, 0, repeat_chunk, &a, err);
  if (status == BW_OK) status = bwi_crew_run(crew, n, 0, round_chunk, &a, err);
  for (uint64_t k = 0; k < n; k++) stage->totals.n_disagreed += disagreed[k];
out:
  bwi_free(disagreed);
  bwi_free(broken);
  return status;
}

/* ---- one stage ---- */

static void absorb(bwi_stage *stage, const bw_attack_result *result) {
  for (uint64_t i = 0; i < result->count; i++) {
    const bw_sample_outcome *o = &result->outcomes[i];
    const bwi_trail *trail = &result->trails[i];
    stage->broken[i] = o->success;
    stage->predictions[i] = o->adversarial_prediction;
    stage->distances[i] = o->distance;
    stage->late_gains[i] = trail->late_gain;
    stage->totals.forwards += o->forwards;
    stage->totals.backwards += o->backwards;
    stage->totals.n_broken += o->success;
    stage->totals.n_refused += trail->n_refused;
    stage->totals.n_silent += trail->seen && !o->success && trail->n_refused == 0;
  }
  stage->totals.seconds = result->seconds;
}

static bw_status describe_distances(bwi_stage *stage, bw_error *err) {
  bwi_stage_totals *t = &stage->totals;
  float *distances = bwi_alloc(stage->count, sizeof *distances);
  if (distances == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to sort distances");
  uint64_t n = 0;
  double sum = 0;
  for (uint64_t i = 0; i < stage->count; i++) {
    if (!stage->broken[i]) continue;
    distances[n++] = stage->distances[i];
    sum += (double)stage->distances[i];
  }
  t->mean_distance = n > 0 ? sum / (double)n : NAN;
  t->median_distance = bwi_median(distances, n);
  bwi_free(distances);
  return BW_OK;
}

bw_status bwi_stage_run(bwi_stage *out, bw_attack_result **result, const bwi_stage_call *call,
                        const bw_attack *attack, bw_error *err) {
  bwi_stage stage = {0};
  bw_attack_result *own = NULL;
  const bwi_assignment assignment = {.attack = attack,
                                     .dataset = call->dataset,
                                     .clean = call->clean,
                                     .chosen = call->chosen,
                                     .n_chosen = call->n_chosen,
                                     .seed = call->seed};
  BW_TRY(bwi_stage_create(&stage, attack, call->clean->count, err));
  bw_status status = bwi_attack_run(&own, call->crew, &assignment, err);
  if (status == BW_OK) {
    absorb(&stage, own);
    status = describe_distances(&stage, err);
    if (status == BW_OK) status = bwi_query_curve(stage.by_queries, attack, own, err);
  }
  if (status == BW_OK) status = audit_successes(&stage, call->crew, own, err);
  if (status != BW_OK) {
    bw_attack_result_free(own);
    bwi_stage_clear(&stage);
    return status;
  }
  *out = stage;
  if (result != NULL)
    *result = own;
  else
    bw_attack_result_free(own);
  return BW_OK;
}
