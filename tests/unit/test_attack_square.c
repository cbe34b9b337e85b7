/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "support/contest.h"
#include "support/unit.h"

static const double budgets_of[] = {0.12, 0.8, 3};

/* On a linear model each coordinate has one best edge of the ball, which single pixels find by and by: a
 * search comes close to the least distance and cannot pass it. In L2 bumps of 3 by 3 pixels are as fine as it
 * goes. */
static void test_nears_the_boundary_and_not_less(void **state) {
  (void)state;
  static const struct {
    bw_norm norm;
    uint32_t n_classes;
    double above;
  } rows[] = {{BW_LINF, 2, 1.02}, {BW_LINF, 5, 1.1}, {BW_L2, 2, 2},
              {BW_L2, 5, 2},      {BW_L1, 2, 3},     {BW_L1, 5, 3}};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    linear l;
    linear_open(&l, rows[r].n_classes, -10, 10);
    assert_boundary_decides("square", rows[r].norm, NULL, &l, rows[r].above);
    linear_close(&l);
  }
}

static void test_usual_queries(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 5, -10, 10);
  bw_dataset *one = NULL;
  assert_int_equal(bw_dataset_choose(&one, l.data, 1, &(uint64_t){0}, NULL), BW_OK);
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    bw_attack_result *result = contest("square", (bw_norm)norm, 1e-3, NULL, l.model, one, NULL);
    const bw_sample_outcome *o = bw_attack_result_at(result, 0);
    assert_int_equal(o->success, 0);
    assert_int_equal(o->forwards, 5000);
    assert_int_equal(o->backwards, 0);
    bw_attack_result_free(result);
  }
  bw_dataset_free(one);
  linear_close(&l);
}

static void test_counts_queries(void **state) {
  const arena *here = *state;
  static const uint32_t budgets[] = {1, 2, 50};
  static const char *const texts[] = {"1", "2", "50"};
  for (size_t k = 0; k < 3; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      const char *const settings[] = {"queries", texts[k], NULL};
      bw_attack_result *result =
          contest("square", (bw_norm)norm, budgets_of[norm], settings, here->scores, here->pictures, NULL);
      for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
        const bw_sample_outcome *o = bw_attack_result_at(result, i);
        if (o->attacked && !o->success) assert_int_equal(o->forwards, budgets[k]);
        assert_true(o->forwards <= budgets[k]);
      }
      bw_attack_result_free(result);
    }
}

/* More queries break more, and a tenth of the schedule is the whole of it when it is stretched. */
static void test_more_queries_break_more(void **state) {
  const arena *here = *state;
  static const char *const few[] = {"queries", "20", NULL}, *const many[] = {"queries", "1000", NULL};
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    uint64_t n_few = 0, n_many = 0;
    const double eps = budgets_of[norm];
    bw_attack_result *a = contest("square", (bw_norm)norm, eps, few, here->scores, here->pictures, NULL);
    bw_attack_result *b = contest("square", (bw_norm)norm, eps, many, here->scores, here->pictures, NULL);
    for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
      n_few += bw_attack_result_at(a, i)->success;
      n_many += bw_attack_result_at(b, i)->success;
    }
    if (n_many <= n_few) fail_msg("norm %d: %d, then %d", norm, (int)n_few, (int)n_many);
    bw_attack_result_free(a);
    bw_attack_result_free(b);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"queries", "60", "restarts", "2", NULL};
  static const char *const next[] = {"queries", "60", "target", "next", "rescale", "false", NULL};
  assert_sameness("square", BW_LINF, 0.12, settings, here->scores, here->pictures);
  assert_sameness("square", BW_L2, 0.8, settings, here->scores, here->pictures);
  assert_sameness("square", BW_L1, 3, settings, here->scores, here->pictures);
  assert_sameness("square", BW_LINF, 0.3, next, here->scores, here->pictures);
}

