/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/sweep.h"
#include "support/toy.h"
#include "support/unit.h"

static toy net;
static bw_dataset *pictures;
static bw_model *model;
static char resume_path[] = "/tmp/bulwark-resume-XXXXXX";

static int setup(void **state) {
  (void)state;
  toy_train(&net, TOY_HONEST);
  pictures = toy_data(90, 1);
  model = toy_model(&net);
  const int file = mkstemp(resume_path);
  assert_true(file >= 0);
  close(file);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  bw_model_free(model);
  bw_dataset_free(pictures);
  unlink(resume_path);
  return 0;
}

static void assert_near(double value, double wanted, double tolerance) {
  if (!(fabs(value - wanted) <= tolerance))
    fail_msg("%.17g, wanted %.17g within %g", value, wanted, tolerance);
}

static bw_evaluation_options usual(void) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.eps = 0.1;
  o.n_budgets = 4;
  o.attacks = "fgsm,pgd:steps=10,noise:draws=5";
  o.checks = 0;
  o.threads = 1;
  return o;
}

static bw_evaluation *evaluate(const bw_evaluation_options *o, bw_status wanted) {
  bw_evaluation *e = NULL;
  bw_error err = {0};
  const bw_status status = bw_evaluation_run(&e, model, pictures, o, &err);
  if (status != wanted) fail_msg("%s, not %s: %s", bw_status_text(status), bw_status_text(wanted), err.text);
  return e;
}

/* An attack that draws five points for a sample, and stops at the first success. */
static void test_query_curve(void **state) {
  (void)state;
  static const uint64_t queries[] = {1, 2, 3, 4, 5};
  bw_evaluation_options o = usual();
  o.attacks = "noise:draws=5,pgd:steps=10";
  bw_evaluation *e = evaluate(&o, BW_OK);
  const bw_attack_summary noise = bw_evaluation_attack(e, 0);
  const uint64_t right = bw_evaluation_summarise(e).clean_accuracy.hits;
  assert_int_equal(noise.n_query_points, 5);
  assert_int_equal(bw_evaluation_attack(e, 1).n_query_points, 0);
  assert_false(noise.nearest);
  for (uint32_t k = 0; k < 5; k++) {
    const bw_query_point p = bw_evaluation_query_point(e, 0, k);
    assert_int_equal(p.queries, queries[k]);
    assert_int_equal(p.broken.trials, right);
    assert_true(k == 0 || p.broken.hits >= bw_evaluation_query_point(e, 0, k - 1).broken.hits);
  }
  const bw_query_point last = bw_evaluation_query_point(e, 0, 4);
  assert_true(last.broken.hits > 0);
  assert_int_equal(last.broken.hits, noise.broken);
  assert_int_equal(right - noise.broken, noise.remaining.hits);
  assert_true(last.median_distance == noise.median_distance);
  bw_evaluation_free(e);
}

/* Every figure recounted from the samples. */
static void test_figures(void **state) {
  (void)state;
  const bw_evaluation_options o = usual();
  bw_evaluation *e = evaluate(&o, BW_OK);
  const bw_evaluation_summary s = bw_evaluation_summarise(e);
  assert_true(s.complete && s.n_attacks == 3 && s.n_budgets == 5 && s.n_classes == TOY_CLASSES &&
              s.norm == BW_LINF && s.eps == 0.1);
  assert_int_equal(bw_evaluation_n_samples(e), 90);
  uint64_t right = 0, robust = 0, by[3] = {0};
  for (uint64_t i = 0; i < 90; i++) {
    const bw_evaluated_sample x = bw_evaluation_sample(e, i);
    assert_int_equal(x.origin, i);
    right += x.clean_prediction == x.label;
    robust += x.clean_prediction == x.label && x.broken_by < 0;
    if (x.broken_by < 0) {
      assert_ptr_equal(x.clean, x.adversarial);
      assert_true(isnan(x.distance));
      continue;
    }
    by[x.broken_by]++;
    assert_int_not_equal(x.adversarial_prediction, x.label);
    assert_true(x.distance <= 0.1F + 1e-6F);
    float logits[TOY_CLASSES];
    assert_int_equal(bw_model_logits(model, 1, x.adversarial, logits, NULL), BW_OK);
    assert_int_equal(bwi_predict(TOY_CLASSES, logits), x.adversarial_prediction);
  }
  assert_int_equal(s.clean_accuracy.hits, right);
  assert_int_equal(s.robust_accuracy.hits, robust);
  assert_int_equal(s.robust_accuracy.trials, 90);
  assert_true(by[0] > 0 && by[1] > 0);
  uint64_t right_after = right;
  const bw_attack_summary fgsm = bw_evaluation_attack(e, 0);
  assert_string_equal(fgsm.name, "fgsm");
  assert_string_equal(fgsm.configuration, "linf eps=0.1 loss=ce");
  assert_int_equal(fgsm.backwards, right);
  for (uint32_t k = 0; k < 3; k++) {
    assert_int_equal(bw_evaluation_attack(e, k).attacked, right_after);
    assert_int_equal(bw_evaluation_attack(e, k).broken, by[k]);
    right_after -= by[k];
    assert_int_equal(bw_evaluation_attack(e, k).remaining.hits, right_after);
    assert_int_equal(bw_evaluation_attack(e, k).remaining.trials, 90);
  }
  assert_int_equal(right_after, robust);
  assert_true(fgsm.broken_8bit <= fgsm.broken && fgsm.mean_distance <= 0.1001);
  uint64_t count = 0;
  for (uint32_t c = 0; c < s.n_classes; c++) {
    const bw_class_row row = bw_evaluation_class(e, c);
    count += row.count;
    assert_true(row.robust <= row.clean_right && row.clean_right <= row.count &&
                row.confused_with != row.label);
  }
  assert_int_equal(count, 90);
  assert_int_equal(bw_evaluation_budget(e, 0).robust_accuracy.hits, right);
  assert_int_equal(bw_evaluation_budget(e, 2).robust_accuracy.hits <= robust,
                   1); /* eps, smaller budgets counted in */
  for (uint32_t k = 1; k < 5; k++) {
    assert_near(bw_evaluation_budget(e, k).eps, 0.05 * k, 1e-12);
    assert_true(bw_evaluation_budget(e, k).robust_accuracy.hits <=
                bw_evaluation_budget(e, k - 1).robust_accuracy.hits);
  }
  bw_evaluation_free(e);
}

