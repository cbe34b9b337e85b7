/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/contest.h"
#include "support/unit.h"

/* On a linear model one step ends 2 % beyond the nearest boundary, after 1e-4 of the width of the box, which
 * is up to 0.4 % of the least distances. */
static const double beyond = 1.025;

static void test_finds_the_least_distance(void **state) {
  (void)state;
  for (uint32_t n_classes = 2; n_classes <= LINEAR_CLASSES; n_classes += 3) {
    linear l;
    linear_open(&l, n_classes, -1, 2);
    for (int norm = BW_LINF; norm <= BW_L2; norm++) {
      bw_attack_result *result = contest("deepfool", (bw_norm)norm, INFINITY, NULL, l.model, l.data, NULL);
      assert_near_optimum(result, &l, (bw_norm)norm, beyond);
      for (uint64_t i = 0; i < LINEAR_N; i++)
        assert_int_equal(bw_attack_result_at(result, i)->backwards, 2 * (n_classes - 1));
      bw_attack_result_free(result);
      assert_boundary_decides("deepfool", (bw_norm)norm, NULL, &l, beyond);
    }
    linear_close(&l);
  }
}

/* What the box cuts off, the next steps make up for on coordinates that the nearest point would not move as
 * far. */
static void test_comes_near_in_a_box(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  for (int norm = BW_LINF; norm <= BW_L2; norm++) {
    bw_attack_result *result = contest("deepfool", (bw_norm)norm, INFINITY, NULL, l.model, l.data, NULL);
    assert_near_optimum(result, &l, (bw_norm)norm, 1.1);
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

static void test_overshoot(void **state) {
  (void)state;
  static const char *const tenth[] = {"overshoot", "0.1", NULL};
  linear l;
  linear_open(&l, 5, -1, 2);
  bw_attack_result *result = contest("deepfool", BW_L2, INFINITY, tenth, l.model, l.data, NULL);
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const double ratio = (double)bw_attack_result_at(result, i)->distance / linear_distance(&l, BW_L2, i);
    assert_true(ratio > 1.1 && ratio < 1.11);
  }
  bw_attack_result_free(result);
  linear_close(&l);
}

/* Fewer classes need fewer gradients and may miss the nearest boundary, never that of the likeliest class. */
static void test_classes(void **state) {
  (void)state;
  static const char *const two[] = {"classes", "2", NULL}, *const all[] = {"classes", "5", NULL},
                           *const most[] = {"classes", "100", NULL};
  linear l;
  linear_open(&l, 5, -1, 2);
  bw_attack_result *few = contest("deepfool", BW_LINF, INFINITY, two, l.model, l.data, NULL),
                   *a = contest("deepfool", BW_LINF, INFINITY, all, l.model, l.data, NULL),
                   *b = contest("deepfool", BW_LINF, INFINITY, most, l.model, l.data, NULL);
  assert_same_results(a, b, LINEAR_D);
  int n_farther = 0;
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *p = bw_attack_result_at(few, i), *q = bw_attack_result_at(a, i);
    assert_true(p->success && p->backwards == 2 && q->backwards == 8);
    assert_true((double)p->distance >= (double)q->distance * (1 - 1e-5));
    n_farther += (double)p->distance > (double)q->distance * 1.001;
  }
  assert_in_range(n_farther, 1, LINEAR_N - 1);
  bw_attack_result_free(few);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
  linear_close(&l);
}

static void test_targets(void **state) {
  const arena *here = *state;
  static const char *const next[] = {"target", "next", NULL};
  bw_attack_result *result = contest("deepfool", BW_L2, INFINITY, next, here->model, here->pictures, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    n_broken += o->success;
    if (o->success)
      assert_int_equal(o->adversarial_prediction, (bw_dataset_label(here->pictures, i) + 1) % TOY_CLASSES);
  }
  assert_true(n_broken > bw_attack_result_count(result) / 2);
  bw_attack_result_free(result);
}

/* The way does not depend on the budget: what is found within one is what is found without. */
static void test_a_budget_only_hides(void **state) {
  const arena *here = *state;
  for (int norm = BW_LINF; norm <= BW_L2; norm++) {
    const double eps = norm == BW_LINF ? 0.12 : 0.6;
    bw_attack_result *a =
        contest("deepfool", (bw_norm)norm, INFINITY, NULL, here->model, here->pictures, NULL);
    bw_attack_result *b = contest("deepfool", (bw_norm)norm, eps, NULL, here->model, here->pictures, NULL);
    uint64_t n_hidden = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
      const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, i);
      assert_int_equal(q->success, p->success && (double)p->distance <= eps);
      assert_int_equal(p->forwards, q->forwards);
      if (q->success) assert_true(p->distance == q->distance);
      n_hidden += p->success && !q->success;
    }
    assert_true(n_hidden > 0);
    bw_attack_result_free(a);
    bw_attack_result_free(b);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const few[] = {"classes", "3", NULL}, *const next[] = {"target", "next", NULL};
  assert_sameness("deepfool", BW_LINF, 0.2, few, here->model, here->pictures);
  assert_sameness("deepfool", BW_L2, INFINITY, NULL, here->model, here->pictures);
  assert_sameness("deepfool", BW_L2, 1, next, here->model, here->pictures);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("deepfool", BW_L2, 3, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_least_distance),
      cmocka_unit_test(test_comes_near_in_a_box),
      cmocka_unit_test(test_overshoot),
      cmocka_unit_test(test_classes),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_a_budget_only_hides),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_deepfool", tests, arena_open, arena_close);
}
