/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attack/attack.h"
#include "model/model.h"
#include "support/contest.h"
#include "support/unit.h"

static void test_parts(void **state) {
  const arena *here = *state;
  static const struct {
    const char *version;
    bw_norm norm;
    const char *parts[6];
    double restarts[6], targets[6], losses[6]; /* 0: has no such option, or cross-entropy */
  } rows[] = {
      {"standard", BW_LINF, {"apgd", "apgd-t", "fab-t", "square"}, {1, 1, 1, 1}, {0, 9, 9}, {0, 2}},
      {"standard", BW_L2, {"apgd", "apgd-t", "fab-t", "square"}, {1, 1, 1, 1}, {0, 9, 9}, {0, 2}},
      {"standard", BW_L1, {"apgd", "apgd-t", "fab-t", "square"}, {5, 1, 1, 1}, {0, 5, 9}, {0, 2}},
      {"plus",
       BW_LINF,
       {"apgd", "apgd", "fab", "square", "apgd-t", "fab-t"},
       {5, 5, 5, 1, 1, 1},
       {0, 0, 0, 0, 9, 9},
       {0, 2, 0, 0, 2}},
  };
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    bw_attack *whole = NULL, part;
    assert_int_equal(bw_attack_create(&whole, "autoattack", rows[r].norm, 0.25, NULL), BW_OK);
    assert_int_equal(bw_attack_set(whole, "version", rows[r].version, NULL), BW_OK);
    uint32_t k = 0;
    for (; k < 6 && rows[r].parts[k] != NULL; k++) {
      assert_true(whole->class->part(&part, whole, here->model, k));
      assert_string_equal(part.class->info.name, rows[r].parts[k]);
      assert_int_equal(part.norm, rows[r].norm);
      assert_true(part.eps == 0.25);
      assert_true(bwi_attack_value(&part, "restarts", 0) == rows[r].restarts[k]);
      assert_true(bwi_attack_value(&part, "targets", 0) == rows[r].targets[k]);
      assert_true(bwi_attack_value(&part, "loss", 0) == rows[r].losses[k]);
      assert_true(bwi_attack_value(&part, "steps", 100) == 100);
      assert_true(bwi_attack_value(&part, "queries", 5000) == 5000);
      assert_true(bwi_attack_value(&part, "rescale", 0) == 0);
      assert_true(bwi_attack_value(&part, "large_eps", rows[r].norm == BW_L1) == (rows[r].norm == BW_L1));
    }
    assert_false(whole->class->part(&part, whole, here->model, k));
    bw_attack_free(whole);
  }
}

/* What a part breaks alone the whole breaks too, and with the same perturbation if it is the first. */
static void test_is_at_least_its_parts(void **state) {
  const arena *here = *state;
  static const char *const names[] = {"apgd", "apgd-t", "fab-t"};
  bw_dataset *pictures = toy_data(60, 1);
  bw_attack_result *whole = contest("autoattack", BW_LINF, 0.1, NULL, here->model, pictures, NULL);
  uint64_t n_broken = 0;
  for (size_t k = 0; k < 3; k++) {
    bw_attack_result *part = contest(names[k], BW_LINF, 0.1, NULL, here->model, pictures, NULL);
    for (uint64_t i = 0; i < bw_attack_result_count(whole); i++) {
      const bw_sample_outcome *p = bw_attack_result_at(part, i), *q = bw_attack_result_at(whole, i);
      assert_int_equal(p->attacked, q->attacked);
      assert_true(q->success >= p->success);
      if (k == 0 && p->success) {
        assert_memory_equal(bw_attack_result_sample(part, i), bw_attack_result_sample(whole, i),
                            TOY_D * sizeof(float));
        assert_int_equal(p->forwards, q->forwards);
        n_broken++;
      }
      if (q->attacked && !q->success) assert_true(q->forwards > 5000); /* Square came to it, too */
    }
    bw_attack_result_free(part);
  }
  assert_true(n_broken > 5);
  bw_attack_result_free(whole);
  bw_dataset_free(pictures);
}

static void test_sameness(void **state) {
  const arena *here = *state;
  bw_dataset *few = toy_data(24, 1);
  assert_sameness("autoattack", BW_LINF, 0.12, NULL, here->model, few);
  bw_dataset_free(few);
}

/* Two ascents over the mean of 20 passes: on a model that is not random, those passes are equal. */
static void test_rand_counts_twenty_passes(void **state) {
  const arena *here = *state;
  static const char *const rand_[] = {"version", "rand", NULL}, *const few_eot[] = {"version", "rand", "eot",
                                                                                    "3", NULL};
  bw_dataset *few = toy_data(4, 1);
  for (int k = 0; k < 2; k++) {
    bw_attack_result *result =
        contest("autoattack", BW_LINF, 1e-4, k == 0 ? rand_ : few_eot, here->model, few, NULL);
    const uint64_t passes = k == 0 ? 20 : 3;
    for (uint64_t i = 0; i < 4; i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      assert_int_equal(o->success, 0);
      assert_int_equal(o->forwards, 2 * 101 * passes);
    }
    bw_attack_result_free(result);
  }
  bw_dataset_free(few);
}

/* The ratio of logits needs more classes than these models have. */
static void test_few_classes(void **state) {
  (void)state;
  static const char *const versions[][3] = {
      {"version", "standard", NULL}, {"version", "plus", NULL}, {"version", "rand", NULL}};
  for (uint32_t n_classes = 2; n_classes <= 3; n_classes++)
    for (int v = 0; v < 3; v++) {
      linear l;
      linear_open(&l, n_classes, 0, 1);
      bw_dataset *few = toy_dataset(4, LINEAR_D, l.samples, l.labels);
      bw_attack_result_free(contest("autoattack", BW_LINF, 0.05, versions[v], l.model, few, NULL));
      bw_dataset_free(few);
      linear_close(&l);
    }
}

static int watch(const bw_tick *tick, void *payload) {
  bw_tick *last = payload;
  assert_true(tick->done <= tick->total);
  /* The clean predictions are a phase of their own, before. */
  if (strcmp(tick->phase, "clean") != 0) {
    assert_true(tick->done >= last->done);
    last->done = tick->done;
  }
  return 0;
}

static void test_progress_goes_forward_to_the_end(void **state) {
  const arena *here = *state;
  bw_tick last = {0};
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.threads = 1;
  o.progress = (bw_progress){watch, &last};
  bw_dataset *few = toy_data(12, 1);
  assert_int_equal(bw_attack_create(&attack, "autoattack", BW_LINF, 0.1, NULL), BW_OK);
  const bw_status status = bw_attack_run(&result, attack, here->model, few, &o, NULL);
  assert_int_equal(status, BW_OK);
  assert_true(last.done == 12);
  bw_attack_result_free(result);
  bw_attack_free(attack);
  bw_dataset_free(few);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parts),       cmocka_unit_test(test_is_at_least_its_parts),
      cmocka_unit_test(test_sameness),    cmocka_unit_test(test_rand_counts_twenty_passes),
      cmocka_unit_test(test_few_classes), cmocka_unit_test(test_progress_goes_forward_to_the_end),
  };
  return cmocka_run_group_tests_name("attack_autoattack", tests, arena_open, arena_close);
}