static void assert_same(const bw_evaluation *a, const bw_evaluation *b) {
  const bw_evaluation_summary s = bw_evaluation_summarise(a), t = bw_evaluation_summarise(b);
  assert_int_equal(s.n_attacks, t.n_attacks);
  assert_int_equal(s.n_budgets, t.n_budgets);
  assert_int_equal(s.robust_accuracy.hits, t.robust_accuracy.hits);
  for (uint32_t k = 0; k < s.n_attacks; k++) {
    const bw_attack_summary p = bw_evaluation_attack(a, k), q = bw_evaluation_attack(b, k);
    assert_int_equal(p.broken, q.broken);
    assert_int_equal(p.broken_8bit, q.broken_8bit);
    assert_int_equal(p.forwards, q.forwards);
    assert_int_equal(p.backwards, q.backwards);
    assert_int_equal(p.remaining.hits, q.remaining.hits);
    assert_int_equal(p.n_query_points, q.n_query_points);
    for (uint32_t j = 0; j < p.n_query_points; j++) {
      const bw_query_point here = bw_evaluation_query_point(a, k, j),
                           there = bw_evaluation_query_point(b, k, j);
      assert_int_equal(here.queries, there.queries);
      assert_int_equal(here.broken.hits, there.broken.hits);
      assert_true(here.median_distance == there.median_distance ||
                  (isnan(here.median_distance) && isnan(there.median_distance)));
    }
  }
  for (uint32_t k = 0; k < s.n_budgets; k++)
    assert_int_equal(bw_evaluation_budget(a, k).robust_accuracy.hits,
                     bw_evaluation_budget(b, k).robust_accuracy.hits);
  for (uint64_t i = 0; i < bw_evaluation_n_samples(a); i++) {
    const bw_evaluated_sample p = bw_evaluation_sample(a, i), q = bw_evaluation_sample(b, i);
    assert_int_equal(p.broken_by, q.broken_by);
    assert_int_equal(p.adversarial_prediction, q.adversarial_prediction);
    assert_memory_equal(p.adversarial, q.adversarial, TOY_D * sizeof(float));
  }
}

static void test_sameness(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  o.batch = 1;
  bw_evaluation *one = evaluate(&o, BW_OK);
  const uint32_t batches[] = {7, 256, 256}, threads[] = {1, 1, 2};
  for (int v = 0; v < 3; v++) {
    o.batch = batches[v];
    o.threads = threads[v];
    bw_evaluation *other = evaluate(&o, BW_OK);
    assert_same(one, other);
    bw_evaluation_free(other);
  }
  bw_evaluation_free(one);
}

/* A part has the samples' own verdicts. */
static void test_part(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  bw_evaluation *all = evaluate(&o, BW_OK);
  o.samples = 20;
  o.attacks = "fgsm,pgd:steps=10,noise:draws=5";
  bw_evaluation *part = evaluate(&o, BW_OK), *again = evaluate(&o, BW_OK);
  assert_int_equal(bw_evaluation_n_samples(part), 20);
  uint64_t last = 0;
  for (uint64_t i = 0; i < 20; i++) {
    const bw_evaluated_sample x = bw_evaluation_sample(part, i), y = bw_evaluation_sample(all, x.origin);
    assert_int_equal(x.origin, bw_evaluation_sample(again, i).origin);
    assert_true(i == 0 || x.origin > last);
    last = x.origin;
    assert_int_equal(x.broken_by, y.broken_by);
  }
  o.seed = 1;
  bw_evaluation *other = evaluate(&o, BW_OK);
  uint64_t n_different = 0;
  for (uint64_t i = 0; i < 20; i++)
    n_different += bw_evaluation_sample(part, i).origin != bw_evaluation_sample(other, i).origin;
  assert_true(n_different > 0);
  bw_evaluation_free(other);
  bw_evaluation_free(again);
  bw_evaluation_free(part);
  bw_evaluation_free(all);
}

