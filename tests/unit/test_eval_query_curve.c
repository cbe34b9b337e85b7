/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/query_curve.h"

#include <math.h>

#include "attack/attack.h"
#include "support/toy.h"
#include "support/unit.h"

/* What an attack noted of five samples with label 0. */
static bw_attack_result *noted(const bw_dataset *data) {
  static const struct {
    int32_t prediction;
    uint64_t queries; /* that it spent */
    uint64_t n_successes;
    struct {
      uint64_t queries;
      float distance;
    } successes[2];
  } rows[] = {
      {0, 10, 2, {{1, 4}, {10, 2}}}, {0, 9, 1, {{3, 3}}}, {0, 7, 1, {{7, 1}}}, {0, 10, 0, {{0}}}, /* stands */
      {1, 2, 1, {{2, 1}}}, /* wrong to begin with */
  };
  const bwi_ball ball = {.norm = BW_LINF, .radius = 5, .upper = 1, .d = 1};
  bw_attack_result *result = bwi_attack_result_create(data, &ball);
  assert_non_null(result);
  for (uint64_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    result->outcomes[i].clean_prediction = rows[i].prediction;
    result->outcomes[i].forwards = rows[i].queries;
    result->outcomes[i].success = rows[i].n_successes > 0;
    for (uint64_t k = 0; k < rows[i].n_successes; k++)
      assert_int_equal(bwi_query_note(&result->trails[i].by_queries, rows[i].successes[k].queries,
                                      rows[i].successes[k].distance, NULL),
                       BW_OK);
  }
  return result;
}

static void test_curve(void **state) {
  (void)state;
  static const bwi_query_state wanted[] = {
      {1, 1, NAN},                       /* 4, -, -: half of the three and more are not broken yet */
      {2, 1, NAN}, {3, 2, 4},            /* 4, 3, - */
      {4, 2, 4},   {6, 2, 4}, {8, 3, 3}, /* 4, 3, 1 */
      {10, 3, 2}, /* 2, 3, 1; the next step would be 11, and nobody was asked as often */
      {0, 0, 0},
  };
  static const float samples[5] = {0};
  static const int32_t labels[5] = {0};
  bw_dataset *data = toy_dataset(5, 1, samples, labels);
  bw_attack_result *result = noted(data);
  bwi_query_state curve[BWI_QUERY_STEPS] = {0};
  const bw_attack scores = bwi_attack_of(&bwi_square, BW_LINF, 5),
                  slopes = bwi_attack_of(&bwi_pgd, BW_LINF, 5);
  assert_int_equal(bwi_query_curve(curve, &slopes, result, NULL), BW_OK);
  assert_true(curve[0].queries == 0);
  assert_int_equal(bwi_query_curve(curve, &scores, result, NULL), BW_OK);
  for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
    assert_true(curve[k].queries == wanted[k].queries);
    assert_true(curve[k].n_broken == wanted[k].n_broken);
    assert_true(isnan(wanted[k].median_distance) ? isnan(curve[k].median_distance)
                                                 : curve[k].median_distance == wanted[k].median_distance);
  }
  bw_attack_result_free(result);
  bw_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_curve)};
  return cmocka_run_group_tests_name("eval_query_curve", tests, NULL, NULL);
}
