/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

static const char *const names[] = {"fab", "fab-t"};
static const char *const to_the_end[] = {"early_stop", "false", "steps", "20", NULL};

/* The model is linear, so its linearisation is exact: what is left is float32 and the last search's 1 % of
 * what it could still gain. */
static void test_finds_the_least_distance(void **state) {
  (void)state;
  for (uint32_t n_classes = 2; n_classes <= LINEAR_CLASSES; n_classes += 3) {
    linear l;
    linear_open(&l, n_classes, -10, 10);
    for (int k = 0; k < 2; k++)
      for (int norm = BW_LINF; norm <= BW_L1; norm++) {
        bw_attack_result *result = contest(names[k], (bw_norm)norm, 1000, to_the_end, l.model, l.data, NULL);
        assert_near_optimum(result, &l, (bw_norm)norm, 1.002);
        bw_attack_result_free(result);
      }
    linear_close(&l);
  }
}

/* Along the line to a success the box holds nothing back; the last search may keep 1 % of the overshoot. */
static void test_finds_the_least_distance_in_a_box(void **state) {
  (void)state;
  linear l, far;
  linear_open(&l, 2, 0.2F, 0.8F);
  linear_open(&far, 2, -10, 10);
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    bw_attack_result *result = contest("fab", (bw_norm)norm, 1000, to_the_end, l.model, l.data, NULL);
    assert_near_optimum(result, &l, (bw_norm)norm, 1.02);
    bw_attack_result_free(result);
    int n_held = 0;
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      const double least = linear_distance(&l, (bw_norm)norm, i);
      n_held += isfinite(least) && least > linear_distance(&far, (bw_norm)norm, i) * 1.001;
    }
    assert_true(n_held > 3);
  }
  linear_close(&l);
  linear_close(&far);
}

static void test_budget_decides(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 5, -10, 10);
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++)
      assert_boundary_decides(names[k], (bw_norm)norm, NULL, &l, 1.003);
  linear_close(&l);
}

/* The nearest of all restarts is kept. */
static void test_restarts_only_come_nearer(void **state) {
  const arena *here = *state;
  static const char *const three[] = {"early_stop", "false", "steps", "20", "restarts", "3", NULL};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *a = contest(names[k], BW_L2, 1.5, to_the_end, here->model, here->pictures, NULL);
    bw_attack_result *b = contest(names[k], BW_L2, 1.5, three, here->model, here->pictures, NULL);
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
}

static void test_targets(void **state) {
  const arena *here = *state;
  static const char *const next[] = {"target", "next", "early_stop", "false", NULL};
  bw_attack_result *result = contest("fab", BW_L2, 6, next, here->model, here->pictures, NULL);
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

static void test_sameness(void **state) {
  const arena *here = *state;
  static const double eps[] = {0.1, 0.6, 2};
  static const char *const early[] = {"steps", "20", "restarts", "2", NULL};
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      assert_sameness(names[k], (bw_norm)norm, eps[norm], early, here->model, here->pictures);
      assert_sameness(names[k], (bw_norm)norm, 3 * eps[norm], to_the_end, here->model, here->pictures);
    }
}

static void test_gives_up_without_a_gradient(void **state) {
  const arena *here = *state;
  toy masked;
  toy_train(&masked, TOY_STAIRCASE);
  bw_model *blind = toy_model(&masked);
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      bw_attack_result *result =
          contest(names[k], (bw_norm)norm, 0.1, to_the_end, blind, here->pictures, NULL);
      for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
        assert_int_equal(bw_attack_result_at(result, i)->success, 0);
      bw_attack_result_free(result);
    }
  bw_model_free(blind);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("fab", BW_L2, 3, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_least_distance),
      cmocka_unit_test(test_finds_the_least_distance_in_a_box),
      cmocka_unit_test(test_budget_decides),
      cmocka_unit_test(test_restarts_only_come_nearer),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_gives_up_without_a_gradient),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_fab", tests, arena_open, arena_close);
}