static int cancel_after(const bw_tick *tick, void *payload) {
  (void)tick;
  int *left = payload;
  return --*left <= 0;
}

/* Interrupted again and again, the evaluation ends as if it had not been. */
static void test_resume(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  bw_evaluation *straight = evaluate(&o, BW_OK), *e = NULL;
  unlink(resume_path);
  o.resume_path = resume_path;
  int interruptions = 0;
  for (int after = 20;; after += 4, interruptions++) {
    int left = after;
    o.progress = (bw_progress){cancel_after, &left};
    bw_error err = {0};
    const bw_status status = bw_evaluation_run(&e, model, pictures, &o, &err);
    if (status == BW_OK) break;
    assert_int_equal(status, BW_ECANCEL);
    assert_false(bw_evaluation_summarise(e).complete);
    assert_true(bw_evaluation_summarise(e).n_attacks <= 3);
    bw_evaluation_free(e);
    assert_true(interruptions < 200);
  }
  assert_true(interruptions > 2);
  assert_same(straight, e);
  bw_evaluation_free(e);
  bw_evaluation_free(straight);
}

/* What an attack made for all samples is kept, too, for the page to show. */
static void test_resume_keeps_universal_perturbations(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  unlink(resume_path);
  o.resume_path = resume_path;
  o.attacks = "fgsm,uap-sgd:passes=2";
  bw_evaluation *first = evaluate(&o, BW_OK), *resumed = evaluate(&o, BW_OK);
  assert_null(resumed->universals[0]);
  assert_non_null(first->universals[1]);
  assert_non_null(resumed->universals[1]);
  assert_memory_equal(first->universals[1], resumed->universals[1], TOY_D * sizeof(float));
  bw_evaluation_free(first);
  bw_evaluation_free(resumed);
}

static void test_foreign_resume_files(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  unlink(resume_path);
  o.resume_path = resume_path;
  bw_evaluation_free(evaluate(&o, BW_OK));
  bw_evaluation_options other = o;
  other.seed = 5;
  assert_null(evaluate(&other, BW_EINVAL));
  other = o;
  other.attacks = "fgsm,pgd:steps=11,noise:draws=5";
  assert_null(evaluate(&other, BW_EINVAL));
  other = o;
  other.eps = 0.11;
  assert_null(evaluate(&other, BW_EINVAL));
  other = o;
  other.samples = 30;
  assert_null(evaluate(&other, BW_EINVAL));
  other = o;
  other.batch = 3; /* changes no result, so is no other configuration */
  bw_evaluation_free(evaluate(&other, BW_OK));
  assert_int_equal(bwi_file_write(resume_path, "nonsense", 8, NULL), BW_OK);
  assert_null(evaluate(&o, BW_EFORMAT));
}

static void test_refused_options(void **state) {
  (void)state;
  bw_evaluation_options o = usual();
  o.eps = -1;
  assert_null(evaluate(&o, BW_EINVAL));
  o = usual();
  o.norm = BW_L0;
  assert_null(evaluate(&o, BW_EINVAL));
  o = usual();
  o.confidence = 1;
  assert_null(evaluate(&o, BW_EINVAL));
  o = usual();
  o.attacks = "unknown";
  assert_null(evaluate(&o, BW_EINVAL));
}

/* A caller compiled against a shorter struct gets the defaults of what it does not know. */
static void test_older_callers(void **state) {
  (void)state;
  bw_evaluation_options o;
  memset(&o, 0xAA, sizeof o);
  const size_t shorter = offsetof(bw_evaluation_options, samples);
  bw_evaluation_options_init(&o, shorter);
  assert_int_equal(((const uint8_t *)&o)[shorter], 0xAA);
  o.attacks = "fgsm";
  o.n_budgets = 0;
  bw_evaluation *e = evaluate(&o, BW_OK);
  assert_near(bw_evaluation_summarise(e).eps, 0.3, 0);
  assert_int_equal(bw_evaluation_summarise(e).n_budgets, 0);
  bw_evaluation_free(e);
}

static bw_status evaluate_once(void *payload) {
  bw_evaluation *e = NULL;
  bw_evaluation_options o = usual();
  o.attacks = "fgsm,bim:steps=2,noise:draws=2";
  o.n_budgets = 2;
  o.samples = 6;
  o.checks = *(const int *)payload;
  const bw_status status = bw_evaluation_run(&e, model, pictures, &o, NULL);
  bw_evaluation_free(e);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  int checks = 1;
  assert_true(sweep_allocations(evaluate_once, &checks) > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_figures),
      cmocka_unit_test(test_query_curve),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_part),
      cmocka_unit_test(test_resume),
      cmocka_unit_test(test_resume_keeps_universal_perturbations),
      cmocka_unit_test(test_foreign_resume_files),
      cmocka_unit_test(test_refused_options),
      cmocka_unit_test(test_older_callers),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("eval_evaluation", tests, setup, teardown);
}
