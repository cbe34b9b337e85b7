/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

static uint64_t n_broken(const bw_attack_result *result) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) n += bw_attack_result_at(result, i)->success;
  return n;
}

static void test_fools_more_the_larger_it_is(void **state) {
  const arena *here = *state;
  static const char *const sizes[] = {"0.2", "0.4", "0.7", "1"};
  uint64_t before = 0;
  for (int k = 0; k < 4; k++) {
    const char *const settings[] = {"steps", "100", "scale_min", sizes[k], "scale_max", sizes[k], NULL};
    bw_attack_result *result = contest("patch", BW_L0, INFINITY, settings, here->model, here->pictures, NULL);
    const uint64_t n = n_broken(result);
    if (n <= before) fail_msg("size %s: %d, before %d", sizes[k], (int)n, (int)before);
    before = n;
    assert_int_equal(bw_attack_result_refused(result), 0);
    bw_attack_result_free(result);
  }
  assert_true(before > 60);
}

/* What is made counts, not only what it covers: a grey one of the same size fools fewer. */
static void test_is_better_than_grey(void **state) {
  const arena *here = *state;
  static const char *const lengths[] = {"0", "0.02"};
  uint64_t n[2];
  for (int k = 0; k < 2; k++) {
    const char *const settings[] = {"steps", "100",       "step", lengths[k], "scale_min",
                                    "0.5",   "scale_max", "0.5",  NULL};
    bw_attack_result *result = contest("patch", BW_L0, INFINITY, settings, here->model, here->pictures, NULL);
    n[k] = n_broken(result);
    bw_attack_result_free(result);
  }
  assert_true(n[1] > n[0] + 10);
}

/* A square as large as the sample, not turned, is all that is left of it: one answer for all. */
static void test_covers_all(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"scale_min", "1",       "rotation", "0", "form",
                                         "square",    "towards", "2",        NULL};
  bw_attack_result *result = contest("patch", BW_L2, INFINITY, settings, here->model, here->pictures, NULL);
  const float *patch = bw_attack_result_universal(result);
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    assert_int_equal(o->success, o->attacked);
    if (!o->success) continue;
    assert_int_equal(o->adversarial_prediction, 2);
    assert_memory_equal(bw_attack_result_sample(result, i), patch, TOY_D * sizeof(float));
  }
  bw_attack_result_free(result);
}

/* A disc has no ink in the corners; ink is in the domain; what it does not cover stays. */
static void test_is_a_disc(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"steps", "20", "scale_min", "0.34", "scale_max", "0.34", NULL};
  bw_attack_result *result = contest("patch", BW_L0, INFINITY, settings, here->model, here->pictures, NULL);
  const float *patch = bw_attack_result_universal(result);
  int n_inked = 0;
  for (int j = 0; j < TOY_D; j++) {
    n_inked += !isnan(patch[j]);
    if (!isnan(patch[j])) assert_true(patch[j] >= 0 && patch[j] <= 1);
  }
  assert_int_equal(n_inked, 32); /* all but the corner pixels, whose middle is 3.54 from the centre */
  assert_true(isnan(patch[0]) && isnan(patch[TOY_D - 1]));
  assert_true(n_broken(result) > 0);
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    /* 2.04 pixels wide, at most: bilinear edges reach one further to each side. */
    if (o->success) assert_true(o->distance <= 16);
  }
  bw_attack_result_free(result);
}

/* A budget keeps those out that cover more: sound in an evaluation within a ball. */
static void test_budget(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"steps", "50", NULL};
  bw_attack_result *free_one = contest("patch", BW_L0, INFINITY, settings, here->model, here->pictures, NULL),
                   *bound = contest("patch", BW_L0, 12, settings, here->model, here->pictures, NULL);
  for (uint64_t i = 0; i < bw_attack_result_count(bound); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(bound, i), *p = bw_attack_result_at(free_one, i);
    assert_int_equal(o->success, p->success && p->distance <= 12);
  }
  assert_true(n_broken(bound) < n_broken(free_one));
  assert_int_equal(bw_attack_result_refused(bound), 0);
  bw_attack_result_free(bound);
  bw_attack_result_free(free_one);
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"steps", "20", "fit", "50", "minibatch", "13", NULL};
  bw_attack_result_free(
      assert_same_when_split("patch", BW_L2, INFINITY, settings, here->model, here->pictures));
}

static void test_refusals(void **state) {
  const arena *here = *state;
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_error err = {0};
  assert_int_equal(bw_attack_create(&attack, "patch", BW_L2, INFINITY, NULL), BW_OK);
  assert_int_equal(bw_attack_set(attack, "scale_max", "0.05", NULL), BW_OK);
  assert_int_equal(bw_attack_run(&result, attack, here->model, here->pictures, NULL, &err), BW_EINVAL);
  assert_string_equal(err.text, "scale_min=0.1 is above scale_max=0.05");
  bw_attack_free(attack);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fools_more_the_larger_it_is),
      cmocka_unit_test(test_is_better_than_grey),
      cmocka_unit_test(test_covers_all),
      cmocka_unit_test(test_is_a_disc),
      cmocka_unit_test(test_budget),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests_name("attack_patch", tests, arena_open, arena_close);
}
