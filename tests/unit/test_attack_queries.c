/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/queries.h"

#include <math.h>

#include "attack/result.h"
#include "base/memory.h"
#include "support/contest.h"
#include "support/unit.h"

static void test_steps(void **state) {
  (void)state;
  static const uint64_t wanted[] = {1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64};
  for (uint32_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
    assert_int_equal(bwi_query_step(k), wanted[k]);
  assert_int_equal(bwi_query_step(BWI_QUERY_STEPS - 1), 1 << 24);
}

/* In any order; a farther success later changes nothing. */
static void test_notes(void **state) {
  (void)state;
  static const struct {
    uint64_t queries;
    float distance;
  } rows[] = {{12, 2}, {3, 5}, {200, 3}, {64, 1}, {UINT64_MAX, 0}};
  float *nearest = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(bwi_query_note(&nearest, rows[i].queries, rows[i].distance, NULL), BW_OK);
  for (uint32_t k = 0; k < BWI_QUERY_STEPS; k++) {
    const uint64_t step = bwi_query_step(k);
    const float wanted = step < 3 ? INFINITY : step < 12 ? 5 : step < 64 ? 2 : 1;
    assert_true(nearest[k] == wanted);
  }
  bwi_free(nearest);
}

/* The attack sees scores only and stops at a sample's first success, which is its last query. */
static void test_trail(void **state) {
  (void)state;
  static const char *const settings[] = {"queries", "100", NULL};
  linear l;
  linear_open(&l, 3, 0, 1);
  bw_attack_result *scores = contest("square", BW_LINF, 0.1, settings, l.model, l.data, NULL);
  bw_attack_result *slopes = contest("pgd", BW_LINF, 0.1, NULL, l.model, l.data, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *outcome = bw_attack_result_at(scores, i);
    const float *nearest = scores->trails[i].by_queries;
    assert_null(slopes->trails[i].by_queries);
    assert_int_equal(nearest != NULL, outcome->success);
    for (uint32_t k = 0; k < BWI_QUERY_STEPS && nearest != NULL; k++)
      assert_true(nearest[k] == (bwi_query_step(k) < outcome->forwards ? INFINITY : outcome->distance));
    n_broken += outcome->success;
  }
  assert_true(n_broken > 0);
  bw_attack_result_free(slopes);
  bw_attack_result_free(scores);
  linear_close(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_notes),
      cmocka_unit_test(test_trail),
  };
  return cmocka_run_group_tests_name("attack_queries", tests, NULL, NULL);
}
