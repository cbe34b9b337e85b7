/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks that descend to the nearest success: what holds for each of them, then what their options do.
 */
#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

typedef struct row {
  const char *name;
  bw_norm norm;
  double open, boxed; /* greatest multiple of the least distance that is left in a box that is in nobody's
                         way, and in one whose faces samples lie on */
  const char *settings[11];
} row;

/* Of a linear model with two classes. cw-linf ends where a tenth less gives no success. In L0 the coordinates
 * that close the gap best are not those of greatest gradient when the box is near; one more of two. */
static const row rows[] = {
    {"cw", BW_L2, 1.02, 1.01, {"steps", "400", "rate", "0.02", NULL}},
    {"cw-linf", BW_LINF, 1.2, 1.12, {"steps", "200", "rate", "0.01", "c_factor", "4", NULL}},
    {"cw-l0", BW_L0, 1, 1.5, {"steps", "60", "rate", "0.05", "c_factor", "10", NULL}},
    {"ddn", BW_L2, 1.002, 1.002, {"levels", "0", "length", "0.05", "steps", "200", NULL}},
    {"fmn", BW_LINF, 1.002, 1.002, {"steps", "200", NULL}},
    {"fmn", BW_L2, 1.002, 1.002, {"steps", "200", NULL}},
    {"fmn", BW_L1, 1.002, 1.01, {"steps", "200", NULL}},
    {"fmn", BW_L0, 1, 1.5, {"steps", "200", NULL}},
    {"ead", BW_L1, 1.02, 1.15, {"rule", "l1", "beta", "0.02", "steps", "300", NULL}},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static void assert_all_near(const linear *l, int k, double factor) {
  bw_attack_result *result =
      contest(rows[k].name, rows[k].norm, INFINITY, rows[k].settings, l->model, l->data, NULL);
  assert_near_optimum(result, l, rows[k].norm, factor);
  bw_attack_result_free(result);
}

static void test_finds_the_least_distance(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, -2, 3);
  for (int k = 0; k < N_ROWS; k++) assert_all_near(&l, k, rows[k].open);
  linear_close(&l);
}

/* Of a face of the box the variable of cw would never come back but for the millionth. */
static void test_finds_the_least_distance_from_faces(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0.2F, 0.8F);
  int n_on_faces = 0;
  for (int j = 0; j < LINEAR_N * LINEAR_D; j++)
    n_on_faces += l.samples[j] == l.lower || l.samples[j] == l.upper;
  assert_true(n_on_faces > 100);
  for (int k = 0; k < N_ROWS; k++) assert_all_near(&l, k, rows[k].boxed);
  linear_close(&l);
}

/* The likeliest class, which the margin goes for, is not always the one whose boundary is nearest: the same
 * sample ends at the same other boundary with all attacks. */
static void test_finds_a_boundary_among_many(void **state) {
  (void)state;
  linear l;
  linear_open(&l, LINEAR_CLASSES, -2, 3);
  for (int k = 0; k < N_ROWS; k++) assert_all_near(&l, k, rows[k].norm == BW_L0 ? 2 : 1.6);
  linear_close(&l);
}

static void test_budget_decides(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, -2, 3);
  for (int k = 0; k < N_ROWS; k++)
    assert_boundary_decides(rows[k].name, rows[k].norm, rows[k].settings, &l, rows[k].open * 1.001);
  linear_close(&l);
}

/* ---- a network ---- */

static const char *const few_steps[] = {"steps", "20", NULL};
/* c begins where successes are, so that few steps meet some. */
static const char *const few_searches[] = {"steps", "20", "searches", "3", "c", "1", "rate", "0.05", NULL};
static const char *const few_bounds[] = {"steps", "10", "c", "1", "rate", "0.05", "c_factor", "10", NULL};

