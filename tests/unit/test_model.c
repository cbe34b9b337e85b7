/* SPDX-License-Identifier: Apache-2.0 */
/* Models from files that real MLX wrote (data/model/export.py). */
#include <bulwark/model.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/workers.h"
#include "model/model.h"
#include "support/sweep.h"
#include "support/unit.h"

#define FOLDER BW_TESTS_FOLDER "/unit/data/model/"
#define GLYPHS BW_TESTS_FOLDER "/../share/glyphs/"

enum { D = 64, CLASSES = 3, MOST = 70 };

static bw_model *open_model(const char *name, const bw_model_options *options) {
  char path[512];
  bw_model *model = NULL;
  bw_error err;
  (void)snprintf(path, sizeof path, FOLDER "%s.mlxfn", name);
  if (bw_model_open(&model, path, options, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  return model;
}

static void draw(float *out, size_t count, uint32_t stream) {
  bwi_rng_uniform(out, count, (bwi_rng_key){.stream = stream}, 0, 0, 1);
}

/* --- opening --- */

static void test_good_files(void **state) {
  (void)state;
  static const struct {
    const char *name, *function;
    uint32_t rank, classes;
    bw_access access;
    int pair_checked;
  } rows[] = {
      {"convolutional", NULL, 3, 3, BW_ACCESS_GRADIENT, 1},
      {"half", NULL, 3, 3, BW_ACCESS_GRADIENT, 1},
      {"bfloat", NULL, 3, 3, BW_ACCESS_GRADIENT, 1},
      {"tokens", NULL, 3, 3, BW_ACCESS_GRADIENT, 0},
      {"shapeless", NULL, 1, 3, BW_ACCESS_GRADIENT, 0},
      {"no_derivative", NULL, 1, 3, BW_ACCESS_SCORE, 0},
      {"two_functions", "1", 1, 3, BW_ACCESS_GRADIENT, 0},
      {"convolutional", "0", 3, 3, BW_ACCESS_GRADIENT, 1},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bw_model_options options;
    bw_model_options_init(&options, sizeof options);
    options.function = rows[k].function;
    bw_model *model = open_model(rows[k].name, &options);
    assert_int_equal(bw_model_rank(model), rows[k].rank);
    assert_int_equal(bw_model_shape(model)[0], rows[k].rank == 3 ? 8 : 6);
    assert_int_equal(bw_model_classes(model), rows[k].classes);
    assert_int_equal(bw_model_access(model), rows[k].access);
    assert_int_equal(bw_model_pair_checked(model), rows[k].pair_checked);
    assert_int_equal(strlen(bw_model_digest(model)), 64);
    bw_model_free(model);
  }
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *name, *function;
    bw_status status;
    const char *text; /* how it ends */
  } rows[] = {
      {"wrong", NULL, BW_EFORMAT, ": the file does not hold the model that was exported"},
      {"mixing", NULL, BW_EUNSUPPORTED,
       ": samples influence each other, or the batch size cannot be changed"},
      {"integers", NULL, BW_EUNSUPPORTED,
       "the input is int32 (5, 6), a model takes floats of shape (N, ...)"},
      {"two_inputs", NULL, BW_EUNSUPPORTED,
       "the function has 2 inputs and 1 outputs, a model has one of each"},
      {"vector", NULL, BW_EUNSUPPORTED,
       "the output is float32 (5,), a model gives floats of shape (N, classes)"},
      {"two_functions", NULL, BW_EINVAL, "the file holds 2 functions; say which by its number, from 0"},
      {"two_functions", "2", BW_EINVAL, "there is no function \"2\"; the file holds 2, counted from 0"},
      {"two_functions", "1x", BW_EINVAL, "there is no function \"1x\"; the file holds 2, counted from 0"},
      {"not there", NULL, BW_EIO, NULL},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    char path[512];
    bw_model *model = NULL;
    bw_error err = {0};
    bw_model_options options;
    bw_model_options_init(&options, sizeof options);
    options.function = rows[k].function;
    (void)snprintf(path, sizeof path, FOLDER "%s.mlxfn", rows[k].name);
    const bw_status status = bw_model_open(&model, path, &options, &err);
    if (status != rows[k].status) fail_msg("%s: %s: %s", rows[k].name, bw_status_text(status), err.text);
    assert_null(model);
    assert_int_equal(err.status, status);
    if (rows[k].text == NULL) continue;
    const size_t length = strlen(err.text), wanted = strlen(rows[k].text);
    assert_true(length >= wanted);
    assert_string_equal(err.text + length - wanted, rows[k].text);
  }
}

static void test_options(void **state) {
  (void)state;
  bw_model_options options;
  bw_model *model = NULL;
  bw_model_options_init(&options, sizeof options);
  options.lower = 1;
  assert_int_equal(bw_model_open(&model, FOLDER "convolutional.mlxfn", &options, NULL), BW_EINVAL);
  bw_model_options_init(&options, sizeof options);
  options.max_file_bytes = 100;
  assert_int_equal(bw_model_open(&model, FOLDER "convolutional.mlxfn", &options, NULL), BW_ELIMIT);
  bw_model_options_init(&options, sizeof options);
  options.max_memory_bytes = 1000;
  assert_int_equal(bw_model_open(&model, FOLDER "convolutional.mlxfn", &options, NULL), BW_ELIMIT);
  options.struct_size =
      offsetof(bw_model_options, lower); /* an older caller's: what it does not know is standard */
  options.lower = 5;
  options.function = NULL;
  assert_int_equal(bw_model_open(&model, FOLDER "convolutional.mlxfn", &options, NULL), BW_OK);
  assert_float_equal(model->lower, 0, 0);
  bw_model_free(model);
}

static void test_digest_names_the_model(void **state) {
  (void)state;
  bw_model *a = open_model("convolutional", NULL), *b = open_model("again", NULL),
           *c = open_model("half", NULL);
  assert_string_equal(bw_model_digest(a), bw_model_digest(b));
  assert_string_not_equal(bw_model_digest(a), bw_model_digest(c));
  bw_model_free(a);
  bw_model_free(b);
  bw_model_free(c);
}

/* --- running --- */

/* The sample's logits, its gradient and its cotangent must not depend on what else is run, nor where it
 * stands. */
static void check_sameness(bw_model *model, const char *name) {
  static float samples[MOST * D], cotangents[MOST * CLASSES], logits[MOST * CLASSES], gradients[MOST * D];
  static float part_logits[MOST * CLASSES], part_gradients[MOST * D];
  static const uint64_t counts[] = {1, 2, 7, 33, 64, 70};
  const size_t d = (size_t)model->d;
  draw(samples, MOST * d, 1);
  draw(cotangents, MOST * CLASSES, 2);
  assert_int_equal(bw_model_logits(model, MOST, samples, logits, NULL), BW_OK);
  assert_int_equal(bw_model_vjp(model, MOST, samples, cotangents, gradients, NULL), BW_OK);
  for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
    for (uint64_t first = 0; first + counts[k] <= MOST; first += 23) {
      const float *from = samples + first * d, *along = cotangents + first * CLASSES;
      assert_int_equal(bw_model_logits(model, counts[k], from, part_logits, NULL), BW_OK);
      assert_int_equal(bw_model_vjp(model, counts[k], from, along, part_gradients, NULL), BW_OK);
      if (memcmp(part_logits, logits + first * CLASSES, counts[k] * CLASSES * sizeof(float)) != 0)
        fail_msg("%s: logits of %d samples from %d", name, (int)counts[k], (int)first);
      if (memcmp(part_gradients, gradients + first * d, counts[k] * d * sizeof(float)) != 0)
        fail_msg("%s: gradients of %d samples from %d", name, (int)counts[k], (int)first);
    }
  }
}

