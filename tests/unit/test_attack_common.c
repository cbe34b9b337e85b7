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

/* Two draws of one sample of two coordinates, in turn. The first is sure of itself, so that the gradient of
 * its loss, along coordinate 0, hardly counts in the mean; the second's lies along coordinate 1. */
static int sure_then_unsure(void *payload, uint64_t n, const float *samples, float *logits) {
  (void)payload;
  for (uint64_t i = 0; i < n; i++) {
    logits[2 * i] = i % 2 == 0 ? 30 - 1e-3f * sinf(1e5f * samples[2 * i]) : 1 - 100 * samples[2 * i + 1];
    logits[2 * i + 1] = 0;
  }
  return 0;
}

static int sure_then_unsure_vjp(void *payload, uint64_t n, const float *samples, const float *cotangents,
                                float *gradients) {
  (void)payload;
  for (uint64_t i = 0; i < n; i++) {
    gradients[2 * i] = i % 2 == 0 ? -100 * cosf(1e5f * samples[2 * i]) * cotangents[2 * i] : 0;
    gradients[2 * i + 1] = i % 2 == 0 ? 0 : -100 * cotangents[2 * i];
  }
  return 0;
}

/* A step along the mean of the gradients breaks the sample, one along the mean of their directions does not.
 */
static void test_eot_weighs_gradients_as_they_are(void **state) {
  (void)state;
  static const char *const settings[] = {"eot", "2", NULL};
  static const int64_t shape[] = {2};
  bw_array *samples = NULL, *labels = NULL; /* zeros */
  assert_int_equal(bw_array_create(&samples, BW_F32, 2, (int64_t[]){1, 2}, NULL), BW_OK);
  assert_int_equal(bw_array_create(&labels, BW_I32, 1, (int64_t[]){1}, NULL), BW_OK);
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = sure_then_unsure,
                                        .vjp = sure_then_unsure_vjp,
                                        .rank = 1,
                                        .shape = shape,
                                        .n_classes = 2,
                                        .upper = 1,
                                        .batch = 4};
  bw_model *model = NULL;
  bw_dataset *data = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  assert_int_equal(bw_dataset_create(&data, samples, labels, NULL), BW_OK);
  bw_attack_result *result = contest("fgsm", BW_L2, 0.35, settings, model, data, NULL);
  assert_int_equal(bw_attack_result_at(result, 0)->success, 1);
  bw_attack_result_free(result);
  bw_dataset_free(data);
  bw_array_free(samples);
  bw_array_free(labels);
  bw_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_eot_changes_nothing_for_a_model_that_is_not_random),
      cmocka_unit_test(test_quantised_images_survive_storage),
      cmocka_unit_test(test_what_cannot_be_stored_is_no_success_and_no_lie),
      cmocka_unit_test(test_eot_on_a_random_model),
      cmocka_unit_test(test_eot_weighs_gradients_as_they_are),
  };
  return cmocka_run_group_tests_name("attack_common", tests, arena_open, arena_close);
}