static const char *const *brief(const char *name) {
  if (strcmp(name, "cw") == 0 || strcmp(name, "ead") == 0) return few_searches;
  return strncmp(name, "cw", 2) == 0 ? few_bounds : few_steps;
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const double eps[] = {0.15, 1, 4, 6};
  bw_dataset *pictures = toy_data(40, 1);
  for (int k = 0; k < N_ROWS; k++) {
    const row *r = &rows[k];
    assert_sameness(r->name, r->norm, INFINITY, brief(r->name), here->model, pictures);
    assert_sameness(r->name, r->norm, eps[r->norm], brief(r->name), here->model, pictures);
  }
  bw_dataset_free(pictures);
}

static void test_targets(void **state) {
  const arena *here = *state;
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  int32_t targets[120];
  for (uint64_t i = 0; i < 120; i++) targets[i] = (bw_dataset_label(here->pictures, i) + 1) % TOY_CLASSES;
  o.targets = targets;
  for (int k = 0; k < N_ROWS; k++) {
    bw_attack_result *result =
        contest(rows[k].name, rows[k].norm, INFINITY, brief(rows[k].name), here->model, here->pictures, &o);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < 120; i++) {
      const bw_sample_outcome *outcome = bw_attack_result_at(result, i);
      n_broken += outcome->success;
      if (outcome->success) assert_int_equal(outcome->adversarial_prediction, targets[i]);
    }
    if (n_broken < 60) fail_msg("%s, norm %d: %d broken", rows[k].name, rows[k].norm, (int)n_broken);
    bw_attack_result_free(result);
  }
}

/* Only ddn has a way on: it turns at random, and there are successes at its distances. */
static void test_without_a_gradient(void **state) {
  const arena *here = *state;
  toy masked;
  toy_train(&masked, TOY_STAIRCASE);
  bw_model *blind = toy_model(&masked);
  for (int k = 0; k < N_ROWS; k++) {
    bw_attack_result *result =
        contest(rows[k].name, rows[k].norm, INFINITY, brief(rows[k].name), blind, here->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
      n_broken += bw_attack_result_at(result, i)->success;
    assert_int_equal(n_broken > 0, strcmp(rows[k].name, "ddn") == 0);
    bw_attack_result_free(result);
  }
  bw_model_free(blind);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("ddn", BW_L2, 9, here->model);
  sweep_attack("fmn", BW_L0, 20, here->model);
  sweep_attack("ead", BW_L1, 20, here->model);
}

/* ---- options ---- */

/* Each sample takes the next c when its own loss is stuck. */
static void test_cw_gives_up_for_each_sample(void **state) {
  const arena *here = *state;
  static const char *const stubborn[] = {"steps", "100", "searches",    "2",     "rate", "0.05",
                                         "c",     "1",   "abort_early", "false", NULL};
  static const char *const easy[] = {"steps", "100", "searches", "2", "rate", "0.05", "c", "1", NULL};
  bw_attack_result *a = contest("cw", BW_L2, INFINITY, stubborn, here->model, here->pictures, NULL);
  bw_attack_result *b = contest("cw", BW_L2, INFINITY, easy, here->model, here->pictures, NULL);
  uint64_t least = UINT64_MAX, most = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
    const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, i);
    if (!p->attacked) continue;
    assert_int_equal(p->backwards, 200);
    least = q->backwards < least ? q->backwards : least;
    most = q->backwards > most ? q->backwards : most;
  }
  assert_true(least < most && most <= 200);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
}

static void test_confidence(void **state) {
  const arena *here = *state;
  static const char *const sure[] = {"confidence", "2", "steps", "50", "c", "1", "rate", "0.05", NULL};
  static const char *const names[] = {"cw", "ead"};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *result =
        contest(names[k], k == 0 ? BW_L2 : BW_L1, INFINITY, sure, here->model, here->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      float logits[TOY_CLASSES], cotangent[TOY_CLASSES];
      if (!bw_attack_result_at(result, i)->success) continue;
      n_broken++;
      assert_int_equal(bw_model_logits(here->model, 1, bw_attack_result_sample(result, i), logits, NULL),
                       BW_OK);
      const double margin = bwi_loss_eval(BWI_LOSS_MARGIN, TOY_CLASSES, logits,
                                          bw_dataset_label(here->pictures, i), -1, cotangent);
      assert_true(margin >= 2 && margin < 4); /* and not much surer, at the nearest */
    }
    assert_true(n_broken > 60);
    bw_attack_result_free(result);
  }
}