static void test_sameness(void **state) {
  (void)state;
  static const char *const names[] = {"convolutional", "half", "bfloat", "tokens", "shapeless"};
  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
    bw_model *model = open_model(names[k], NULL);
    check_sameness(model, names[k]);
    bw_model_free(model);
  }
}

/* Samples that change in few pixels from call to call, leave, and change places: what is remembered of the
 * calls before changes nothing. */
static void check_nearby(bw_model *model, const char *name) {
  static float samples[MOST * D], logits[MOST * CLASSES], nearby[MOST * CLASSES];
  const size_t d = (size_t)model->d;
  bwi_session *session = NULL, *other = NULL;
  assert_int_equal(bwi_session_open(&session, model, NULL), BW_OK);
  assert_int_equal(bwi_session_open(&other, model, NULL), BW_OK);
  draw(samples, MOST * d, 3);
  for (uint32_t round = 0; round < 40; round++) {
    const uint64_t n = MOST - round; /* through several ways to cut it up */
    for (uint64_t i = 0; i < n; i++)
      draw(samples + i * d + (round * 7 + i) % d, 1, (uint32_t)(100 * round + i));
    if (round % 5 == 4) memcpy(samples + round * d, samples + n * d, d * sizeof(float));
    assert_int_equal(bwi_session_logits(session, n, samples, BWI_PASS_NEARBY, nearby, NULL), BW_OK);
    assert_int_equal(bwi_session_logits(other, n, samples, BWI_PASS_SEARCH, logits, NULL), BW_OK);
    if (memcmp(nearby, logits, n * CLASSES * sizeof(float)) != 0) fail_msg("%s: call %d", name, (int)round);
  }
  bwi_session_free(session);
  bwi_session_free(other);
}

