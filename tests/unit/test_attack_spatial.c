/* SPDX-License-Identifier: Apache-2.0 */
/* The model sees a blob in a picture of 9 by 9, and answers by the column, the row or the angle at which it
 * lies, so that which transformations fool it is plain. */
#include <math.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

enum { SIDE = 9, D = SIDE * SIDE };

typedef struct eye {
  double down, right; /* what is added up: 1 for the rows and columns of the blob's middle */
  double least;       /* from which on the answer is class 1 */
} eye;

static int see(void *payload, uint64_t n, const float *samples, float *logits) {
  const eye *e = payload;
  for (uint64_t i = 0; i < n; i++) {
    double mass = 1e-9, place = 0;
    for (int j = 0; j < D; j++) {
      const double value = (double)samples[i * D + (uint64_t)j];
      mass += value;
      place += value * (e->down * (j / SIDE - SIDE / 2) + e->right * (j % SIDE - SIDE / 2));
    }
    logits[2 * i] = (float)e->least;
    logits[2 * i + 1] = (float)(place / mass);
  }
  return 0;
}

static const int64_t shape[3] = {SIDE, SIDE, 1};

static bw_model *eye_model(eye *e) {
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = see,
                                        .payload = e,
                                        .rank = 3,
                                        .shape = shape,
                                        .n_classes = 2,
                                        .upper = 1};
  bw_model *model = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  return model;
}

/* One picture whose only bright pixel is there. */
static bw_dataset *blob_at(int row, int column) {
  float x[D] = {0};
  const int32_t label = 0;
  x[row * SIDE + column] = 1;
  return toy_dataset(1, D, x, &label);
}

typedef struct sight {
  const char *name;
  eye eye;
  int row, column; /* of the blob; the middle is (4, 4) */
  const char *settings[9];
  bool falls;
} sight;

#define FIXED "rotation", "0", "rotations", "1"

static const sight sights[] = {
    {"3 to the right reach 2.5", {0, 1, 2.5}, 4, 4, {FIXED, NULL}, true},
    {"3 to the right do not reach 3.5", {0, 1, 3.5}, 4, 4, {FIXED, NULL}, false},
    {"3 to the left", {0, -1, 2.5}, 4, 4, {FIXED, NULL}, true},
    {"3 down", {1, 0, 2.5}, 4, 4, {FIXED, NULL}, true},
    {"down and right at once", {1, 1, 5.5}, 4, 4, {FIXED, NULL}, true},
    {"the way is an option", {0, 1, 2.5}, 4, 4, {FIXED, "translation", "2", NULL}, false},
    {"turned by 30 degrees, 4 away: 2 up", {-1, 0, 1.7}, 4, 8, {"translation", "0", NULL}, true},
    {"no further", {-1, 0, 2.3}, 4, 8, {"translation", "0", NULL}, false},
    {"the other way round", {1, 0, 1.7}, 4, 8, {"translation", "0", NULL}, true},
    {"the angle is an option", {-1, 0, 1.7}, 4, 8, {"translation", "0", "rotation", "20", NULL}, false},
    {"random ones go as far", {0, 1, 2.5}, 4, 4, {"random", "200", NULL}, true},
    {"and no further", {0, 1, 3.1}, 4, 4, {"random", "200", NULL}, false},
};

static void test_finds_what_the_options_allow(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof sights / sizeof *sights; k++) {
    eye e = sights[k].eye;
    bw_model *model = eye_model(&e);
    bw_dataset *data = blob_at(sights[k].row, sights[k].column);
    bw_attack_result *result = contest("spatial", BW_L2, INFINITY, sights[k].settings, model, data, NULL);
    if (bw_attack_result_at(result, 0)->success != sights[k].falls) fail_msg("%s", sights[k].name);
    assert_int_equal(bw_attack_result_refused(result), 0);
    bw_attack_result_free(result);
    bw_dataset_free(data);
    bw_model_free(model);
  }
}

static void test_tries_the_whole_grid(void **state) {
  (void)state;
  static const struct {
    const char *settings[9];
    uint64_t n;
  } rows[] = {{{NULL}, 125},
              {{"rotations", "3", "translations", "2", NULL}, 12},
              {{"random", "17", NULL}, 17},
              {{"early_stop", "true", FIXED, NULL}, 21}}; /* the first place on the grid 3 to the right */
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    eye e = {0, 1, 2.5};
    bw_model *model = eye_model(&e);
    bw_dataset *data = blob_at(4, 4);
    bw_attack_result *result = contest("spatial", BW_L2, INFINITY, rows[k].settings, model, data, NULL);
    assert_int_equal(bw_attack_result_at(result, 0)->forwards, rows[k].n);
    bw_attack_result_free(result);
    bw_dataset_free(data);
    bw_model_free(model);
  }
}

/* The nearest of all is kept; a budget keeps those beyond it out. A blob that left its pixel is sqrt(2) away
 * in L2 if it is whole. */
static void test_nearest_and_budget(void **state) {
  (void)state;
  static const char *const settings[] = {FIXED, NULL};
  eye e = {0, 1, 1.4};
  bw_model *model = eye_model(&e);
  bw_dataset *data = blob_at(4, 4);
  const double budgets[] = {INFINITY, 1.2, 1};
  for (int k = 0; k < 3; k++) {
    bw_attack_result *result = contest("spatial", BW_L2, budgets[k], settings, model, data, NULL);
    const bw_sample_outcome *o = bw_attack_result_at(result, 0);
    assert_int_equal(o->success, k < 2);
    /* 1.5 to the right and up or down: a quarter in each of four pixels. */
    if (k < 2) assert_float_equal(o->distance, sqrt(1.25), 1e-6);
    assert_int_equal(bw_attack_result_refused(result), 0);
    bw_attack_result_free(result);
  }
  bw_dataset_free(data);
  bw_model_free(model);
}

static void test_lines_are_no_pictures(void **state) {
  (void)state;
  static const int64_t line[1] = {D};
  eye e = {0, 1, 2.5};
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = see,
                                        .payload = &e,
                                        .rank = 1,
                                        .shape = line,
                                        .n_classes = 2,
                                        .upper = 1};
  bw_model *model = NULL;
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_error err = {0};
  bw_dataset *data = blob_at(4, 4);
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  assert_int_equal(bw_attack_create(&attack, "spatial", BW_LINF, INFINITY, NULL), BW_OK);
  assert_int_equal(bw_attack_run(&result, attack, model, data, NULL, &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "spatial needs pictures: the samples have no rows and columns");
  bw_attack_free(attack);
  bw_dataset_free(data);
  bw_model_free(model);
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const random[] = {"random", "20", NULL};
  static const char *const targeted[] = {"rotations", "3", "translations", "3", "target", "next", NULL};
  assert_sameness("spatial", BW_LINF, INFINITY, random, here->scores, here->pictures);
  assert_sameness("spatial", BW_L0, INFINITY, targeted, here->scores, here->pictures);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("spatial", BW_L2, 100, here->scores);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_what_the_options_allow),
      cmocka_unit_test(test_tries_the_whole_grid),
      cmocka_unit_test(test_nearest_and_budget),
      cmocka_unit_test(test_lines_are_no_pictures),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_spatial", tests, arena_open, arena_close);
}