/* Every iterate has 8 bits, so that rounding the result changes nothing. */
static void test_ddn_levels(void **state) {
  const arena *here = *state;
  static const char *const fine[] = {"levels", "0", NULL};
  for (int rounds = 0; rounds < 2; rounds++) {
    bw_attack_result *result =
        contest("ddn", BW_L2, INFINITY, rounds ? NULL : fine, here->model, here->pictures, NULL);
    int n_between = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const float *x = bw_attack_result_sample(result, i);
      if (!bw_attack_result_at(result, i)->success) continue;
      for (int j = 0; j < TOY_D; j++) {
        const double level = 255 * (double)x[j];
        n_between += fabs(level - nearbyint(level)) > 1e-4;
      }
    }
    assert_int_equal(n_between > 0, !rounds);
    bw_attack_result_free(result);
  }
}

static void measure_both(const bw_attack_result *result, const bw_dataset *data, uint64_t i, double *elastic,
                         double *l1) {
  const float *x = bw_attack_result_sample(result, i), *clean = bw_dataset_sample(data, i);
  *l1 = bwi_distance(BW_L1, TOY_D, x, clean);
  *elastic = pow(bwi_distance(BW_L2, TOY_D, x, clean), 2) + 0.02 * *l1;
}

/* The rule chooses among the same iterates. */
static void test_ead_rules(void **state) {
  const arena *here = *state;
  static const char *const en[] = {"rule", "en", "beta", "0.02", "c", "1", "steps", "50", NULL};
  static const char *const l1[] = {"rule", "l1", "beta", "0.02", "c", "1", "steps", "50", NULL};
  bw_attack_result *a = contest("ead", BW_L1, INFINITY, en, here->model, here->pictures, NULL);
  bw_attack_result *b = contest("ead", BW_L1, INFINITY, l1, here->model, here->pictures, NULL);
  int n_different = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
    if (!bw_attack_result_at(a, i)->success) continue;
    double elastic_a = 0, l1_a = 0, elastic_b = 0, l1_b = 0;
    measure_both(a, here->pictures, i, &elastic_a, &l1_a);
    measure_both(b, here->pictures, i, &elastic_b, &l1_b);
    assert_true(elastic_a <= elastic_b && l1_b <= l1_a);
    n_different += l1_b < l1_a;
  }
  assert_true(n_different > 5);
  bw_attack_result_free(a);
  bw_attack_result_free(b);
}

static double mean_changed(const arena *here, const char *beta) {
  const char *const settings[] = {"beta", beta, "c", "1", "steps", "50", NULL};
  bw_attack_result *result = contest("ead", BW_L1, INFINITY, settings, here->model, here->pictures, NULL);
  double sum = 0, n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    if (!bw_attack_result_at(result, i)->success) continue;
    sum +=
        bwi_distance(BW_L0, TOY_D, bw_attack_result_sample(result, i), bw_dataset_sample(here->pictures, i));
    n++;
  }
  bw_attack_result_free(result);
  return sum / n;
}

static void test_ead_beta_makes_it_sparse(void **state) {
  const double dense = mean_changed(*state, "0"), sparse = mean_changed(*state, "0.02");
  assert_true(sparse < 0.7 * dense);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_least_distance),
      cmocka_unit_test(test_finds_the_least_distance_from_faces),
      cmocka_unit_test(test_finds_a_boundary_among_many),
      cmocka_unit_test(test_budget_decides),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_without_a_gradient),
      cmocka_unit_test(test_allocation_failures),
      cmocka_unit_test(test_cw_gives_up_for_each_sample),
      cmocka_unit_test(test_confidence),
      cmocka_unit_test(test_ddn_levels),
      cmocka_unit_test(test_ead_rules),
      cmocka_unit_test(test_ead_beta_makes_it_sparse),
  };
  return cmocka_run_group_tests_name("attack_nearest", tests, arena_open, arena_close);
}
