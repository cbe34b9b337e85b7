/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every attack has: eot and quantize. */
#include <math.h>
#include <string.h>

#include "support/contest.h"
#include "support/unit.h"

/* The mean of equal passes is each of them, so that only the counts may differ. */
static void test_eot_changes_nothing_for_a_model_that_is_not_random(void **state) {
  const arena *a = *state;
  static const char *const thrice[] = {"eot", "3", NULL};
  static const char *const names[] = {"pgd", "fab", "square", "apgd-t"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    bw_attack_result *once = contest(names[k], BW_LINF, 0.2, NULL, a->model, a->pictures, NULL),
                     *mean = contest(names[k], BW_LINF, 0.2, thrice, a->model, a->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(once); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(once, i), *m = bw_attack_result_at(mean, i);
      assert_int_equal(o->success, m->success);
      assert_int_equal(3 * o->forwards, m->forwards);
      assert_int_equal(3 * o->backwards, m->backwards);
      assert_memory_equal(bw_attack_result_sample(once, i), bw_attack_result_sample(mean, i),
                          TOY_D * sizeof(float));
      n_broken += o->success;
    }
    assert_true(n_broken > 0);
    bw_attack_result_free(once);
    bw_attack_result_free(mean);
  }
  static const char *const eot[] = {"eot", "5", NULL};
  assert_sameness("pgd", BW_LINF, 0.2, eot, a->model, a->pictures);
}

/* Every returned coordinate is one of 256 steps, and still in the ball, which 0.2 is no multiple of. */
static void test_quantised_images_survive_storage(void **state) {
  const arena *a = *state;
  static const char *const settings[] = {"quantize", "8", NULL};
  static const char *const names[] = {"pgd", "fab", "square"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    bw_attack_result *result = contest(names[k], BW_LINF, 0.2, settings, a->model, a->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      if (!bw_attack_result_at(result, i)->success) continue;
      const float *x = bw_attack_result_sample(result, i), *clean = bw_dataset_sample(a->pictures, i);
      n_broken++;
      for (uint32_t j = 0; j < TOY_D; j++) {
        assert_true(x[j] == (float)(round((double)x[j] * 255) / 255));
        assert_true(fabs((double)x[j] - (double)clean[j]) <= 0.2 * (1 + 1e-6));
      }
    }
    assert_true(n_broken > 0);
    bw_attack_result_free(result);
  }
  assert_sameness("pgd", BW_LINF, 0.2, settings, a->model, a->pictures);
}

/* One bit leaves black and white: a budget below one half of the box cannot be used at all. */
static void test_what_cannot_be_stored_is_no_success_and_no_lie(void **state) {
  (void)state;
  static const char *const settings[] = {"quantize", "1", NULL};
  linear l;
  linear_open(&l, 2, 0, 1);
  bw_attack_result *result = contest("pgd", BW_LINF, 0.15, settings, l.model, l.data, NULL);
  for (uint64_t i = 0; i < LINEAR_N; i++) assert_int_equal(bw_attack_result_at(result, i)->success, 0);
  assert_int_equal(bw_attack_result_refused(result), 0);
  bw_attack_result_free(result);
  linear_close(&l);
}

/* A random model is attacked through its mean; each success was one of the mean of fresh passes. */
static void test_eot_on_a_random_model(void **state) {
  const arena *a = *state;
  static const char *const settings[] = {"eot", "8", NULL};
  toy t = a->net;
  t.trick = TOY_RANDOM;
  bw_model *model = toy_model(&t);
  bw_attack_result *result = contest("pgd", BW_LINF, 0.3, settings, model, a->pictures, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    n_broken += o->success;
    assert_int_equal(o->forwards % 8, 0);
  }
  assert_true(n_broken > bw_attack_result_count(result) / 2);
  bw_attack_result_free(result);
  bw_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_eot_changes_nothing_for_a_model_that_is_not_random),
      cmocka_unit_test(test_quantised_images_survive_storage),
      cmocka_unit_test(test_what_cannot_be_stored_is_no_success_and_no_lie),
      cmocka_unit_test(test_eot_on_a_random_model),
  };
  return cmocka_run_group_tests_name("attack_common", tests, arena_open, arena_close);
}
