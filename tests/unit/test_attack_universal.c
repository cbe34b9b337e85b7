/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack/attack.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"
#include "support/contest.h"
#include "support/sweep.h"
#include "support/unit.h"

static uint64_t n_broken(const bw_attack_result *result) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(result); i++) n += bw_attack_result_at(result, i)->success;
  return n;
}

/* ---- on linear models ---- */

/* Samples of other classes that x + v, in the box, turns into class t. */
static uint64_t turned(const linear *l, const float *v, int32_t t) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    float x[LINEAR_D], logits[LINEAR_CLASSES];
    for (int j = 0; j < LINEAR_D; j++)
      x[j] = fminf(fmaxf(l->samples[i * LINEAR_D + (uint64_t)j] + v[j], l->lower), l->upper);
    assert_int_equal(bw_model_logits(l->model, 1, x, logits, NULL), BW_OK);
    n += l->labels[i] != t && bwi_predict(l->n_classes, logits) == t;
  }
  return n;
}

/* The best perturbation of size eps against the boundary between class y and class t. */
static void best_towards(const linear *l, bw_norm norm, double eps, int y, int t, float v[LINEAR_D]) {
  double squares = 0;
  for (int j = 0; j < LINEAR_D; j++) {
    const double w = (double)l->weights[t][j] - (double)l->weights[y][j];
    v[j] = (float)(norm == BW_LINF ? (w > 0 ? eps : -eps) : w);
    squares += w * w;
  }
  for (int j = 0; j < LINEAR_D && norm == BW_L2; j++) v[j] = (float)((double)v[j] * eps / sqrt(squares));
}

/* With two classes one perturbation is the best for all samples of the other class, and found. */
static void test_finds_the_best_of_two_classes(void **state) {
  (void)state;
  static const char *const settings[] = {"towards", "1", NULL};
  static const double budgets[][4] = {{0.02, 0.05, 0.08, 0.15}, {0.1, 0.25, 0.5, 0.9}};
  linear l;
  linear_open(&l, 2, -10, 10);
  uint64_t least = LINEAR_N, most = 0;
  for (int norm = BW_LINF; norm <= BW_L2; norm++)
    for (int k = 0; k < 4; k++) {
      const double eps = budgets[norm][k];
      float best[LINEAR_D];
      best_towards(&l, (bw_norm)norm, eps, 0, 1, best);
      bw_attack_result *result = contest("uap-sgd", (bw_norm)norm, eps, settings, l.model, l.data, NULL);
      const float *v = bw_attack_result_universal(result);
      /* The ball's inner radius is less by the rounding of coordinates up to 20. */
      for (int j = 0; j < LINEAR_D; j++) assert_float_equal(v[j], best[j], 1e-5);
      const uint64_t n = n_broken(result);
      assert_int_equal(n, turned(&l, best, 1));
      if (n < least) least = n;
      if (n > most) most = n;
      bw_attack_result_free(result);
    }
  assert_true(least < 4 && most > 8); /* the budgets tell samples apart */
  linear_close(&l);
}

/* The mean over the samples of other classes of how far class t is ahead at x + v: what is climbed. */
static double mean_lead(const linear *l, const float *v, int32_t t) {
  double sum = 0;
  uint64_t n = 0;
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    float x[LINEAR_D], logits[LINEAR_CLASSES], unused[LINEAR_CLASSES];
    if (l->labels[i] == t) continue;
    for (int j = 0; j < LINEAR_D; j++) x[j] = l->samples[i * LINEAR_D + (uint64_t)j] + v[j];
    assert_int_equal(bw_model_logits(l->model, 1, x, logits, NULL), BW_OK);
    sum += bwi_loss_eval(BWI_LOSS_MARGIN, l->n_classes, logits, l->labels[i], t, unused);
    n++;
  }
  return sum / (double)n;
}

/* With more it climbs higher for all of them than any that is the best for one. */
static void test_is_better_for_all_than_the_best_for_one(void **state) {
  (void)state;
  static const char *const targets[] = {"0", "1", "2", "3", "4"};
  linear l;
  linear_open(&l, LINEAR_CLASSES, -10, 10);
  for (int32_t t = 0; t < LINEAR_CLASSES; t++) {
    const char *const settings[] = {"towards", targets[t], "passes", "30", "loss",
                                    "margin",  "clip",     "1000",   NULL};
    bw_attack_result *result = contest("uap-sgd", BW_LINF, 0.15, settings, l.model, l.data, NULL);
    const double lead = mean_lead(&l, bw_attack_result_universal(result), t);
    for (int y = 0; y < LINEAR_CLASSES; y++) {
      float v[LINEAR_D];
      if (y == t) continue;
      best_towards(&l, BW_LINF, 0.15, y, t, v);
      if (!(lead > mean_lead(&l, v, t))) fail_msg("towards %d, class %d", (int)t, y);
    }
    for (uint64_t i = 0; i < LINEAR_N; i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      if (o->success) assert_int_equal(o->adversarial_prediction, t);
      if (l.labels[i] == t) assert_int_equal(o->attacked, 0);
    }
    bw_attack_result_free(result);
  }
  linear_close(&l);
}

