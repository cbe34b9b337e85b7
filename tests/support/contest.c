/* SPDX-License-Identifier: Apache-2.0 */
#include "support/contest.h"

#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "base/rng.h"
#include "support/sweep.h"
#include "support/toy.h"
#include "support/unit.h"

bw_attack_result *contest(const char *name, bw_norm norm, double eps, const char *const *settings,
                          bw_model *model, const bw_dataset *data, const bw_run_options *options) {
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_error err = {0};
  assert_int_equal(bw_attack_create(&attack, name, norm, eps, &err), BW_OK);
  for (; settings != NULL && *settings != NULL; settings += 2)
    assert_int_equal(bw_attack_set(attack, settings[0], settings[1], &err), BW_OK);
  const bw_status status = bw_attack_run(&result, attack, model, data, options, &err);
  if (status != BW_OK) fail_msg("%s: %s", name, err.text);
  bw_attack_free(attack);
  return result;
}

static void assert_same_sample(const bw_attack_result *a, uint64_t i, const bw_attack_result *b, uint64_t j,
                               uint32_t d) {
  const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, j);
  assert_int_equal(p->success, q->success);
  assert_int_equal(p->adversarial_prediction, q->adversarial_prediction);
  assert_int_equal(p->forwards, q->forwards);
  assert_int_equal(p->backwards, q->backwards);
  assert_memory_equal(&p->distance, &q->distance, sizeof p->distance);
  assert_memory_equal(bw_attack_result_sample(a, i), bw_attack_result_sample(b, j), d * sizeof(float));
}

void assert_same_results(const bw_attack_result *a, const bw_attack_result *b, uint32_t d) {
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++) assert_same_sample(a, i, b, i, d);
}

void assert_sameness(const char *name, bw_norm norm, double eps, const char *const *settings, bw_model *model,
                     const bw_dataset *data) {
  uint32_t d = 1;
  for (uint32_t k = 0; k < bw_dataset_rank(data); k++) d *= (uint32_t)bw_dataset_shape(data)[k];
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.seed = 7;
  o.threads = 1;
  o.batch = 1;
  bw_attack_result *one = contest(name, norm, eps, settings, model, data, &o);
  const uint32_t batches[] = {7, 256, 256}, threads[] = {1, 1, 2};
  for (int v = 0; v < 3; v++) {
    o.batch = batches[v];
    o.threads = threads[v];
    bw_attack_result *other = contest(name, norm, eps, settings, model, data, &o);
    assert_same_results(one, other, d);
    bw_attack_result_free(other);
  }
  for (uint64_t i = 0; i < bw_dataset_count(data); i += 23) {
    bw_dataset *single = NULL;
    assert_int_equal(bw_dataset_choose(&single, data, 1, &i, NULL), BW_OK);
    bw_attack_result *alone = contest(name, norm, eps, settings, model, single, &o);
    assert_same_sample(one, i, alone, 0, d);
    bw_attack_result_free(alone);
    bw_dataset_free(single);
  }
  bw_attack_result_free(one);
}

typedef struct attempt {
  const char *name;
  bw_norm norm;
  double eps;
  bw_model *model;
  const bw_dataset *data;
} attempt;

static bw_status attack_once(void *payload) {
  const attempt *a = payload;
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.threads = 1;
  bw_status status = bw_attack_create(&attack, a->name, a->norm, a->eps, NULL);
  if (status == BW_OK) status = bw_attack_run(&result, attack, a->model, a->data, &o, NULL);
  bw_attack_result_free(result);
  bw_attack_free(attack);
  return status;
}

void sweep_attack(const char *name, bw_norm norm, double eps, bw_model *model, const bw_dataset *data) {
  attempt a = {.name = name, .norm = norm, .eps = eps, .model = model, .data = data};
  assert_true(sweep_allocations(attack_once, &a) > 10);
}

/* ---- linear classifiers ---- */

static int give_logits(void *payload, uint64_t n, const float *samples, float *logits) {
  const linear *l = payload;
  for (uint64_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < l->n_classes; c++) {
      double sum = (double)l->biases[c];
      for (int j = 0; j < LINEAR_D; j++)
        sum += (double)l->weights[c][j] * (double)samples[i * LINEAR_D + (uint64_t)j];
      logits[i * l->n_classes + c] = (float)sum;
    }
  return 0;
}

static int give_gradient(void *payload, uint64_t n, const float *samples, const float *cotangents,
                         float *gradients) {
  (void)samples;
  const linear *l = payload;
  for (uint64_t i = 0; i < n; i++)
    for (int j = 0; j < LINEAR_D; j++) {
      double sum = 0;
      for (uint32_t c = 0; c < l->n_classes; c++)
        sum += (double)cotangents[i * l->n_classes + c] * (double)l->weights[c][j];
      gradients[i * LINEAR_D + (uint64_t)j] = (float)sum;
    }
  return 0;
}

void linear_open(linear *l, uint32_t n_classes, float lower, float upper) {
  static const int64_t shape[3] = {6, 6, 1};
  memset(l, 0, sizeof *l);
  l->n_classes = n_classes;
  bwi_rng_normal(&l->weights[0][0], LINEAR_CLASSES * LINEAR_D, (bwi_rng_key){.seed = 31}, 0);
  bwi_rng_normal(l->biases, LINEAR_CLASSES, (bwi_rng_key){.seed = 31}, 1);
  bwi_rng_uniform(l->samples, LINEAR_N * LINEAR_D, (bwi_rng_key){.seed = 32}, 0, 0.2F, 0.8F);
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = give_logits,
                                        .vjp = give_gradient,
                                        .payload = l,
                                        .rank = 3,
                                        .shape = shape,
                                        .n_classes = n_classes,
                                        .lower = lower,
                                        .upper = upper,
                                        .batch = 256};
  assert_int_equal(bw_model_from_callbacks(&l->model, &callbacks, NULL), BW_OK);
  float logits[LINEAR_N * LINEAR_CLASSES];
  assert_int_equal(give_logits(l, LINEAR_N, l->samples, logits), 0);
  for (int i = 0; i < LINEAR_N; i++) l->labels[i] = bwi_predict(n_classes, logits + (size_t)i * n_classes);
  l->data = toy_dataset(LINEAR_N, LINEAR_D, l->samples, l->labels);
}

void linear_close(linear *l) {
  bw_dataset_free(l->data);
  bw_model_free(l->model);
}

double linear_distance(const linear *l, bw_norm norm, uint64_t i) {
  const uint32_t label = (uint32_t)l->labels[i];
  double nearest = INFINITY;
  for (uint32_t c = 0; c < l->n_classes; c++) {
    if (c == label) continue;
    double margin = (double)l->biases[c] - (double)l->biases[label], sum = 0, squares = 0, greatest = 0;
    for (uint64_t j = 0; j < LINEAR_D; j++) {
      const double w = (double)l->weights[c][j] - (double)l->weights[label][j];
      margin += w * (double)l->samples[i * LINEAR_D + j];
      sum += fabs(w);
      squares += w * w;
      greatest = fmax(greatest, fabs(w));
    }
    const double dual = norm == BW_LINF ? sum : norm == BW_L2 ? sqrt(squares) : greatest;
    nearest = fmin(nearest, fabs(margin) / dual);
  }
  return nearest;
}
