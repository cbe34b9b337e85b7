/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/driver.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "support/contest.h"
#include "support/toy.h"
#include "support/unit.h"

/* ---- linear classifiers, where the optimum is known ---- */

enum { D = 32, N = 40 };

static const float far_lower = -10, far_upper = 10;

typedef struct binary {
  float w[D], samples[N * D];
  int32_t labels[N];
  toy_linear toy;
  bw_dataset *data;
  bw_model *model;
} binary;

static double linear_margin(const binary *c, const float *x) {
  double sum = (double)c->toy.bias;
  for (int j = 0; j < D; j++) sum += (double)c->w[j] * (double)x[j];
  return sum;
}

static void binary_open(binary *c, float lower, float upper) {
  bwi_rng_normal(c->w, D, (bwi_rng_key){.seed = 21}, 0);
  bwi_rng_uniform(c->samples, (size_t)N * D, (bwi_rng_key){.seed = 22}, 0, 0.2F, 0.8F);
  c->toy = (toy_linear){.d = D, .w = c->w, .bias = -0.2F, .lower = lower, .upper = upper};
  for (int i = 0; i < N; i++) c->labels[i] = linear_margin(c, c->samples + i * D) > 0;
  c->data = toy_dataset(N, D, c->samples, c->labels);
  c->model = toy_linear_model(&c->toy);
}

static void binary_close(binary *c) {
  bw_dataset_free(c->data);
  bw_model_free(c->model);
}

/* The least margin that the Linf ball and the box allow is reached by the sign step: no attack does better.
 */
static void test_fgsm_is_optimal_on_linear_models(void **state) {
  (void)state;
  binary c;
  binary_open(&c, 0, 1);
  const double budgets[] = {0.01, 0.05, 0.1, 0.25, 0.5};
  for (size_t k = 0; k < sizeof budgets / sizeof *budgets; k++) {
    const double eps = budgets[k];
    bw_attack_result *result = contest("fgsm", BW_LINF, eps, NULL, c.model, c.data, NULL);
    for (uint64_t i = 0; i < N; i++) {
      const double side = c.labels[i] != 0 ? -1 : 1;
      double best = side * linear_margin(&c, c.samples + i * D);
      for (int j = 0; j < D; j++) {
        const double x = (double)c.samples[i * D + (uint64_t)j],
                     up = side * (double)c.w[j] > 0 ? fmin(eps, 1 - x) : fmin(eps, x);
        best += fabs((double)c.w[j]) * up;
      }
      if (fabs(best) < 1e-4) continue; /* within rounding of the boundary */
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      assert_int_equal(o->success, best > 0);
      assert_int_equal(o->attacked, 1);
      assert_int_equal(o->forwards, 2);
      assert_int_equal(o->backwards, 1);
      if (o->success) assert_true((double)o->distance <= eps * (1 + 1e-6));
    }
    bw_attack_result_free(result);
  }
  binary_close(&c);
}

/* The distance to the boundary is |margin| / dual norm of w: an attack breaks a sample just above it and
 * none can just below. */
static void test_iterative_attacks_reach_the_boundary(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_norm norm;
  } rows[] = {{"pgd", BW_LINF}, {"pgd", BW_L2},       {"pgd", BW_L1},     {"bim", BW_LINF},  {"bim", BW_L2},
              {"bim", BW_L1},   {"mi-fgsm", BW_LINF}, {"mi-fgsm", BW_L2}, {"mi-fgsm", BW_L1}};
  binary c;
  binary_open(&c, far_lower, far_upper);
  double dual[3] = {0};
  for (int j = 0; j < D; j++) {
    dual[BW_LINF] += fabs((double)c.w[j]);
    dual[BW_L2] += (double)c.w[j] * (double)c.w[j];
    dual[BW_L1] = fmax(dual[BW_L1], fabs((double)c.w[j]));
  }
  dual[BW_L2] = sqrt(dual[BW_L2]);
  for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
    for (uint64_t i = 0; i < 6; i++) {
      const double distance = fabs(linear_margin(&c, c.samples + i * D)) / dual[rows[row].norm];
      for (int above = 0; above < 2; above++) {
        /* In L2, PGD turns from a random direction towards the boundary's: the tangent of half the angle
         * shrinks by exp(-2.5 / 40) a step, so 40 steps leave 0.1, and the angle's cosine 2 % below 1. */
        const double eps = distance * (above ? 1.03 : 0.999);
        bw_attack_result *result = contest(rows[row].name, rows[row].norm, eps, NULL, c.model, c.data, NULL);
        if (bw_attack_result_at(result, i)->success != above)
          fail_msg("%s, norm %d, sample %d, above %d", rows[row].name, (int)rows[row].norm, (int)i, above);
        assert_int_equal(bw_attack_result_refused(result), 0);
        bw_attack_result_free(result);
      }
    }
  binary_close(&c);
}

static void test_targets(void **state) {
  (void)state;
  binary c;
  binary_open(&c, 0, 1);
  int32_t targets[N];
  for (int i = 0; i < N; i++) targets[i] = i % 2;
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.targets = targets;
  bw_attack_result *result = contest("pgd", BW_LINF, 0.6, NULL, c.model, c.data, &o);
  for (uint64_t i = 0; i < N; i++) {
    const bw_sample_outcome *outcome = bw_attack_result_at(result, i);
    assert_int_equal(outcome->attacked, targets[i] != c.labels[i]);
    if (outcome->success) assert_int_equal(outcome->adversarial_prediction, targets[i]);
    assert_int_equal(outcome->success, outcome->attacked); /* 0.6 reaches any linear boundary of this box */
  }
  bw_attack_result_free(result);
  const char *const next[] = {"target", "next", NULL};
  result = contest("pgd", BW_LINF, 0.6, next, c.model, c.data, NULL);
  for (uint64_t i = 0; i < N; i++)
    assert_int_equal(bw_attack_result_at(result, i)->adversarial_prediction, 1 - c.labels[i]);
  bw_attack_result_free(result);
  binary_close(&c);
}

