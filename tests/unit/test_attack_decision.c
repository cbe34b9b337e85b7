/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks that see labels only. */
#include <math.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

/* Settings that take a search near its end, the distance it then reaches as a multiple of the least, and
 * fewer queries for what does not need that. */
typedef struct method {
  const char *name;
  bw_norm norm;
  const char *const *thorough;
  double factor;
  const char *const *quick;
  bool may_end; /* before its queries are used up */
} method;

static const char *const
    hsj_thorough[] = {"steps", "12", "init_evals", "60", NULL},
    *const hsj_quick[] = {"steps", "2", "init_evals", "20", "restarts", "2", NULL},
    *const walk_thorough[] = {"steps", "5000", NULL}, *const walk_quick[] = {"steps", "60", NULL},
    *const turn_thorough[] = {"steps", "12", "probes", "60", "starts", "10", NULL},
    *const turn_quick[] = {"steps", "2", "probes", "20", "starts", "3", NULL},
    *const plane_thorough[] = {"queries", "2500", NULL}, *const plane_quick[] = {"queries", "150", NULL};

static const method methods[] = {
    {"hopskipjump", BW_L2, hsj_thorough, 1.05, hsj_quick},
    {"hopskipjump", BW_LINF, hsj_thorough, 1.15, hsj_quick},
    {"boundary", BW_L2, walk_thorough, 1.05, walk_quick},
    {"sign-opt", BW_L2, turn_thorough, 1.05, turn_quick},
    {"geoda", BW_L2, plane_thorough, 1.1, plane_quick, true},
    {"geoda", BW_LINF, plane_thorough, 1.15, plane_quick, true},
    {"geoda", BW_L1, plane_thorough, 1.2, plane_quick, true},
};
enum { N_METHODS = sizeof methods / sizeof *methods };

/* The boundary of a linear model is flat: estimates of its direction have no bias, only noise. Of several
 * boundaries the first point decides which one is followed, and that need not be the nearest. */
static void test_finds_the_least_distance(void **state) {
  (void)state;
  for (uint32_t n_classes = 2; n_classes <= LINEAR_CLASSES; n_classes += 3)
    for (int k = 0; k < N_METHODS; k++) {
      const method *m = &methods[k];
      linear l;
      linear_open(&l, n_classes, -1, 2);
      bw_attack_result *result = contest(m->name, m->norm, INFINITY, m->thorough, l.model, l.data, NULL);
      assert_near_optimum(result, &l, m->norm, n_classes == 2 ? m->factor : 2.5);
      bw_attack_result_free(result);
      linear_close(&l);
    }
}

static void test_budget_decides(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, -1, 2);
  for (int k = 0; k < N_METHODS; k++)
    assert_boundary_decides(methods[k].name, methods[k].norm, methods[k].thorough, &l, methods[k].factor);
  linear_close(&l);
}

static void test_sameness(void **state) {
  const arena *here = *state;
  for (int k = 0; k < N_METHODS; k++) {
    const double eps = methods[k].norm == BW_LINF ? 0.2 : methods[k].norm == BW_L2 ? 1.2 : 4;
    assert_sameness(methods[k].name, methods[k].norm, eps, methods[k].quick, here->model, here->pictures);
    assert_sameness(methods[k].name, methods[k].norm, INFINITY, methods[k].quick, here->model,
                    here->pictures);
  }
}

/* A sample that resists is asked about exactly so often, a small number that ends any phase included. */
static void test_counts_queries(void **state) {
  const arena *here = *state;
  static const char *const texts[] = {"1", "3", "20", "150"};
  static const uint32_t numbers[] = {1, 3, 20, 150};
  for (int k = 0; k < N_METHODS; k++)
    for (size_t q = 0; q < sizeof numbers / sizeof *numbers; q++) {
      const char *const settings[] = {"queries", texts[q], NULL};
      bw_attack_result *result =
          contest(methods[k].name, methods[k].norm, 1e-6, settings, here->model, here->pictures, NULL);
      for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
        const bw_sample_outcome *o = bw_attack_result_at(result, i);
        assert_int_equal(o->backwards, 0);
        assert_int_equal(o->success, 0);
        assert_true(o->forwards <= numbers[q]);
        if (o->attacked && !methods[k].may_end) assert_int_equal(o->forwards, numbers[q]);
      }
      assert_int_equal(bw_attack_result_refused(result), 0);
      bw_attack_result_free(result);
    }
}

/* Towards a class the search starts at a sample of it. */
static void test_targets(void **state) {
  const arena *here = *state;
  static const char *const next[] = {"target", "next", "queries", "600", NULL};
  for (int k = 0; k < N_METHODS; k++) {
    bw_attack_result *result =
        contest(methods[k].name, methods[k].norm, INFINITY, next, here->model, here->pictures, NULL);
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      assert_int_equal(o->success, 1);
      assert_int_equal(o->adversarial_prediction, (bw_dataset_label(here->pictures, i) + 1) % TOY_CLASSES);
    }
    bw_attack_result_free(result);
  }
}

static double median_distance(const bw_attack_result *result) {
  double values[256];
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
    if (bw_attack_result_at(result, i)->success)
      values[n++] = (double)bw_attack_result_at(result, i)->distance;
  assert_true(n > 50);
  for (uint64_t i = 1; i < n; i++)
    for (uint64_t j = i; j > 0 && values[j] < values[j - 1]; j--) {
      const double kept = values[j];
      values[j] = values[j - 1];
      values[j - 1] = kept;
    }
  return values[n / 2];
}

static void test_more_queries_come_nearer(void **state) {
  const arena *here = *state;
  static const char *const few[] = {"queries", "250", NULL}, *const many[] = {"queries", "1500", NULL};
  for (int k = 0; k < N_METHODS; k++) {
    bw_attack_result *a =
        contest(methods[k].name, methods[k].norm, INFINITY, few, here->model, here->pictures, NULL);
    bw_attack_result *b =
        contest(methods[k].name, methods[k].norm, INFINITY, many, here->model, here->pictures, NULL);
    if (!(median_distance(b) < 0.95 * median_distance(a)))
      fail_msg("%s: %g, then %g", methods[k].name, median_distance(a), median_distance(b));
    bw_attack_result_free(a);
    bw_attack_result_free(b);
  }
}

/* The authors' probes of hopskipjump have the size of the distance before the search. */
static void test_fidelity_changes_hopskipjump(void **state) {
  const arena *here = *state;
  static const char *const clean[] = {"steps", "4", NULL}, *const faithful[] = {"steps", "4", "fidelity",
                                                                                "reference", NULL};
  bw_attack_result *a = contest("hopskipjump", BW_L2, INFINITY, clean, here->model, here->pictures, NULL);
  bw_attack_result *b = contest("hopskipjump", BW_L2, INFINITY, faithful, here->model, here->pictures, NULL);
  uint64_t n_other = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++)
    n_other += bw_attack_result_at(a, i)->distance != bw_attack_result_at(b, i)->distance;
  assert_true(n_other > 50);
  assert_true(fabs(median_distance(a) / median_distance(b) - 1) < 0.1);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  static const char *const names[] = {"hopskipjump", "boundary", "sign-opt", "geoda"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) sweep_attack(names[k], BW_L2, 3, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_least_distance),
      cmocka_unit_test(test_budget_decides),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_counts_queries),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_more_queries_come_nearer),
      cmocka_unit_test(test_fidelity_changes_hopskipjump),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_decision", tests, arena_open, arena_close);
}