/* ---- both ---- */

static const char *const both[] = {"uap", "uap-sgd"};

/* Successes are the clean sample and the one perturbation, in ball and box. */
static void test_is_one_for_all(void **state) {
  const arena *here = *state;
  static const double budgets[] = {0.2, 1.2, 4};
  for (int a = 0; a < 2; a++)
    for (int norm = BW_LINF; norm <= BW_L1; norm++) {
      bw_attack_result *result =
          contest(both[a], (bw_norm)norm, budgets[norm], NULL, here->model, here->pictures, NULL);
      const float *v = bw_attack_result_universal(result);
      const float zero[TOY_D] = {0};
      assert_true(bwi_distance((bw_norm)norm, TOY_D, v, zero) <= budgets[norm]);
      assert_int_equal(bw_attack_result_refused(result), 0);
      if (n_broken(result) < 12) fail_msg("%s, norm %d: %d", both[a], norm, (int)n_broken(result));
      for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
        if (!bw_attack_result_at(result, i)->success) continue;
        const float *x = bw_attack_result_sample(result, i), *clean = bw_dataset_sample(here->pictures, i);
        for (int j = 0; j < TOY_D; j++) /* apart from what keeps the rounded sum in the ball */
          assert_float_equal(x[j], fminf(fmaxf(clean[j] + v[j], 0), 1), 1e-6);
      }
      bw_attack_result_free(result);
    }
}

/* Samples that are held out are evaluated once and have no say. */
static void test_held_out(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"fit", "30", NULL};
  for (int a = 0; a < 2; a++) {
    bw_attack_result *result = contest(both[a], BW_LINF, 0.2, settings, here->model, here->pictures, NULL);
    uint64_t n = 0, n_fooled_out = 0;
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++) {
      const bw_sample_outcome *o = bw_attack_result_at(result, i);
      if (bw_attack_result_fitted(result, i)) {
        assert_true(o->forwards > 1);
        n++;
      } else if (o->attacked) {
        assert_int_equal(o->forwards, 1);
        n_fooled_out += o->success;
      }
    }
    assert_int_equal(n, 30);
    assert_true(n_fooled_out > 0);
    bw_attack_result_free(result);
  }
}

static void test_sameness(void **state) {
  const arena *here = *state;
  static const char *const sgd[] = {"minibatch", "13", "passes", "3", "fit", "50", NULL};
  static const char *const towards[] = {"minibatch", "13", "passes", "3", "towards", "2", NULL};
  static const char *const few[] = {"passes", "2", "delta", "0", NULL};
  bw_attack_result_free(assert_same_when_split("uap-sgd", BW_LINF, 0.15, sgd, here->model, here->pictures));
  bw_attack_result_free(assert_same_when_split("uap-sgd", BW_L2, 1, towards, here->model, here->pictures));
  bw_attack_result_free(assert_same_when_split("uap", BW_L2, 1, few, here->model, here->pictures));
}

/* ---- options ---- */

static void test_passes_end_when_enough_are_fooled(void **state) {
  const arena *here = *state;
  static const char *const settings[][5] = {
      {"delta", "1", NULL}, {"delta", "0", "passes", "1", NULL}, {"delta", "0", "passes", "3", NULL}};
  uint64_t forwards[3] = {0};
  for (int k = 0; k < 3; k++) {
    bw_attack_result *result = contest("uap", BW_LINF, 0.1, settings[k], here->model, here->pictures, NULL);
    for (uint64_t i = 0; i < bw_attack_result_count(result); i++)
      forwards[k] += bw_attack_result_at(result, i)->forwards;
    bw_attack_result_free(result);
  }
  assert_int_equal(forwards[0], forwards[1]);
  assert_true(forwards[2] > forwards[1]);
}

/* DeepFool with its usual overshoot and without converging: nothing is added. */
static void test_ways_that_do_not_arrive_are_left_out(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"iterations", "1", NULL};
  bw_attack_result *result = contest("uap", BW_LINF, 0.2, settings, here->model, here->pictures, NULL);
  for (int j = 0; j < TOY_D; j++) assert_float_equal(bw_attack_result_universal(result)[j], 0, 0);
  assert_int_equal(n_broken(result), 0);
  bw_attack_result_free(result);
}

