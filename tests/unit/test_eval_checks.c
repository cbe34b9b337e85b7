/* SPDX-License-Identifier: Apache-2.0 */
/* The checks against models that mask their gradients, which must be blocked, and honest ones, which must
 * pass. */
#include <string.h>

#include "eval/evaluation.h"
#include "support/linear.h"
#include "support/toy.h"
#include "support/unit.h"

static bw_dataset *pictures;

static int setup(void **state) {
  (void)state;
  pictures = toy_data(80, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  bw_dataset_free(pictures);
  return 0;
}

static bw_evaluation *evaluate_on(bw_model *model, bw_model *surrogate, const bw_dataset *data,
                                  const char *attacks, int checks) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.eps = 0.1;
  o.n_budgets = 4;
  o.threads = 1;
  o.attacks = attacks;
  o.checks = checks;
  o.surrogate = surrogate;
  bw_evaluation *e = NULL;
  bw_error err = {0};
  if (bw_evaluation_run(&e, model, data, &o, &err) != BW_OK) fail_msg("%s", err.text);
  return e;
}

static bw_evaluation *evaluate(bw_model *model, const char *attacks, int checks) {
  return evaluate_on(model, NULL, pictures, attacks, checks);
}

static const bw_check_result *check_of(const bw_evaluation *e, uint32_t number) {
  for (uint32_t k = 0; k < bw_evaluation_summarise(e).n_checks; k++)
    if (bw_evaluation_check(e, k)->number == number) return bw_evaluation_check(e, k);
  fail_msg("no check %u", (unsigned)number);
  return NULL;
}

static void test_masks_are_blocked(void **state) {
  (void)state;
  static const struct {
    const char *name;
    toy_trick trick;
    uint32_t blocked_by; /* at least by this check */
  } rows[] = {
      {"logits times 1e4", TOY_LOUD, 5},
      {"quantised input, zero gradient", TOY_QUANTISED, 5},
      {"quantised input, zero gradient", TOY_QUANTISED, 9},
      {"staircase", TOY_STAIRCASE, 5},
      {"softmax", TOY_SOFTMAX, 4},
      {"random", TOY_RANDOM, 3},
      {"straight-through gradient", TOY_STRAIGHT_THROUGH, 6},
      {"gradient of another network", TOY_OTHER_GRADIENT, 6},
      {"half of the gradient", TOY_HALF_GRADIENT, 6},
      {"twice the gradient", TOY_DOUBLE_GRADIENT, 6},
      {"flipped gradient", TOY_FLIPPED, 6},
      {"NaN gradient", TOY_NAN, 5},
      {"depends on the batch", TOY_CROWDED, 18},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    toy t;
    toy_train(&t, rows[i].trick);
    bw_model *model = toy_model(&t);
    bw_evaluation *e = evaluate(model, "noise:draws=10,fgsm,pgd:steps=20,pgd:steps=20:loss=margin", 1);
    if (!bw_evaluation_summarise(e).blocked) fail_msg("%s: not blocked", rows[i].name);
    const bw_check_result *check = check_of(e, rows[i].blocked_by);
    if (check->outcome != BW_CHECK_BLOCKED)
      fail_msg("%s: not blocked by %s: %s", rows[i].name, check->name, check->finding);
    bw_evaluation_free(e);
    bw_model_free(model);
  }
}

static void test_honest_models_pass(void **state) {
  (void)state;
  const toy_trick honest[] = {TOY_HONEST, TOY_MAX_POOL};
  const uint32_t numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  const bool blocks[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0};
  for (int i = 0; i < 2; i++) {
    toy t, other;
    toy_train(&t, honest[i]);
    toy_train(&other, honest[1 - i]);
    bw_model *model = toy_model(&t), *surrogate = toy_model(&other);
    bw_evaluation *e = evaluate_on(model, surrogate, pictures,
                                   "noise:draws=25,fgsm,mi-fgsm,pgd:restarts=2,square:queries=200", 1);
    const bw_evaluation_summary summary = bw_evaluation_summarise(e);
    assert_int_equal(summary.n_checks, sizeof numbers / sizeof *numbers);
    assert_false(summary.blocked);
    for (uint32_t k = 0; k < summary.n_checks; k++) {
      const bw_check_result *check = bw_evaluation_check(e, k);
      assert_int_equal(check->number, numbers[k]);
      assert_int_equal(check->blocks, blocks[k]);
      assert_true(strlen(check->finding) > 0 && strlen(check->rule) > 0);
      /* 8-bit survival warns: these data are not 8-bit, and eps is no multiple of 1/255. */
      if (check->outcome != BW_CHECK_PASSED && check->number != 19)
        fail_msg("%s: %s", check->name, check->finding);
    }
    bw_evaluation_free(e);
    bw_model_free(surrogate);
    bw_model_free(model);
  }
}

/* Its gradients lead away from every adversarial sample; those of an honest network do not. */
static void test_surrogate_and_plants_see_through_a_mask(void **state) {
  (void)state;
  toy masked, honest;
  toy_train(&masked, TOY_FLIPPED);
  toy_train(&honest, TOY_MAX_POOL);
  bw_model *model = toy_model(&masked), *surrogate = toy_model(&honest);
  bw_evaluation *e = evaluate_on(model, surrogate, pictures, "pgd:steps=20", 1);
  assert_int_equal(check_of(e, 14)->outcome, BW_CHECK_WARNED);
  assert_int_equal(check_of(e, 20)->outcome, BW_CHECK_WARNED);
  const bw_attack_summary transfer = bw_evaluation_attack(e, 1);
  assert_string_equal(transfer.name, "transfer");
  assert_string_equal(transfer.configuration, "mi-fgsm linf eps=0.1 steps=10 step=0.01 loss=ce");
  assert_true(transfer.broken > 0);
  uint64_t by_transfer = 0;
  for (uint64_t i = 0; i < bw_evaluation_n_samples(e); i++)
    by_transfer += bw_evaluation_sample(e, i).broken_by == 1;
  assert_int_equal(by_transfer, transfer.broken);
  bw_evaluation_free(e);
  bw_model_free(surrogate);
  bw_model_free(model);
}

