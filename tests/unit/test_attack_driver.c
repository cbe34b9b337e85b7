/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/driver.h"
#include "attack/fit.h"

#include <math.h>

#include "base/memory.h"
#include "support/contest.h"
#include "support/unit.h"

/* ---- linear classifiers, where the optimum is known ---- */

/* The sign step reaches what the Linf ball and the box allow: no attack does better. */
static void test_fgsm_is_optimal_on_linear_models(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  const double budgets[] = {0.01, 0.05, 0.1, 0.25, 0.5};
  for (size_t k = 0; k < sizeof budgets / sizeof *budgets; k++) {
    const double eps = budgets[k];
    bw_attack_result *result = contest("fgsm", BW_LINF, eps, NULL, l.model, l.data, NULL);
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      const double least = linear_distance(&l, BW_LINF, i);
      if (fabs(eps - least) < 1e-5) continue; /* within rounding of the boundary */
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      assert_int_equal(o->success, eps > least);
      assert_int_equal(o->attacked, 1);
      assert_int_equal(o->forwards, 2);
      assert_int_equal(o->backwards, 1);
      if (o->success) assert_true((double)o->distance <= eps * (1 + 1e-6));
    }
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

/* In L2, PGD turns from a random direction towards the boundary's: the tangent of half the angle shrinks by
 * exp(-2.5 / 40) a step, so 40 steps leave 0.1, and the angle's cosine 2 % below 1. */
static void test_iterative_attacks_reach_the_boundary(void **state) {
  (void)state;
  static const char *const names[] = {"pgd", "bim", "mi-fgsm"};
  linear l;
  linear_open(&l, 2, -10, 10);
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++)
      assert_boundary_decides(names[k], (bw_norm)norm, NULL, &l, 1.03);
  linear_close(&l);
}

static void test_targets(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  int32_t targets[LINEAR_N];
  for (int i = 0; i < LINEAR_N; i++) targets[i] = i % 2;
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.targets = targets;
  bw_attack_result *result = contest("pgd", BW_LINF, 0.6, NULL, l.model, l.data, &o);
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *outcome = bw_attack_result_at(result, i);
    assert_int_equal(outcome->attacked, targets[i] != l.labels[i]);
    if (outcome->success) assert_int_equal(outcome->adversarial_prediction, targets[i]);
    assert_int_equal(outcome->success, outcome->attacked); /* 0.6 reaches any linear boundary of this box */
  }
  bw_attack_result_free(result);
  const char *const next[] = {"target", "next", NULL};
  result = contest("pgd", BW_LINF, 0.6, next, l.model, l.data, NULL);
  for (uint64_t i = 0; i < LINEAR_N; i++)
    assert_int_equal(bw_attack_result_at(result, i)->adversarial_prediction, 1 - l.labels[i]);
  bw_attack_result_free(result);
  linear_close(&l);
}

/* ---- a network ---- */

enum { N = 300 }; /* more than fit a batch */

static void test_sameness(void **state) {
  const arena *here = *state;
  bw_dataset *pictures = toy_data(N, 1);
  static const char *const names[] = {"pgd", "mi-fgsm", "noise", "fgsm", "bim"};
  static const char *const restarts[] = {"restarts", "3", "steps", "10", NULL};
  static const double eps[] = {0.15, 0.9, 3};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++)
      assert_sameness(names[k], (bw_norm)norm, eps[norm], k == 0 ? restarts : NULL, here->model, pictures);
  bw_dataset_free(pictures);
}