static void test_nearby(void **state) {
  (void)state;
  static const char *const names[] = {"convolutional", "half", "tokens", "shapeless"};
  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
    bw_model *model = open_model(names[k], NULL);
    check_nearby(model, names[k]);
    bw_model_free(model);
  }
}

/* With bfloat16 products the search stays close to float32's and as independent of neighbours; what verifies
 * does not change by a bit. */
static void test_bfloat16(void **state) {
  (void)state;
  static float samples[MOST * 784], cotangents[MOST * 10], a[MOST * 784], b[MOST * 784];
  static float exact[MOST * 10], again[MOST * 10];
  bw_model_options options;
  bw_model *model = NULL, *narrow = NULL;
  bw_error err;
  bw_model_options_init(&options, sizeof options);
  assert_int_equal(bw_model_open(&model, GLYPHS "robust.mlxfn", &options, NULL), BW_OK);
  options.search = BW_BFLOAT16;
  const bw_status status = bw_model_open(&narrow, GLYPHS "robust.mlxfn", &options, &err);
  if (status == BW_EUNSUPPORTED) {
    assert_non_null(strstr(err.text, "use float32"));
    print_message("SKIP bfloat16: the processor lacks it\n");
    bw_model_free(model);
    return;
  }
  assert_int_equal(status, BW_OK);
  assert_int_equal(model->d, 784);
  draw(samples, MOST * 784, 1);
  draw(cotangents, MOST * 10, 2);
  assert_int_equal(bw_model_logits(model, MOST, samples, exact, NULL), BW_OK);
  assert_int_equal(bw_model_logits(narrow, MOST, samples, again, NULL), BW_OK);
  assert_memory_equal(exact, again, sizeof exact);
  assert_int_equal(bw_model_vjp(model, MOST, samples, cotangents, a, NULL), BW_OK);
  assert_int_equal(bw_model_vjp(narrow, MOST, samples, cotangents, b, NULL), BW_OK);
  double dot = 0, aa = 0, bb = 0, error = 0;
  for (size_t i = 0; i < MOST * 784; i++) {
    const double x = (double)a[i], y = (double)b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    error += (x - y) * (x - y);
  }
  /* Each factor is off by at most 2^-9 of itself; some units change side at their kink. */
  assert_true(dot / sqrt(aa * bb) > 0.99);
  assert_true(error > 0);
  for (uint64_t first = 0; first < MOST; first += 23) {
    assert_int_equal(bw_model_vjp(narrow, 1, samples + first * 784, cotangents + first * 10, a, NULL), BW_OK);
    assert_memory_equal(a, b + first * 784, 784 * sizeof *a);
  }
  bw_model_free(model);
  bw_model_free(narrow);
}

