/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

static const char *const ce[] = {"loss", "ce", NULL}, *const dlr[] = {"loss", "dlr", NULL},
                         *const margin[] = {"loss", "margin", NULL},
                         *const large[] = {"large_eps", "true", NULL};

typedef struct row {
  const char *name;
  bw_norm norm;
  uint32_t n_classes;
  const char *const *settings;
  double slack; /* of eps above the distance of the boundary that the attack is given */
} row;

/* Cross-entropy and the ratio of differences pull to several classes at once, which on a linear model leads
 * to a corner between boundaries: only with two classes, or with a class to aim at, is the way the shortest
 * one. In L1 the shortest way is one coordinate, but a step that follows two changed ones moves two again,
 * and in the schedule of large balls, which looks back after each step, more of them. */
static const row rows[] = {
    {"apgd", BW_LINF, 2, ce, 0.002},       {"apgd", BW_L2, 2, ce, 0.002},
    {"apgd", BW_L1, 2, ce, 0.4},           {"apgd", BW_L1, 2, large, 0.6},
    {"apgd", BW_LINF, 5, dlr, 0.2},        {"apgd", BW_L2, 5, dlr, 0.25},
    {"apgd-t", BW_LINF, 2, margin, 0.002}, {"apgd-t", BW_LINF, 5, margin, 0.05},
    {"apgd-t", BW_L2, 5, dlr, 0.05},       {"apgd-t", BW_LINF, 5, dlr, 0.05},
    {"apgd-t", BW_L1, 5, large, 0.6},
};

static void test_reaches_the_boundary_and_not_less(void **state) {
  (void)state;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    linear l;
    linear_open(&l, rows[r].n_classes, -10, 10);
    assert_boundary_decides(rows[r].name, rows[r].norm, rows[r].settings, &l, 1 + rows[r].slack);
    linear_close(&l);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const double eps[] = {0.1, 0.6, 2};
  static const char *const restarts[] = {"restarts", "2", "steps", "20", NULL};
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    assert_sameness("apgd", (bw_norm)norm, eps[norm], restarts, here->model, here->pictures);
    assert_sameness("apgd-t", (bw_norm)norm, eps[norm], restarts, here->model, here->pictures);
  }
  assert_sameness("apgd", BW_L1, 2, large, here->model, here->pictures);
}

/* A step on each of which nothing depends finds what a step chosen by hand finds, and more. */
static void test_is_stronger_than_pgd(void **state) {
  const arena *here = *state;
  static const char *const hundred[] = {"steps", "100", NULL};
  static const double eps[] = {0.1, 0.6, 2};
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    uint64_t n_pgd = 0, n_apgd = 0;
    bw_attack_result *a =
        contest("pgd", (bw_norm)norm, eps[norm], hundred, here->model, here->pictures, NULL);
    bw_attack_result *b = contest("apgd-t", (bw_norm)norm, eps[norm], norm == BW_L1 ? large : NULL,
                                  here->model, here->pictures, NULL);
    for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
      n_pgd += bw_attack_result_at(a, i)->success;
      n_apgd += bw_attack_result_at(b, i)->success;
    }
    assert_true(n_pgd > 5 && n_apgd >= n_pgd);
    bw_attack_result_free(a);
    bw_attack_result_free(b);
  }
}

