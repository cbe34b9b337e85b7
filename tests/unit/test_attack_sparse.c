/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient attacks that change few coordinates: JSMA and sigma-zero. */
#include <math.h>
#include <string.h>

#include "support/contest.h"
#include "support/unit.h"

static const char *const names[] = {"jsma", "sigma-zero"};

/* On two classes the pair of greatest saliency has the two greatest weights, and moves them to the edge of
 * the box, as the nearest point does; an odd number of coordinates costs JSMA one more. Weights of the other
 * sign only move down, which theta = 1 cannot. */
static void test_jsma_takes_the_steepest_pairs(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  bw_attack_result *result = contest("jsma", BW_L0, INFINITY, NULL, l.model, l.data, NULL);
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    if (!o->success) continue;
    const float *x = bw_attack_result_sample(result, i), *clean = l.samples + i * LINEAR_D;
    const int own = l.labels[i];
    double weakest = INFINITY, strongest = 0;
    for (int j = 0; j < LINEAR_D; j++) {
      const double weight = (double)l.weights[1 - own][j], gain = weight - (double)l.weights[own][j];
      assert_true(x[j] == clean[j] || x[j] == 1);
      if (x[j] != clean[j])
        weakest = fmin(weakest, gain);
      else
        strongest = fmax(strongest, fmin(weight, -(double)l.weights[own][j]));
    }
    assert_true((int)o->distance % 2 == 0);
    assert_true(weakest > 0 || strongest < 0.5);
    assert_true((double)o->distance >= linear_distance(&l, BW_L0, i));
  }
  bw_attack_result_free(result);
  linear_close(&l);
}

/* With all classes tried the nearest is kept: never farther than the likeliest alone. */
static void test_jsma_tries_classes(void **state) {
  const arena *here = *state;
  static const char *const one[] = {"targets", "1", NULL};
  bw_attack_result *a = contest("jsma", BW_L0, INFINITY, one, here->model, here->pictures, NULL),
                   *b = contest("jsma", BW_L0, INFINITY, NULL, here->model, here->pictures, NULL);
  uint64_t n_nearer = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
    const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, i);
    assert_true(q->success >= p->success);
    if (!p->success) continue;
    assert_true(q->distance <= p->distance);
    n_nearer += q->distance < p->distance;
  }
  assert_true(n_nearer > 0);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
}

/* gamma limits how many coordinates change; a negative theta only darkens. */
static void test_jsma_options(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"gamma", "0.12", "theta", "-0.5", NULL};
  bw_attack_result *result = contest("jsma", BW_L0, INFINITY, settings, here->model, here->pictures, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    n_broken += o->success;
    if (!o->success) continue;
    const float *x = bw_attack_result_sample(result, i), *clean = bw_dataset_sample(here->pictures, i);
    assert_true((double)o->distance <= 0.12 * TOY_D);
    for (int j = 0; j < TOY_D; j++) assert_true(x[j] <= clean[j]);
  }
  assert_true(n_broken > 0 && n_broken < bw_attack_result_count(result));
  bw_attack_result_free(result);
}

/* The fewest coordinates are those of greatest gain; sigma-zero finds them or one more. */
static void test_sigma_zero_finds_the_fewest(void **state) {
  (void)state;
  for (uint32_t n_classes = 2; n_classes <= LINEAR_CLASSES; n_classes += 3) {
    linear l;
    linear_open(&l, n_classes, 0, 1);
    bw_attack_result *result = contest("sigma-zero", BW_L0, INFINITY, NULL, l.model, l.data, NULL);
    uint64_t n_fewest = 0;
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      const double least = linear_distance(&l, BW_L0, i);
      assert_int_equal(o->success, isfinite(least));
      if (!o->success) continue;
      assert_true((double)o->distance >= least && (double)o->distance <= least + 1);
      n_fewest += (double)o->distance == least;
    }
    if (n_fewest < LINEAR_N * 3 / 4) fail_msg("%d of the fewest", (int)n_fewest);
    bw_attack_result_free(result);
    linear_close(&l);
  }
}

static void test_targets(void **state) {
  const arena *here = *state;
  static const char *const next[] = {"target", "next", NULL};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *result = contest(names[k], BW_L0, 20, next, here->model, here->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      n_broken += o->success;
      if (o->success)
        assert_int_equal(o->adversarial_prediction, (bw_dataset_label(here->pictures, i) + 1) % TOY_CLASSES);
    }
    assert_int_equal(bw_attack_result_refused(result), 0);
    if (n_broken < 60) fail_msg("%s: %d broken", names[k], (int)n_broken);
    bw_attack_result_free(result);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const few[] = {"targets", "2", "theta", "0.5", NULL}, *const hundred[] = {"steps", "60",
                                                                                               NULL};
  for (int budget = 0; budget < 2; budget++) {
    const double eps = budget ? 6 : INFINITY;
    assert_sameness("jsma", BW_L0, eps, few, here->model, here->pictures);
    assert_sameness("sigma-zero", BW_L0, eps, hundred, here->model, here->pictures);
  }
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  for (int k = 0; k < 2; k++) sweep_attack(names[k], BW_L0, 9, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jsma_takes_the_steepest_pairs),
      cmocka_unit_test(test_jsma_tries_classes),
      cmocka_unit_test(test_jsma_options),
      cmocka_unit_test(test_sigma_zero_finds_the_fewest),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_sparse", tests, arena_open, arena_close);
}