/* Samples whose loss is above the clip have no say: all of them here. */
static void test_clip(void **state) {
  const arena *here = *state;
  static const char *const settings[] = {"clip", "-1000", NULL};
  bw_attack_result *result = contest("uap-sgd", BW_L2, 1, settings, here->model, here->pictures, NULL);
  for (int j = 0; j < TOY_D; j++) assert_float_equal(bw_attack_result_universal(result)[j], 0, 0);
  bw_attack_result_free(result);
}

static void test_refusals(void **state) {
  const arena *here = *state;
  static const char *const names[] = {"uap", "uap-sgd", "patch"};
  for (int a = 0; a < 3; a++) {
    bw_attack *attack = NULL;
    bw_attack_result *result = NULL;
    bw_error err = {0};
    assert_int_equal(bw_attack_create(&attack, names[a], BW_LINF, 0.1, NULL), BW_OK);
    assert_int_equal(bw_attack_set(attack, "towards", "4", NULL), BW_OK);
    assert_int_equal(bw_attack_run(&result, attack, here->model, here->pictures, NULL, &err), BW_EINVAL);
    assert_string_equal(err.text, "towards=4: the model has 4 classes");
    bw_attack_free(attack);
  }
}

/* Where no sample is right to begin with there is nothing to make it from. */
static void test_nobody_to_attack(void **state) {
  const arena *here = *state;
  int32_t labels[3];
  float samples[3 * TOY_D];
  for (int i = 0; i < 3; i++) {
    memcpy(samples + i * TOY_D, bw_dataset_sample(here->pictures, (uint64_t)i), TOY_D * sizeof *samples);
    float logits[TOY_CLASSES];
    assert_int_equal(bw_model_logits(here->model, 1, samples + i * TOY_D, logits, NULL), BW_OK);
    labels[i] = (bwi_predict(TOY_CLASSES, logits) + 1) % TOY_CLASSES;
  }
  bw_dataset *data = toy_dataset(3, TOY_D, samples, labels);
  for (int a = 0; a < 2; a++) {
    bw_attack_result *result = contest(both[a], BW_LINF, 0.2, NULL, here->model, data, NULL);
    assert_null(bw_attack_result_universal(result));
    bw_attack_result_free(result);
  }
  bw_dataset_free(data);
}

/* ---- where it ends up ---- */

static void test_is_saved(void **state) {
  const arena *here = *state;
  char path[] = "/tmp/bulwark-universal-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  bw_attack_result *result = contest("uap-sgd", BW_LINF, 0.2, NULL, here->model, here->pictures, NULL);
  bwi_bytes bytes = {0};
  bwi_archive archive = {0};
  assert_int_equal(bw_attack_result_save(result, here->pictures, path, NULL), BW_OK);
  assert_int_equal(bwi_file_read(&bytes, path, 1 << 24, NULL), BW_OK);
  assert_int_equal(bwi_npz_read(&archive, bytes, 1 << 24, NULL), BW_OK);
  const bw_array *universal = bwi_archive_find(&archive, "universal");
  assert_non_null(universal);
  assert_int_equal(bw_array_rank(universal), 3);
  assert_memory_equal(bw_array_view(universal), bw_attack_result_universal(result), TOY_D * sizeof(float));
  bwi_archive_clear(&archive);
  bwi_free((void *)(uintptr_t)bytes.data);
  bw_attack_result_free(result);
  unlink(path);
}

static void test_is_shown(void **state) {
  const arena *here = *state;
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.eps = 0.2;
  o.n_budgets = 0;
  o.checks = 0;
  o.threads = 1;
  o.attacks = "uap-sgd:passes=2,patch:steps=2,fgsm";
  bw_evaluation *e = NULL;
  char *html = NULL;
  assert_int_equal(bw_evaluation_run(&e, here->model, here->pictures, &o, NULL), BW_OK);
  assert_int_equal(bw_evaluation_report(&html, NULL, e, BW_REPORT_HTML, NULL, NULL), BW_OK);
  assert_non_null(strstr(html, "universal perturbation"));
  assert_non_null(strstr(html, "</b>, patch<br>"));
  bw_text_free(html);
  bw_evaluation_free(e);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  sweep_attack("uap-sgd", BW_L2, 6, here->model);
  sweep_attack("uap", BW_LINF, 0.3, here->model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_the_best_of_two_classes),
      cmocka_unit_test(test_is_better_for_all_than_the_best_for_one),
      cmocka_unit_test(test_is_one_for_all),
      cmocka_unit_test(test_held_out),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_passes_end_when_enough_are_fooled),
      cmocka_unit_test(test_ways_that_do_not_arrive_are_left_out),
      cmocka_unit_test(test_clip),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_nobody_to_attack),
      cmocka_unit_test(test_is_saved),
      cmocka_unit_test(test_is_shown),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("attack_universal", tests, arena_open, arena_close);
}