/* Samples of other shapes: colours, either order of axes, low and long pictures, and a line. */
typedef struct shape_case {
  uint32_t rank;
  int64_t shape[3];
} shape_case;

static int weigh(void *payload, uint64_t n, const float *samples, float *logits) {
  const uint64_t d = *(const uint64_t *)payload;
  for (uint64_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint64_t j = 0; j < d; j++) sum += (j * j % 3 == 0 ? -1 : 1) * ((double)samples[i * d + j] - 0.5);
    logits[2 * i] = (float)(sum + 0.1 * (double)d);
    logits[2 * i + 1] = 0;
  }
  return 0;
}

static void test_shapes(void **state) {
  (void)state;
  static const shape_case cases[] = {{3, {7, 7, 3}}, {3, {3, 7, 7}},  {2, {2, 40}},   {2, {40, 2}},
                                     {1, {50}},      {3, {1, 1, 64}}, {3, {2, 2, 2}}, {1, {1}}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    uint64_t d = 1;
    for (uint32_t a = 0; a < cases[k].rank; a++) d *= (uint64_t)cases[k].shape[a];
    const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                          .logits = weigh,
                                          .payload = &d,
                                          .rank = cases[k].rank,
                                          .shape = cases[k].shape,
                                          .n_classes = 2,
                                          .upper = 1};
    bw_model *other = NULL;
    assert_int_equal(bw_model_from_callbacks(&other, &callbacks, NULL), BW_OK);
    float samples[160];
    for (int j = 0; j < 160; j++) samples[j] = 0.5F;
    const int32_t label = 0;
    bw_dataset *data = toy_dataset(1, (uint32_t)d, samples, &label);
    static const char *const settings[] = {"queries", "3000", NULL};
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      /* The least is 0.1 in each coordinate, and d / 10 in L1; a bump cannot have the sign of each. */
      const double eps[] = {0.14, 0.3 * sqrt((double)d), 0.4 * (double)d};
      bw_attack_result *result = contest("square", (bw_norm)norm, eps[norm], settings, other, data, NULL);
      if (bw_attack_result_at(result, 0)->success != 1) fail_msg("shape %d, norm %d", (int)k, norm);
      bw_attack_result_free(result);
    }
    bw_dataset_free(data);
    bw_model_free(other);
  }
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("square", BW_L2, 6, here->scores);
}

/* The answer hangs on the last pixel alone: the stripes of the start put it right for some samples, and only
 * windows that reach it for the others. */
static void test_the_authors_windows_miss_the_last_pixel(void **state) {
  (void)state;
  static const char *const settings[][5] = {{"queries", "1000", NULL},
                                            {"queries", "1000", "fidelity", "reference", NULL}};
  linear l;
  linear_open(&l, 2, 0, 1);
  memset(l.weights, 0, sizeof l.weights);
  l.weights[1][LINEAR_D - 1] = 1;
  l.biases[0] = 0;
  l.biases[1] = -0.5F;
  for (int i = 0; i < LINEAR_N; i++) l.labels[i] = l.samples[i * LINEAR_D + LINEAR_D - 1] > 0.5F;
  bw_dataset *data = toy_dataset(LINEAR_N, LINEAR_D, l.samples, l.labels);
  uint64_t n_broken[2] = {0};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *result = contest("square", BW_LINF, 0.4, settings[k], l.model, data, NULL);
    for (uint64_t i = 0; i < LINEAR_N; i++) n_broken[k] += bw_attack_result_at(result, i)->success;
    bw_attack_result_free(result);
  }
  assert_int_equal(n_broken[0], LINEAR_N);
  assert_true(n_broken[1] > 0 && n_broken[1] < LINEAR_N);
  bw_dataset_free(data);
  linear_close(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nears_the_boundary_and_not_less),
      cmocka_unit_test(test_usual_queries),
      cmocka_unit_test(test_counts_queries),
      cmocka_unit_test(test_more_queries_break_more),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_the_authors_windows_miss_the_last_pixel),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_square", tests, arena_open, arena_close);
}
