/* SPDX-License-Identifier: Apache-2.0 */
#include "support/contest.h"

#include <math.h>

#include "model/loss.h"
#include "support/sweep.h"
#include "support/unit.h"

/* ---- fixture ---- */

int arena_open(void **state) {
  static arena a;
  toy_train(&a.net, TOY_HONEST);
  a.model = toy_model(&a.net);
  a.scores = toy_model_score_only(&a.net);
  a.pictures = toy_data(120, 1);
  *state = &a;
  return 0;
}

int arena_close(void **state) {
  arena *a = *state;
  bw_dataset_free(a->pictures);
  bw_model_free(a->scores);
  bw_model_free(a->model);
  return 0;
}

/* ---- running ---- */

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

static uint32_t sample_size(const bw_dataset *data) {
  uint32_t d = 1;
  for (uint32_t k = 0; k < bw_dataset_rank(data); k++) d *= (uint32_t)bw_dataset_shape(data)[k];
  return d;
}

bw_attack_result *assert_same_when_split(const char *name, bw_norm norm, double eps,
                                         const char *const *settings, bw_model *model,
                                         const bw_dataset *data) {
  const uint32_t d = sample_size(data);
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
  return one;
}

void assert_sameness(const char *name, bw_norm norm, double eps, const char *const *settings, bw_model *model,
                     const bw_dataset *data) {
  const uint32_t d = sample_size(data);
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.seed = 7;
  bw_attack_result *one = assert_same_when_split(name, norm, eps, settings, model, data);
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

/* ---- allocations ---- */

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

void sweep_attack(const char *name, bw_norm norm, double eps, bw_model *model) {
  bw_dataset *few = toy_data(5, 3);
  attempt a = {.name = name, .norm = norm, .eps = eps, .model = model, .data = few};
  assert_true(sweep_allocations(attack_once, &a) > 10);
  bw_dataset_free(few);
}

/* ---- optima ---- */

static double length(bw_norm norm, const float *a, const float *b) {
  double greatest = 0, sum = 0, squares = 0, count = 0;
  for (int j = 0; j < LINEAR_D; j++) {
    const double size = fabs((double)a[j] - (double)b[j]);
    greatest = fmax(greatest, size);
    sum += size;
    squares += size * size;
    count += size != 0;
  }
  return norm == BW_LINF ? greatest : norm == BW_L2 ? sqrt(squares) : norm == BW_L1 ? sum : count;
}

/* Computes anew what the outcome of a success says. */
static void assert_sound(const bw_attack_result *result, const linear *l, bw_norm norm, uint64_t i) {
  const bw_sample_outcome *o = bw_attack_result_at(result, i);
  const float *x = bw_attack_result_sample(result, i);
  float logits[LINEAR_CLASSES];
  for (int j = 0; j < LINEAR_D; j++) assert_true(x[j] >= l->lower && x[j] <= l->upper);
  assert_int_equal(bw_model_logits(l->model, 1, x, logits, NULL), BW_OK);
  assert_int_equal(o->adversarial_prediction, bwi_predict(l->n_classes, logits));
  assert_int_not_equal(o->adversarial_prediction, l->labels[i]);
  /* The outcome holds the distance as float32. */
  const double distance = length(norm, l->samples + i * LINEAR_D, x);
  assert_true(fabs((double)o->distance - distance) <= 1e-6 * distance);
}

void assert_near_optimum(const bw_attack_result *result, const linear *l, bw_norm norm, double factor) {
  assert_int_equal(bw_attack_result_count(result), LINEAR_N);
  assert_int_equal(bw_attack_result_refused(result), 0);
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    const double least = linear_distance(l, norm, i);
    if (o->success != isfinite(least))
      fail_msg("norm %d, %u classes, sample %d: success %d, least distance %g", norm, (unsigned)l->n_classes,
               (int)i, o->success, least);
    if (!o->success) continue;
    assert_sound(result, l, norm, i);
    /* Below the least by no more than the rounding of logits to float32. */
    if ((double)o->distance < least * (1 - 1e-5) || (double)o->distance > least * factor)
      fail_msg("norm %d, %u classes, sample %d: %.9g, least distance %.9g", norm, (unsigned)l->n_classes,
               (int)i, (double)o->distance, least);
  }
}

void assert_boundary_decides(const char *name, bw_norm norm, const char *const *settings, const linear *l,
                             double factor) {
  for (uint64_t i = 0; i < 6; i++)
    for (int above = 0; above < 2; above++) {
      const double eps = linear_distance(l, norm, i) * (above ? factor : 0.999);
      bw_dataset *one = NULL;
      assert_int_equal(bw_dataset_choose(&one, l->data, 1, &i, NULL), BW_OK);
      bw_attack_result *result = contest(name, norm, eps, settings, l->model, one, NULL);
      if (bw_attack_result_at(result, 0)->success != above)
        fail_msg("%s, norm %d, %u classes, sample %d, above %d", name, norm, (unsigned)l->n_classes, (int)i,
                 above);
      assert_int_equal(bw_attack_result_refused(result), 0);
      bw_attack_result_free(result);
      bw_dataset_free(one);
    }
}
