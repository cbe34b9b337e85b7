/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks that see scores only, but Square: what each must reach on linear models, and what all must do.
 */
#include <math.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

typedef struct method {
  const char *name;
  bw_norm norm;
  double eps;              /* of the pictures */
  const char *settings[7]; /* short runs */
} method;

static const method methods[] = {
    {"simba", BW_L2, 1, {"passes", "2", NULL}},
    {"simba", BW_LINF, 0.15, {"step", "0.1", NULL}},
    {"simba", BW_L2, 1, {"basis", "dct", NULL}},
    {"nes", BW_LINF, 0.15, {"queries", "400", "samples", "20", "step", "0.03", NULL}},
    {"nes", BW_L2, 1, {"queries", "400", "samples", "20", "step", "0.2", NULL}},
    {"spsa", BW_LINF, 0.15, {"steps", "12", "samples", "20", "rate", "0.03", NULL}},
    {"spsa", BW_L2, 1, {"steps", "12", "samples", "20", "rate", "0.03", NULL}},
    {"zoo", BW_L2, 1, {"steps", "15", "coordinates", "20", "rate", "0.1", NULL}},
    {"one-pixel", BW_L0, 3, {"generations", "6", "population", "25", NULL}},
};
#define N_METHODS (sizeof methods / sizeof *methods)

/* A third of the pictures at the least, without a gradient. */
static void test_breaks_without_gradients(void **state) {
  const arena *here = *state;
  for (size_t k = 0; k < N_METHODS; k++) {
    const method *m = &methods[k];
    bw_attack_result *result =
        contest(m->name, m->norm, m->eps, m->settings, here->scores, here->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      n_broken += o->success;
      assert_int_equal(o->backwards, 0);
      if (o->attacked) assert_true(o->forwards > 0);
    }
    assert_int_equal(bw_attack_result_refused(result), 0);
    if (n_broken < 40) fail_msg("%s, norm %d: %d broken", m->name, m->norm, (int)n_broken);
    bw_attack_result_free(result);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  bw_dataset *few = toy_data(40, 5);
  for (size_t k = 0; k < N_METHODS; k++)
    assert_sameness(methods[k].name, methods[k].norm, methods[k].eps, methods[k].settings, here->scores, few);
  bw_dataset_free(few);
}

static void test_targets(void **state) {
  const arena *here = *state;
  for (size_t k = 0; k < N_METHODS; k++) {
    const method *m = &methods[k];
    if (m->norm == BW_L0) continue; /* three pixels reach few targets */
    const char *settings[9] = {"target", "next"};
    for (int s = 0; s < 7; s++) settings[2 + s] = m->settings[s];
    bw_attack_result *result =
        contest(m->name, m->norm, 4 * m->eps, settings, here->scores, here->pictures, NULL);
    uint64_t n_broken = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      n_broken += o->success;
      if (o->success)
        assert_int_equal(o->adversarial_prediction, (bw_dataset_label(here->pictures, i) + 1) % TOY_CLASSES);
    }
    if (n_broken < 20) fail_msg("%s, norm %d: %d broken", m->name, m->norm, (int)n_broken);
    bw_attack_result_free(result);
  }
}

/* How many times the least distance each needs on linear models of two classes. Signs
 * of estimates are soon right; their directions, by which L2 goes, stay noisy. SimBA moves by whole steps. */
static void test_nears_the_boundary_and_not_less(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_norm norm;
    double factor;
    const char *settings[7];
  } rows[] = {
      {"nes", BW_LINF, 1.05, {"samples", "200", NULL}},
      {"nes", BW_L2, 1.3, {"samples", "200", "step", "0.05", NULL}},
      {"spsa", BW_LINF, 1.05, {"samples", "200", NULL}},
      {"spsa", BW_L2, 1.3, {"samples", "200", NULL}},
      {"simba", BW_LINF, 1.01, {"step", "1", NULL}},
      {"simba", BW_L2, 1.2, {"step", "0.02", "passes", "200", NULL}},
      {"zoo", BW_L2, 1.1, {"c", "3", "steps", "500", "coordinates", "10", NULL}},
  };
  linear l;
  linear_open(&l, 2, -10, 10);
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    assert_boundary_decides(rows[r].name, rows[r].norm, rows[r].settings, &l, rows[r].factor);
  linear_close(&l);
}

/* The best single pixel on a linear model has the greatest gain in the box: with one pixel more than it
 * needs, evolution finds a success. */
