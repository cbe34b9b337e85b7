/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/model.h>

#include <math.h>
#include <string.h>

#include "model/model.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { D = 4, CLASSES = 2, MOST = 9 };

/* logits (sum of x, first of x) and their exact vjp; counts calls and their greatest size. */
typedef struct counted {
  int calls, code;
  uint64_t greatest;
} counted;

static int sum_and_first(void *payload, uint64_t n, const float *samples, float *logits) {
  counted *c = payload;
  c->calls++;
  if (n > c->greatest) c->greatest = n;
  for (uint64_t i = 0; i < n; i++) {
    logits[i * CLASSES] = 0;
    for (uint32_t k = 0; k < D; k++) logits[i * CLASSES] += samples[i * D + k];
    logits[i * CLASSES + 1] = samples[i * D];
  }
  return c->code;
}

static int sum_and_first_vjp(void *payload, uint64_t n, const float *samples, const float *cotangents,
                             float *gradients) {
  (void)samples;
  const counted *c = payload;
  for (uint64_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < D; k++)
      gradients[i * D + k] = cotangents[i * CLASSES] + (k == 0 ? cotangents[i * CLASSES + 1] : 0);
  return c->code;
}

static const int64_t shape[] = {2, 2};

static bw_model_callbacks callbacks(counted *c) {
  return (bw_model_callbacks){.struct_size = sizeof(bw_model_callbacks),
                              .logits = sum_and_first,
                              .vjp = sum_and_first_vjp,
                              .payload = c,
                              .rank = 2,
                              .shape = shape,
                              .n_classes = CLASSES,
                              .upper = 1,
                              .batch = 4};
}

static bw_model *make(const bw_model_callbacks *c) {
  bw_model *model = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, c, NULL), BW_OK);
  return model;
}

static void test_face(void **state) {
  (void)state;
  counted count = {0};
  bw_model_callbacks c = callbacks(&count);
  bw_model *model = make(&c);
  assert_int_equal(bw_model_rank(model), 2);
  assert_memory_equal(bw_model_shape(model), shape, sizeof shape);
  assert_int_equal(bw_model_classes(model), CLASSES);
  assert_int_equal(bw_model_access(model), BW_ACCESS_GRADIENT);
  assert_string_equal(bw_model_digest(model), "");
  assert_int_equal(bw_model_pair_checked(model), 0);
  bw_model_free(model);
  bw_model_free(NULL);
}

static void test_calls_are_cut_into_batches(void **state) {
  (void)state;
  counted count = {0};
  bw_model_callbacks c = callbacks(&count);
  bw_model *model = make(&c);
  float samples[MOST * D], logits[MOST * CLASSES], cotangents[MOST * CLASSES], gradients[MOST * D];
  for (uint32_t i = 0; i < MOST * D; i++) samples[i] = (float)i;
  for (uint32_t i = 0; i < MOST * CLASSES; i++) cotangents[i] = (float)(i + 1);
  assert_int_equal(bw_model_logits(model, MOST, samples, logits, NULL), BW_OK);
  assert_int_equal(count.calls, 3);
  assert_int_equal(count.greatest, 4);
  assert_float_equal(logits[8 * CLASSES], 32 + 33 + 34 + 35, 0);
  assert_int_equal(bw_model_vjp(model, MOST, samples, cotangents, gradients, NULL), BW_OK);
  assert_float_equal(gradients[8 * D], 17 + 18, 0);
  assert_float_equal(gradients[8 * D + 3], 17, 0);
  bw_model_free(model);
}

static void test_without_gradients(void **state) {
  (void)state;
  counted count = {0};
  bw_model_callbacks c = callbacks(&count);
  c.vjp = NULL;
  bw_model *model = make(&c);
  float samples[D] = {0}, cotangents[CLASSES] = {0}, gradients[D];
  assert_int_equal(bw_model_access(model), BW_ACCESS_SCORE);
  assert_int_equal(bw_model_vjp(model, 1, samples, cotangents, gradients, NULL), BW_EUNSUPPORTED);
  bw_model_free(model);
}

static void test_failing_callback(void **state) {
  (void)state;
  counted count = {.code = 7};
  bw_model_callbacks c = callbacks(&count);
  bw_model *model = make(&c);
  float samples[D] = {0}, logits[CLASSES];
  bw_error err = {0};
  assert_int_equal(bw_model_logits(model, 1, samples, logits, &err), BW_EIO);
  assert_string_equal(err.text, "the model's logits callback failed with 7");
  bw_model_free(model);
}

static void test_refusals(void **state) {
  (void)state;
  counted count = {0};
  static const int64_t negative[] = {2, -2}, empty[] = {0, 2};
  bw_model_callbacks rows[6];
  for (size_t k = 0; k < 6; k++) rows[k] = callbacks(&count);
  rows[0].logits = NULL;
  rows[1].n_classes = 0;
  rows[2].rank = 0;
  rows[3].shape = negative;
  rows[4].shape = empty;
  rows[5].upper = NAN;
  for (size_t k = 0; k < 6; k++) {
    bw_model *model = NULL;
    assert_int_equal(bw_model_from_callbacks(&model, &rows[k], NULL), BW_EINVAL);
    assert_null(model);
  }
}

static bw_status attempt(void *payload) {
  bw_model *model = NULL;
  float samples[D] = {0}, cotangents[CLASSES] = {0}, gradients[D];
  bw_status status = bw_model_from_callbacks(&model, payload, NULL);
  if (status == BW_OK) status = bw_model_vjp(model, 1, samples, cotangents, gradients, NULL);
  bw_model_free(model);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  counted count = {0};
  bw_model_callbacks c = callbacks(&count);
  assert_true(sweep_allocations(attempt, &c) >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_face),
      cmocka_unit_test(test_calls_are_cut_into_batches),
      cmocka_unit_test(test_without_gradients),
      cmocka_unit_test(test_failing_callback),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
