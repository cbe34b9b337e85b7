/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "attack/boundary.h"
#include "support/contest.h"
#include "support/toy.h"
#include "support/unit.h"

static toy net;
static bw_model *model;
static bw_dataset *pictures;

static int setup(void **state) {
  (void)state;
  toy_train(&net, TOY_HONEST);
  model = toy_model(&net);
  pictures = toy_data(120, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  bw_dataset_free(pictures);
  bw_model_free(model);
  return 0;
}

static const char *const names[] = {"fab", "fab-t"};
static const char *const to_the_end[] = {"early_stop", "false", "steps", "20", NULL};

/* The model is linear, so its linearisation is exact: what is left is float32 and the last search's 1 % of
 * what it could still gain. */
static void test_finds_the_least_distance(void **state) {
  (void)state;
  for (uint32_t n_classes = 2; n_classes <= LINEAR_CLASSES; n_classes += 3) {
    linear l;
    linear_open(&l, n_classes, -10, 10);
    for (int k = 0; k < 2; k++)
      for (int norm = BW_LINF; norm <= BW_L1; norm++) {
        bw_attack_result *result = contest(names[k], (bw_norm)norm, 1000, to_the_end, l.model, l.data, NULL);
        assert_int_equal(bw_attack_result_refused(result), 0);
        for (uint64_t i = 0; i < LINEAR_N; i++) {
          const bw_sample_outcome *o = bw_attack_result_at(result, i);
          const double least = linear_distance(&l, (bw_norm)norm, i);
          assert_int_equal(o->success, 1);
          if ((double)o->distance < least * (1 - 1e-5) || (double)o->distance > least * 1.002)
            fail_msg("%s, norm %d, %u classes, sample %d: %g, not %g", names[k], norm, (unsigned)n_classes,
                     (int)i, (double)o->distance, least);
        }
        bw_attack_result_free(result);
      }
    linear_close(&l);
  }
}

/* In a box that is in the way, the least distance is that of the exact projection. */
static void test_finds_the_least_distance_in_a_box(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, 0.15F, 0.85F);
  float w[LINEAR_D], step[LINEAR_D];
  for (int j = 0; j < LINEAR_D; j++) w[j] = l.weights[1][j] - l.weights[0][j];
  for (int norm = BW_LINF; norm <= BW_L1; norm++) {
    const bwi_ball box = {.norm = (bw_norm)norm, .lower = 0.15F, .upper = 0.85F, .d = LINEAR_D};
    bw_attack_result *result = contest("fab", (bw_norm)norm, 1000, to_the_end, l.model, l.data, NULL);
    uint64_t n_held = 0;
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      const float *x = l.samples + i * LINEAR_D;
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      double gap = (double)l.biases[1] - (double)l.biases[0], reached = 0;
      for (int j = 0; j < LINEAR_D; j++) gap += (double)w[j] * (double)x[j];
      bwi_boundary_step(&box, x, w, -gap, step);
      for (int j = 0; j < LINEAR_D; j++) reached += (double)w[j] * (double)step[j];
      if (fabs(gap + reached) > 1e-4) continue; /* the box ends before the boundary */
      const double least = bwi_length((bw_norm)norm, LINEAR_D, step);
      assert_int_equal(o->success, 1);
      /* Along the line to a success the box holds nothing back; the last search may keep 1 % of the
       * overshoot. */
      assert_true((double)o->distance >= least * (1 - 1e-5) && (double)o->distance <= least * 1.02);
      n_held += least > linear_distance(&l, (bw_norm)norm, i) * 1.001;
    }
    assert_true(n_held > 3);
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

static void test_budget_decides(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 5, -10, 10);
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++)
      for (uint64_t i = 0; i < 5; i++)
        for (int above = 0; above < 2; above++) {
          const double eps = linear_distance(&l, (bw_norm)norm, i) * (above ? 1.003 : 0.999);
          bw_dataset *one = NULL;
          assert_int_equal(bw_dataset_choose(&one, l.data, 1, &i, NULL), BW_OK);
          bw_attack_result *result = contest(names[k], (bw_norm)norm, eps, NULL, l.model, one, NULL);
          assert_int_equal(bw_attack_result_at(result, 0)->success, above);
          assert_int_equal(bw_attack_result_refused(result), 0); /* what lies outside is not claimed */
          bw_attack_result_free(result);
          bw_dataset_free(one);
        }
  linear_close(&l);
}

/* The nearest of all restarts is kept. */
static void test_restarts_only_come_nearer(void **state) {
  (void)state;
  static const char *const three[] = {"early_stop", "false", "steps", "20", "restarts", "3", NULL};
  for (int k = 0; k < 2; k++) {
    bw_attack_result *a = contest(names[k], BW_L2, 1.5, to_the_end, model, pictures, NULL);
    bw_attack_result *b = contest(names[k], BW_L2, 1.5, three, model, pictures, NULL);
    uint64_t n_nearer = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
      const bw_sample_outcome *p = bw_attack_result_at(a, i), *q = bw_attack_result_at(b, i);
      assert_true(q->success >= p->success);
      if (!p->success) continue;
      assert_true(q->distance <= p->distance);
      n_nearer += q->distance < p->distance;
    }
    assert_true(n_nearer > 0);
    bw_attack_result_free(a);
    bw_attack_result_free(b);
  }
}

static void test_targets(void **state) {
  (void)state;
  static const char *const next[] = {"target", "next", "early_stop", "false", NULL};
  bw_attack_result *result = contest("fab", BW_L2, 6, next, model, pictures, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    n_broken += o->success;
    if (o->success)
      assert_int_equal(o->adversarial_prediction, (bw_dataset_label(pictures, i) + 1) % TOY_CLASSES);
  }
  assert_true(n_broken > bw_attack_result_count(result) / 2);
  bw_attack_result_free(result);
}

static void test_sameness(void **state) {
  (void)state;
  static const double eps[] = {0.1, 0.6, 2};
  static const char *const early[] = {"steps", "20", "restarts", "2", NULL};
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      assert_sameness(names[k], (bw_norm)norm, eps[norm], early, model, pictures);
      assert_sameness(names[k], (bw_norm)norm, 3 * eps[norm], to_the_end, model, pictures);
    }
}

static void test_gives_up_without_a_gradient(void **state) {
  (void)state;
  toy masked;
  toy_train(&masked, TOY_STAIRCASE);
  bw_model *blind = toy_model(&masked);
  for (int k = 0; k < 2; k++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      bw_attack_result *result = contest(names[k], (bw_norm)norm, 0.1, to_the_end, blind, pictures, NULL);
      for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
        assert_int_equal(bw_attack_result_at(result, i)->success, 0);
      bw_attack_result_free(result);
    }
  bw_model_free(blind);
}

static void test_allocation_failures(void **state) {
  (void)state;
  bw_dataset *few = toy_data(3, 3);
  sweep_attack("fab", BW_L2, 3, model, few);
  bw_dataset_free(few);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_least_distance),
      cmocka_unit_test(test_finds_the_least_distance_in_a_box),
      cmocka_unit_test(test_budget_decides),
      cmocka_unit_test(test_restarts_only_come_nearer),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_gives_up_without_a_gradient),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_fab", tests, setup, teardown);
}