/* ---- a network ---- */

static toy net;
static bw_dataset *pictures;

static int setup(void **state) {
  (void)state;
  toy_train(&net, TOY_HONEST);
  pictures = toy_data(300, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  bw_dataset_free(pictures);
  return 0;
}

static void test_sameness(void **state) {
  (void)state;
  static const char *const names[] = {"pgd", "mi-fgsm", "noise", "fgsm", "bim"};
  static const char *const restarts[] = {"restarts", "3", "steps", "10", NULL};
  static const double eps[] = {0.15, 0.9, 3};
  bw_model *model = toy_model(&net);
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++)
      assert_sameness(names[k], (bw_norm)norm, eps[norm], k == 0 ? restarts : NULL, model, pictures);
  bw_model_free(model);
}

static void test_restarts_and_late_stop(void **state) {
  (void)state;
  bw_model *model = toy_model(&net);
  const char *const one[] = {"steps", "3", NULL}, *const five[] = {"steps", "3", "restarts", "5", NULL},
                    *const late[] = {"early_stop", "false", NULL};
  bw_attack_result *a = contest("pgd", BW_LINF, 0.1, one, model, pictures, NULL);
  bw_attack_result *b = contest("pgd", BW_LINF, 0.1, five, model, pictures, NULL);
  bw_attack_result *c = contest("pgd", BW_LINF, 0.15, NULL, model, pictures, NULL);
  bw_attack_result *d = contest("pgd", BW_LINF, 0.15, late, model, pictures, NULL);
  uint64_t more = 0, n_broken = 0;
  for (uint64_t i = 0; i < 300; i++) {
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
      assert_int_equal(bw_model_logits(model, 1, bw_attack_result_sample(c, i), early, NULL), BW_OK);
      assert_int_equal(bw_model_logits(model, 1, bw_attack_result_sample(d, i), kept, NULL), BW_OK);
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
  bw_model_free(model);
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
static bw_status liar_logits(bwi_session *s, uint64_t n, const float *samples, int direct, float *logits,
                             bw_error *err) {
  (void)s, (void)samples, (void)err;
  for (uint64_t i = 0; i < n; i++) {
    logits[2 * i] = direct ? 1 : 0;
    logits[2 * i + 1] = direct ? 0 : 1;
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
  (void)state;
  bw_model *model = toy_model_score_only(&net);
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_error err = {0};
  assert_int_equal(bw_attack_create(&attack, "pgd", BW_LINF, 0.1, NULL), BW_OK);
  assert_int_equal(bw_attack_run(&result, attack, model, pictures, NULL, &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "pgd needs more access than the model gives");
  assert_null(result);
  bw_attack_free(attack);
  result = contest("noise", BW_LINF, 0.1, NULL, model, pictures, NULL);
  bw_attack_result_free(result);
  bw_model_free(model);
}

static void test_misfits(void **state) {
  (void)state;
  const float inside[8] = {0}, outside[8] = {0, 0, 0, 1.5F};
  const int32_t labels[4] = {0, 1, 0, 1}, too_great[4] = {0, 1, 2, 1};
  const float w[2] = {1, 1};
  toy_linear plane = {.d = 2, .w = w, .upper = 1};
  bw_model *model = toy_linear_model(&plane);
  const struct {
    uint64_t n;
    uint32_t d;
    const float *samples;
    const int32_t *labels;
    const char *text;
  } rows[] = {
      {4, 2, inside, labels, ""},
      {2, 4, inside, labels, "samples have shape (4,), the model takes (2,)"},
      {4, 2, inside, too_great, "sample 2 has label 2, the model 2 classes"},
      {4, 2, outside, labels, "sample 1 holds 1.5, outside the input domain from 0 to 1"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_error err = {0};
    bw_dataset *data = toy_dataset(rows[i].n, rows[i].d, rows[i].samples, rows[i].labels);
    assert_int_equal(bwi_check_fit(model, data, &err), rows[i].text[0] == '\0' ? BW_OK : BW_EINVAL);
    assert_string_equal(err.text, rows[i].text);
    bw_dataset_free(data);
  }
  bw_model_free(model);
}

static int cancel_after(const bw_tick *tick, void *payload) {
  int *left = payload;
  assert_true(tick->done <= tick->total);
  return --*left <= 0;
}

static void test_cancelling(void **state) {
  (void)state;
  bw_model *model = toy_model(&net);
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
    assert_int_equal(bw_attack_run(&result, attack, model, pictures, &o, &err), BW_ECANCEL);
    uint64_t n_attacked = 0;
    for (uint64_t i = 0; i < 300; i++) {
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
  bw_model_free(model);
}

static void test_allocation_failures(void **state) {
  (void)state;
  bw_model *model = toy_model(&net);
  bw_dataset *few = toy_data(5, 3);
  sweep_attack("mi-fgsm", BW_LINF, 0.3, model, few);
  bw_dataset_free(few);
  bw_model_free(model);
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
  return cmocka_run_group_tests_name("attack_driver", tests, setup, teardown);
}