/* Passes and fast kernels against the graph as it was exported on the reference backend. */
static void test_against_reference(void **state) {
  (void)state;
  static const struct {
    const char *name;
    double tolerance; /* as a share of the greatest value */
  } rows[] = {
      {"convolutional", 1e-5}, /* sums of up to 36 terms in another order, folded normalisation */
      {"tokens", 1e-5},
      {"shapeless", 1e-6},
      {"half", 2e-2}, /* half precision rounds after every primitive; folding leaves some out */
  };
  static float samples[MOST * D], cotangents[MOST * CLASSES], a[MOST * D], b[MOST * D];
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bw_model_options options;
    bw_model_options_init(&options, sizeof options);
    options.reference = 1;
    bw_model *fast = open_model(rows[k].name, NULL), *reference = open_model(rows[k].name, &options);
    const size_t count = MOST * (size_t)fast->d;
    draw(samples, count, 3);
    draw(cotangents, MOST * CLASSES, 4);
    assert_int_equal(bw_model_vjp(fast, MOST, samples, cotangents, a, NULL), BW_OK);
    assert_int_equal(bw_model_vjp(reference, MOST, samples, cotangents, b, NULL), BW_OK);
    double greatest = 0;
    for (size_t i = 0; i < count; i++) greatest = fmax(greatest, fabs((double)b[i]));
    assert_true(greatest > 0);
    for (size_t i = 0; i < count; i++)
      if (!(fabs((double)a[i] - (double)b[i]) <= rows[k].tolerance * greatest))
        fail_msg("%s: gradient element %zu is %g, the reference has %g", rows[k].name, i, (double)a[i],
                 (double)b[i]);
    bw_model_free(fast);
    bw_model_free(reference);
  }
}

static void test_no_gradient_without_derivative(void **state) {
  (void)state;
  bw_model *model = open_model("no_derivative", NULL);
  float samples[12], cotangents[6] = {0}, gradients[12], logits[6];
  draw(samples, 12, 5);
  assert_int_equal(bw_model_logits(model, 2, samples, logits, NULL), BW_OK);
  assert_int_equal(bw_model_vjp(model, 2, samples, cotangents, gradients, NULL), BW_EUNSUPPORTED);
  bw_model_free(model);
}

static void test_nothing_to_do(void **state) {
  (void)state;
  bw_model *model = open_model("convolutional", NULL);
  assert_int_equal(bw_model_logits(model, 0, NULL, NULL, NULL), BW_OK);
  bw_model_free(model);
}

/* --- several at once --- */

typedef struct shared {
  bw_model *model;
  const float *samples;
  float *logits;
} shared;

static bw_status run_task(void *payload, uint32_t worker, size_t task, bw_error *err) {
  (void)worker;
  const shared *s = payload;
  return bw_model_logits(s->model, 5, s->samples, s->logits + task * 5 * CLASSES, err);
}

static void test_one_model_in_several_threads(void **state) {
  (void)state;
  enum { TASKS = 8 };
  static float samples[5 * D], logits[TASKS * 5 * CLASSES];
  shared s = {.model = open_model("convolutional", NULL), .samples = samples, .logits = logits};
  draw(samples, 5 * D, 6);
  assert_int_equal(bwi_workers_run(4, TASKS, run_task, &s, NULL), BW_OK);
  for (size_t k = 1; k < TASKS; k++)
    assert_memory_equal(logits, logits + k * 5 * CLASSES, 5 * CLASSES * sizeof(float));
  bw_model_free(s.model);
}

static bw_status attempt(void *payload) {
  (void)payload;
  bw_model *model = NULL;
  const bw_status status = bw_model_open(&model, FOLDER "shapeless.mlxfn", NULL, NULL);
  bw_model_free(model);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_allocations(attempt, NULL) > 100);
}

static void test_digest_without_memory(void **state) {
  (void)state;
  bw_model *model = open_model("convolutional", NULL);
  (void)bwi_memory_fail_after(1);
  assert_string_equal(bw_model_digest(model), "");
  assert_int_equal(bwi_memory_fail_after(0), 0);
  assert_int_equal(strlen(bw_model_digest(model)), 64); /* asked again, it is computed again */
  bw_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good_files),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_digest_names_the_model),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_nearby),
      cmocka_unit_test(test_bfloat16),
      cmocka_unit_test(test_against_reference),
      cmocka_unit_test(test_no_gradient_without_derivative),
      cmocka_unit_test(test_nothing_to_do),
      cmocka_unit_test(test_one_model_in_several_threads),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_digest_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