static void test_one_pixel_nears_the_fewest(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0, 1);
  for (uint64_t i = 0; i < 6; i++) {
    const double least = linear_distance(&l, BW_L0, i);
    bw_dataset *one = NULL;
    assert_int_equal(bw_dataset_choose(&one, l.data, 1, &i, NULL), BW_OK);
    for (int more = -1; more <= 1; more += 2) {
      if (least + more < 1) continue;
      bw_attack_result *result = contest("one-pixel", BW_L0, least + more, NULL, l.model, one, NULL);
      if (bw_attack_result_at(result, 0)->success != (more > 0))
        fail_msg("sample %d, %g pixels, %d more", (int)i, least, more);
      if (more < 0) assert_int_equal(bw_attack_result_at(result, 0)->forwards, 76 * 401);
      bw_attack_result_free(result);
    }
    bw_dataset_free(one);
  }
  linear_close(&l);
}

/* A pixel has three coordinates here, and eps counts coordinates. */
static int answer_first(void *payload, uint64_t n, const float *samples, float *logits) {
  (void)payload;
  for (uint64_t i = 0; i < n; i++) {
    logits[2 * i] = 1 - 0.5F * (samples[12 * i] + samples[12 * i + 1] + samples[12 * i + 2]);
    logits[2 * i + 1] = 0;
  }
  return 0;
}

static void test_one_pixel_in_colour(void **state) {
  (void)state;
  static const int64_t shape[3] = {2, 2, 3};
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = answer_first,
                                        .rank = 3,
                                        .shape = shape,
                                        .n_classes = 2,
                                        .upper = 1};
  static const float black[12];
  const int32_t label = 0;
  bw_model *model = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  bw_dataset *data = toy_dataset(1, 12, black, &label);
  bw_attack_result *result = contest("one-pixel", BW_L0, 3, NULL, model, data, NULL);
  const float *x = bw_attack_result_sample(result, 0);
  assert_int_equal(bw_attack_result_at(result, 0)->success, 1);
  for (int j = 3; j < 12; j++) assert_true(x[j] == 0);
  bw_attack_result_free(result);
  bw_attack *attack = NULL;
  bw_error err = {0};
  assert_int_equal(bw_attack_create(&attack, "one-pixel", BW_L0, 2, &err), BW_OK);
  assert_int_equal(bw_attack_run(&result, attack, model, data, NULL, &err), BW_EUNSUPPORTED);
  bw_attack_free(attack);
  bw_dataset_free(data);
  bw_model_free(model);
}

/* As many as the options say where nothing breaks: those of the estimates, and one for each iterate. */
static void test_counts_queries(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_norm norm;
    uint64_t n_queries;
    const char *settings[7];
  } rows[] = {
      {"nes", BW_LINF, 9 * 11, {"queries", "100", "samples", "10", NULL}},
      {"nes", BW_LINF, 9 * 11, {"queries", "100", "samples", "11", NULL}},
      {"spsa", BW_LINF, 7 * 9, {"steps", "7", "samples", "8", NULL}},
      {"zoo", BW_L2, 2 * 73, {"steps", "2", "coordinates", "100", NULL}},
      {"zoo", BW_L2, 3 * 41 + 2 * 33, {"steps", "5", "coordinates", "20", NULL}},
      {"simba", BW_L2, 5, {"step", "1e-5", "queries", "5", NULL}},
  };
  linear l;
  linear_open(&l, 2, -10, 10);
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    bw_attack_result *result =
        contest(rows[r].name, rows[r].norm, 1e-3, rows[r].settings, l.model, l.data, NULL);
    for (uint64_t i = 0; i < LINEAR_N; i++)
      if (bw_attack_result_at(result, i)->forwards != rows[r].n_queries)
        fail_msg("row %d: %d queries", (int)r, (int)bw_attack_result_at(result, i)->forwards);
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("simba", BW_L2, 3, here->scores);
  sweep_attack("nes", BW_LINF, 0.5, here->scores);
  sweep_attack("one-pixel", BW_L0, 3, here->scores);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_breaks_without_gradients),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_nears_the_boundary_and_not_less),
      cmocka_unit_test(test_one_pixel_nears_the_fewest),
      cmocka_unit_test(test_one_pixel_in_colour),
      cmocka_unit_test(test_counts_queries),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_score", tests, arena_open, arena_close);
}