static void test_few_steps_and_few_classes(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  for (int steps = 1; steps < 6; steps++) {
    char text[8];
    text[0] = (char)('0' + steps);
    text[1] = '\0';
    const char *const few[] = {"steps", text, "large_eps", "true", "loss", "ce", NULL};
    bw_attack_result_free(contest("apgd", BW_L1, 1, few, l.model, l.data, NULL));
    bw_attack_result *result = contest("apgd-t", BW_LINF, 1e-6, few, l.model, l.data, NULL);
    /* One class to aim at: one look at the clean sample, then steps + 1 gradients. */
    assert_int_equal(bw_attack_result_at(result, 0)->backwards, steps + 1);
    assert_int_equal(bw_attack_result_at(result, 0)->forwards, steps + 2);
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

static void test_refuses_losses_that_need_more_classes(void **state) {
  (void)state;
  static const struct {
    const char *name, *loss, *target;
    uint32_t n_classes;
    const char *text;
  } cases[] = {
      {"apgd", "dlr", "none", 2,
       "apgd with loss dlr needs 3 classes, the model has 2; loss margin does with 2"},
      {"apgd", "dlr", "next", 3,
       "apgd with loss dlr needs 4 classes, the model has 3; loss margin does with 2"},
      {"apgd", "dlr", "none", 3, ""},
      {"apgd-t", "dlr", NULL, 3,
       "apgd-t with loss dlr needs 4 classes, the model has 3; loss margin does with 2"},
      {"apgd-t", "dlr", NULL, 4, ""},
      {"apgd-t", "margin", NULL, 2, ""},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    linear l;
    linear_open(&l, cases[k].n_classes, 0, 1);
    bw_attack *attack = NULL;
    bw_attack_result *result = NULL;
    bw_error err = {0};
    assert_int_equal(bw_attack_create(&attack, cases[k].name, BW_LINF, 0.1, NULL), BW_OK);
    assert_int_equal(bw_attack_set(attack, "loss", cases[k].loss, NULL), BW_OK);
    assert_int_equal(bw_attack_set(attack, "steps", "5", NULL), BW_OK);
    if (cases[k].target != NULL)
      assert_int_equal(bw_attack_set(attack, "target", cases[k].target, NULL), BW_OK);
    assert_int_equal(bw_attack_run(&result, attack, l.model, l.data, NULL, &err),
                     cases[k].text[0] == '\0' ? BW_OK : BW_EUNSUPPORTED);
    assert_string_equal(err.text, cases[k].text);
    bw_attack_result_free(result);
    bw_attack_free(attack);
    linear_close(&l);
  }
}

/* What is wrong to begin with is left alone. */
static void test_leaves_wrong_samples_alone(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 5, 0, 1);
  for (int i = 0; i < LINEAR_N; i += 2) l.labels[i] = (l.labels[i] + 1) % 5;
  bw_dataset *data = toy_dataset(LINEAR_N, LINEAR_D, l.samples, l.labels);
  static const char *const names[] = {"apgd", "apgd-t"};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *result = contest(names[k], BW_LINF, 0.1, NULL, l.model, data, NULL);
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      assert_int_equal(bw_attack_result_at(result, i)->attacked, i % 2);
      assert_int_equal(bw_attack_result_at(result, i)->forwards > 0, i % 2);
    }
    bw_attack_result_free(result);
  }
  bw_dataset_free(data);
  linear_close(&l);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("apgd", BW_LINF, 0.3, here->model);
}

static uint64_t count_different(const arena *here, bw_norm norm, double eps, const char *const *clean,
                                const char *const *faithful) {
  bw_attack_result *a = contest("apgd", norm, eps, clean, here->model, here->pictures, NULL),
                   *b = contest("apgd", norm, eps, faithful, here->model, here->pictures, NULL);
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++)
    n += memcmp(bw_attack_result_sample(a, i), bw_attack_result_sample(b, i), TOY_D * sizeof(float)) != 0;
  bw_attack_result_free(a);
  bw_attack_result_free(b);
  return n;
}

/* With a window of one step, a margin below zero that rose is no rise for the authors' code; in L1 a rounding
 * makes steps less sparse. */
static void test_fidelity_changes_some_sample(void **state) {
  const arena *here = *state;
  static const char *const clean[] = {"early_stop", "false", "steps", "8", "loss", "margin", NULL},
                           *const faithful[] = {"early_stop", "false",    "steps",     "8", "loss",
                                                "margin",     "fidelity", "reference", NULL};
  static const char *const sparse[] = {"early_stop", "false", "large_eps", "true", NULL},
                           *const faithful_sparse[] = {"early_stop", "false",     "large_eps", "true",
                                                       "fidelity",   "reference", NULL};
  assert_true(count_different(here, BW_L2, 1, clean, faithful) > 0);
  assert_true(count_different(here, BW_L1, 3, sparse, faithful_sparse) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reaches_the_boundary_and_not_less),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_is_stronger_than_pgd),
      cmocka_unit_test(test_few_steps_and_few_classes),
      cmocka_unit_test(test_refuses_losses_that_need_more_classes),
      cmocka_unit_test(test_leaves_wrong_samples_alone),
      cmocka_unit_test(test_fidelity_changes_some_sample),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_apgd", tests, arena_open, arena_close);
}