static void test_few_classes(void **state) {
  (void)state;
  linear two;
  linear_open(&two, 2, 0, 1);
  static const struct {
    const char *attacks;
    bw_check_outcome outcome;
  } rows[] = {{"pgd", BW_CHECK_PASSED}, {"apgd:loss=dlr", BW_CHECK_WARNED}, {"autoattack", BW_CHECK_WARNED}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_evaluation *e = evaluate_on(two.model, NULL, two.data, rows[i].attacks, 0);
    const bw_check_result *check = check_of(e, 17);
    if (check->outcome != rows[i].outcome) fail_msg("%s: %s", rows[i].attacks, check->finding);
    assert_int_equal(check_of(e, 14)->outcome, BW_CHECK_SKIPPED);
    bw_evaluation_free(e);
  }
  linear_close(&two);
}

/* What a black-box attack broke first is no sign against gradients that break it too. */
static void test_order_of_a_suite_does_not_matter(void **state) {
  (void)state;
  toy t;
  toy_train(&t, TOY_HONEST);
  bw_model *model = toy_model(&t);
  bw_evaluation *e = evaluate(model, "square:queries=500,noise:draws=50,fgsm,apgd:steps=30", 1);
  const uint32_t numbers[] = {7, 12, 13};
  assert_true(bw_evaluation_attack(e, 0).remaining.hits < bw_evaluation_summarise(e).clean_accuracy.hits);
  for (int k = 0; k < 3; k++) assert_int_equal(check_of(e, numbers[k])->outcome, BW_CHECK_PASSED);
  bw_evaluation_free(e);
  bw_model_free(model);
}

static void test_score_only_is_blocked(void **state) {
  (void)state;
  toy t;
  toy_train(&t, TOY_HONEST);
  bw_model *model = toy_model_score_only(&t);
  bw_evaluation *e = evaluate(model, "square:queries=100", 1);
  assert_true(bw_evaluation_summarise(e).blocked);
  assert_int_equal(check_of(e, 5)->outcome, BW_CHECK_BLOCKED);
  assert_int_equal(check_of(e, 6)->outcome, BW_CHECK_SKIPPED);
  assert_int_equal(check_of(e, 7)->outcome, BW_CHECK_WARNED);
  bw_evaluation_free(e);
  bw_model_free(model);
}

static void test_left_out_on_request(void **state) {
  (void)state;
  toy t;
  toy_train(&t, TOY_QUANTISED);
  bw_model *model = toy_model(&t);
  bw_evaluation *e = evaluate(model, "fgsm", 0);
  assert_int_equal(check_of(e, 5)->outcome, BW_CHECK_SKIPPED);
  assert_string_equal(check_of(e, 5)->finding, "left out on request");
  assert_int_equal(check_of(e, 7)->outcome, BW_CHECK_WARNED); /* nothing iterative */
  bw_evaluation_free(e);
  bw_model_free(model);
}

/* Its gradients lead astray; what square finds by scores is no noise. */
static void test_square_is_no_noise(void **state) {
  (void)state;
  toy t;
  toy_train(&t, TOY_FLIPPED);
  bw_model *model = toy_model(&t);
  bw_evaluation *e = evaluate(model, "apgd:steps=10,square:queries=200", 0);
  assert_int_equal(check_of(e, 12)->outcome, BW_CHECK_WARNED);
  assert_int_equal(check_of(e, 13)->outcome, BW_CHECK_SKIPPED);
  assert_false(bw_evaluation_summarise(e).blocked);
  bw_evaluation_free(e);
  bw_model_free(model);
}

static void test_parts_of_a_sequence(void **state) {
  (void)state;
  toy t;
  toy_train(&t, TOY_HONEST);
  bw_model *model = toy_model(&t);
  bw_evaluation *e = evaluate(model, "fgsm,autoattack", 1);
  const bw_evaluation_summary s = bw_evaluation_summarise(e);
  const char *const names[] = {"fgsm", "apgd", "apgd-t", "fab-t", "square"};
  assert_int_equal(s.n_attacks, 5);
  for (uint32_t k = 0; k < 5; k++) assert_string_equal(bw_evaluation_attack(e, k).name, names[k]);
  for (uint32_t k = 0; k < s.n_checks; k++) {
    const bw_check_result *check = bw_evaluation_check(e, k);
    if (check->outcome != BW_CHECK_PASSED && check->number != 19 && check->number != 14)
      fail_msg("%s: %s", check->name, check->finding);
  }
  bw_evaluation_free(e);
  bw_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_masks_are_blocked),
      cmocka_unit_test(test_honest_models_pass),
      cmocka_unit_test(test_surrogate_and_plants_see_through_a_mask),
      cmocka_unit_test(test_few_classes),
      cmocka_unit_test(test_order_of_a_suite_does_not_matter),
      cmocka_unit_test(test_square_is_no_noise),
      cmocka_unit_test(test_parts_of_a_sequence),
      cmocka_unit_test(test_score_only_is_blocked),
      cmocka_unit_test(test_left_out_on_request),
  };
  return cmocka_run_group_tests_name("eval_checks", tests, setup, teardown);
}
