/* SPDX-License-Identifier: Apache-2.0 */
/* BPDA: a model that hides its gradients falls to those of a stand-in. */
#include <string.h>

#include "support/contest.h"
#include "support/unit.h"

static uint64_t count_broken(bw_model *model, const bw_dataset *data) {
  bw_attack_result *result = contest("pgd", BW_LINF, 0.2, NULL, model, data, NULL);
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) n += bw_attack_result_at(result, i)->success;
  assert_int_equal(bw_attack_result_refused(result), 0);
  bw_attack_result_free(result);
  return n;
}

/* Inputs rounded to 8 levels have no gradient; the same network without rounding has one. */
static void test_masked_gradients_fall_to_a_stand_in(void **state) {
  const arena *a = *state;
  toy rounding = a->net;
  rounding.trick = TOY_QUANTISED;
  bw_model *masked = toy_model(&rounding), *both = NULL;
  assert_int_equal(bw_model_with_stand_in(&both, masked, a->model, NULL), BW_OK);
  const uint64_t honest = count_broken(a->model, a->pictures), blind = count_broken(masked, a->pictures),
                 seen = count_broken(both, a->pictures);
  assert_true(blind < honest / 2);
  assert_true(seen * 10 >= honest * 9);
  bw_model_free(both);
  bw_model_free(masked);
}

/* The answers are the model's, the gradients the stand-in's, at more samples than are kept at once. */
static void test_answers_and_gradients(void **state) {
  const arena *a = *state;
  enum { N = 100 };
  toy flipped = a->net;
  flipped.trick = TOY_FLIPPED;
  bw_model *other = toy_model(&flipped), *both = NULL;
  assert_int_equal(bw_model_with_stand_in(&both, a->scores, other, NULL), BW_OK);
  assert_int_equal(bw_model_access(both), BW_ACCESS_GRADIENT);
  static float logits[2][N * TOY_CLASSES], cotangents[N * TOY_CLASSES], gradients[2][N * TOY_D];
  for (size_t k = 0; k < N * TOY_CLASSES; k++) cotangents[k] = (float)(k % 7) - 3;
  const float *samples = bw_dataset_sample(a->pictures, 0);
  assert_int_equal(bw_model_logits(both, N, samples, logits[0], NULL), BW_OK);
  assert_int_equal(bw_model_logits(a->model, N, samples, logits[1], NULL), BW_OK);
  assert_memory_equal(logits[0], logits[1], sizeof logits[0]);
  assert_int_equal(bw_model_vjp(both, N, samples, cotangents, gradients[0], NULL), BW_OK);
  assert_int_equal(bw_model_vjp(other, N, samples, cotangents, gradients[1], NULL), BW_OK);
  assert_memory_equal(gradients[0], gradients[1], sizeof gradients[0]);
  bw_model_free(both);
  bw_model_free(other);
}

/* Logits times 1e4 leave cross-entropy no gradient: at the model's logits a stand-in gets none to hand on, at
 * its own a surrogate does. */
static void test_a_surrogate_has_its_own_loss(void **state) {
  const arena *a = *state;
  toy loud = a->net;
  loud.trick = TOY_LOUD;
  bw_model *masked = toy_model(&loud), *stand_in = NULL, *surrogate = NULL;
  assert_int_equal(bw_model_with_stand_in(&stand_in, masked, a->model, NULL), BW_OK);
  assert_int_equal(bw_model_with_surrogate(&surrogate, masked, a->model, NULL), BW_OK);
  const uint64_t honest = count_broken(a->model, a->pictures);
  assert_true(count_broken(stand_in, a->pictures) < count_broken(surrogate, a->pictures));
  assert_true(count_broken(surrogate, a->pictures) * 10 >= honest * 9);
  bw_error err = {0};
  bw_model *none = NULL;
  assert_int_equal(bw_model_with_surrogate(&none, masked, a->scores, &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "the surrogate gives no gradients");
  bw_model_free(surrogate);
  bw_model_free(stand_in);
  bw_model_free(masked);
}

static void test_refusals(void **state) {
  const arena *a = *state;
  linear small;
  linear_open(&small, 3, 0, 1);
  const struct {
    bw_model *model, *stand_in;
    bw_status status;
    const char *text;
  } rows[] = {
      {a->model, a->scores, BW_EUNSUPPORTED, "the stand-in gives no gradients"},
      {a->model, small.model, BW_EINVAL, "the stand-in has 3 classes, the model 4"},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    bw_model *both = NULL;
    bw_error err = {0};
    assert_int_equal(bw_model_with_stand_in(&both, rows[k].model, rows[k].stand_in, &err), rows[k].status);
    assert_string_equal(err.text, rows[k].text);
    assert_null(both);
  }
  linear_close(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_masked_gradients_fall_to_a_stand_in),
      cmocka_unit_test(test_answers_and_gradients),
      cmocka_unit_test(test_a_surrogate_has_its_own_loss),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests_name("model_stand_in", tests, arena_open, arena_close);
}