static void test_restarts_and_late_stop(void **state) {
  const arena *here = *state;
  bw_dataset *pictures = toy_data(N, 1);
  const char *const one[] = {"steps", "3", NULL}, *const five[] = {"steps", "3", "restarts", "5", NULL},
                    *const late[] = {"early_stop", "false", NULL};
  bw_attack_result *a = contest("pgd", BW_LINF, 0.1, one, here->model, pictures, NULL);
  bw_attack_result *b = contest("pgd", BW_LINF, 0.1, five, here->model, pictures, NULL);
  bw_attack_result *c = contest("pgd", BW_LINF, 0.15, NULL, here->model, pictures, NULL);
  bw_attack_result *d = contest("pgd", BW_LINF, 0.15, late, here->model, pictures, NULL);
  uint64_t more = 0, n_broken = 0;
  for (uint64_t i = 0; i < N; i++) {
    const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, i);
    assert_true(q->success >= p->success); /* the first restart is the same */
    if (p->success)
      assert_memory_equal(bw_attack_result_sample(a, i), bw_attack_result_sample(b, i),
                          TOY_D * sizeof(float));
    if (p->attacked && !q->success) assert_int_equal(q->backwards, 15);
    more += q->success - p->success;
    assert_int_equal(bw_attack_result_at(c, i)->success, bw_attack_result_at(d, i)->success);
    if (bw_attack_result_at(d, i)->success) {
      float early[TOY_CLASSES], kept[TOY_CLASSES];
      n_broken++;
      assert_int_equal(bw_attack_result_at(d, i)->backwards, 40);
      assert_int_equal(bw_model_logits(here->model, 1, bw_attack_result_sample(c, i), early, NULL), BW_OK);
      assert_int_equal(bw_model_logits(here->model, 1, bw_attack_result_sample(d, i), kept, NULL), BW_OK);
      float cotangent[TOY_CLASSES];
      const int32_t label = bw_dataset_label(pictures, i);
      assert_true(bwi_loss_eval(BWI_LOSS_MARGIN, TOY_CLASSES, kept, label, -1, cotangent) >=
                  bwi_loss_eval(BWI_LOSS_MARGIN, TOY_CLASSES, early, label, -1, cotangent));
    }
  }
  assert_true(n_broken > 20 && more > 0);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
  bw_attack_result_free(c);
  bw_attack_result_free(d);
  bw_dataset_free(pictures);
}

/* ---- refusals ---- */

/* A model whose fast path lies: every search result says class 1, the direct path says class 0. */
static bw_status liar_open(bwi_session **out, bw_model *model, bw_error *err) {
  (void)err;
  *out = bwi_alloc(1, sizeof **out);
  (*out)->model = model;
  return BW_OK;
}
static void liar_close(bwi_session *session) {
  bwi_free(session);
}
static bw_status liar_logits(bwi_session *s, uint64_t n, const float *samples, bwi_pass pass, float *logits,
                             bw_error *err) {
  (void)s, (void)samples, (void)err;
  for (uint64_t i = 0; i < n; i++) {
    logits[2 * i] = pass == BWI_PASS_DIRECT ? 1 : 0;
    logits[2 * i + 1] = pass == BWI_PASS_DIRECT ? 0 : 1;
  }
  return BW_OK;
}
static bw_status liar_gradient(bwi_session *s, uint64_t n, const float *samples, bwi_cotangent_fn cotangent,
                               void *payload, float *logits, float *gradients, bw_error *err) {
  float cotangents[2 * 64];
  (void)liar_logits(s, n, samples, 0, logits, err);
  cotangent(payload, 0, n, logits, cotangents);
  for (uint64_t i = 0; i < n * 2; i++) gradients[i] = 1;
  return BW_OK;
}
static const bwi_model_class liar_class = {liar_open, liar_close, liar_logits, liar_gradient, NULL, NULL};

static void test_lies_are_refused(void **state) {
  (void)state;
  bw_model liar = {.class = &liar_class,
                   .access = BW_ACCESS_GRADIENT,
                   .shape = {1, {2}},
                   .d = 2,
                   .n_classes = 2,
                   .upper = 1};
  const float samples[8] = {0};
  const int32_t labels[4] = {0};
  bw_dataset *data = toy_dataset(4, 2, samples, labels);
  const char *const steps[] = {"steps", "5", NULL};
  bw_attack_result *result = contest("bim", BW_LINF, 0.1, steps, &liar, data, NULL);
  assert_int_equal(bw_attack_result_refused(result), 4 * 6);
  for (uint64_t i = 0; i < 4; i++) {
    assert_int_equal(bw_attack_result_at(result, i)->success, 0);
    assert_int_equal(bw_attack_result_at(result, i)->backwards, 5); /* attacked on to the end */
    assert_true(isnan(bw_attack_result_at(result, i)->distance));
  }
  bw_attack_result_free(result);
  bw_dataset_free(data);
}

static void test_access(void **state) {
  const arena *here = *state;
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_error err = {0};
  assert_int_equal(bw_attack_create(&attack, "pgd", BW_LINF, 0.1, NULL), BW_OK);
  assert_int_equal(bw_attack_run(&result, attack, here->scores, here->pictures, NULL, &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "pgd needs more access than the model gives");
  assert_null(result);
  bw_attack_free(attack);
  result = contest("noise", BW_LINF, 0.1, NULL, here->scores, here->pictures, NULL);
  bw_attack_result_free(result);
}

static void test_misfits(void **state) {
  (void)state;
  const float inside[4 * LINEAR_D] = {0}, outside[4 * LINEAR_D] = {[LINEAR_D] = 1.5F};
  const int32_t labels[4] = {0, 1, 0, 1}, too_great[4] = {0, 1, 2, 1};
  linear l;
  linear_open(&l, 2, 0, 1);
  const struct {
    uint64_t n;
    uint32_t d;
    const float *samples;
    const int32_t *labels;
    const char *text;
  } rows[] = {
      {4, LINEAR_D, inside, labels, ""},
      {2, 4, inside, labels, "samples have shape (4,), the model takes (6, 6, 1)"},
      {4, LINEAR_D, inside, too_great, "sample 2 has label 2, the model 2 classes"},
      {4, LINEAR_D, outside, labels, "sample 1 holds 1.5, outside the input domain from 0 to 1"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_error err = {0};
    bw_dataset *data = toy_dataset(rows[i].n, rows[i].d, rows[i].samples, rows[i].labels);
    assert_int_equal(bwi_check_fit(l.model, data, &err), rows[i].text[0] == '\0' ? BW_OK : BW_EINVAL);
    assert_string_equal(err.text, rows[i].text);
    bw_dataset_free(data);
  }
  linear_close(&l);
}

static int cancel_after(const bw_tick *tick, void *payload) {
  int *left = payload;
  assert_true(tick->done <= tick->total);
  return --*left <= 0;
}

static void test_cancelling(void **state) {
  const arena *here = *state;
  bw_dataset *pictures = toy_data(N, 1);
  bw_attack *attack = NULL;
  assert_int_equal(bw_attack_create(&attack, "pgd", BW_LINF, 0.1, NULL), BW_OK);
  uint64_t before = 0;
  for (int after = 1; after < 300; after += 57) {
    int left = after;
    bw_attack_result *result = NULL;
    bw_run_options o;
    bw_run_options_init(&o, sizeof o);
    o.batch = 32;
    o.threads = 1;
    o.progress = (bw_progress){cancel_after, &left};
    bw_error err = {0};
    assert_int_equal(bw_attack_run(&result, attack, here->model, pictures, &o, &err), BW_ECANCEL);
    uint64_t n_attacked = 0;
    for (uint64_t i = 0; i < N; i++) {
      const bw_sample_outcome *outcome = bw_attack_result_at(result, i);
      n_attacked += outcome->attacked;
      if (outcome->attacked) assert_int_equal(outcome->success, 1); /* survivors are not finished */
    }
    assert_true(n_attacked >= before);
    before = n_attacked;
    bw_attack_result_free(result);
  }
  assert_true(before > 0);
  bw_attack_free(attack);
  bw_dataset_free(pictures);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("mi-fgsm", BW_LINF, 0.3, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fgsm_is_optimal_on_linear_models),
      cmocka_unit_test(test_iterative_attacks_reach_the_boundary),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_restarts_and_late_stop),
      cmocka_unit_test(test_lies_are_refused),
      cmocka_unit_test(test_access),
      cmocka_unit_test(test_misfits),
      cmocka_unit_test(test_cancelling),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_driver", tests, arena_open, arena_close);
}
