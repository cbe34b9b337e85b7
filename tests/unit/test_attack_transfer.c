/* SPDX-License-Identifier: Apache-2.0 */
/* The family of MI-FGSM: gradients at other points, smoothed gradients, tuned gradients. */
#include <math.h>
#include <string.h>

#include "attack/blur.h"
#include "attack/resample.h"
#include "attack/views.h"
#include "support/contest.h"
#include "support/unit.h"

/* ---- identities ---- */

enum { N_WORDS = 7 };

typedef struct setting {
  const char *name, *options[N_WORDS]; /* ends with NULL */
} setting;

/* Samples whose adversarial examples are not the same to the last bit. */
static uint64_t count_differences(const bw_attack_result *a, const bw_attack_result *b) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < bw_attack_result_count(a); i++) {
    const float *p = bw_attack_result_sample(a, i), *q = bw_attack_result_sample(b, i);
    n += memcmp(p, q, TOY_D * sizeof *p) != 0;
  }
  return n;
}

static const double eps_of[] = {0.12, 0.8, 3};

/* Every sample's success of greatest margin, so that all steps count. */
static bw_attack_result *run_late(const arena *here, const setting *s, bw_norm norm) {
  const char *late[N_WORDS + 2] = {"early_stop", "false"};
  memcpy(late + 2, s->options, sizeof s->options);
  return contest(s->name, norm, eps_of[norm], late, here->model, here->pictures, NULL);
}

static void test_identities(void **state) {
  const arena *here = *state;
  static const struct {
    setting a, b;
    uint32_t norms;
    bool are_same;
  } rows[] = {
      {{"ni-fgsm", {"decay", "0"}}, {"bim", {"step", "0.012"}}, 1, true},
      {{"ni-fgsm", {NULL}}, {"mi-fgsm", {NULL}}, 1, false},
      {{"si-ni-fgsm", {"scales", "1"}}, {"ni-fgsm", {NULL}}, 1, true},
      {{"si-ni-fgsm", {NULL}}, {"ni-fgsm", {NULL}}, 1, false},
      {{"di-fgsm", {"probability", "0", "resize", "2"}}, {"mi-fgsm", {NULL}}, 7, true},
      {{"di-fgsm", {"probability", "1", "resize", "1"}}, {"mi-fgsm", {NULL}}, 7, true},
      {{"di-fgsm", {"resize", "1.5"}}, {"mi-fgsm", {NULL}}, 7, false},
      {{"di-fgsm", {"resize", "0.6"}}, {"mi-fgsm", {NULL}}, 7, false},
      {{"ti-fgsm", {"kernel", "1"}}, {"mi-fgsm", {NULL}}, 7, true},
      {{"ti-fgsm", {"kernel", "3"}}, {"mi-fgsm", {NULL}}, 7, false},
      {{"vmi-fgsm", {"neighbours", "0"}}, {"mi-fgsm", {NULL}}, 1, true},
      {{"vmi-fgsm", {"steps", "1"}}, {"mi-fgsm", {"steps", "1"}}, 1, true},
      {{"vmi-fgsm", {"neighbours", "3"}}, {"mi-fgsm", {NULL}}, 1, false},
      {{"vni-fgsm", {"neighbours", "0"}}, {"ni-fgsm", {NULL}}, 1, true},
      {{"vni-fgsm", {"neighbours", "3"}}, {"vmi-fgsm", {"neighbours", "3"}}, 1, false},
      {{"sparse-l1-descent", {NULL}}, {"bim", {"steps", "20", "step", "0.3"}}, 4, true},
  };
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    for (uint32_t norm = BW_LINF; norm <= BW_L1; norm++) {
      if ((rows[r].norms & BW_NORM_BIT(norm)) == 0) continue;
      bw_attack_result *a = run_late(here, &rows[r].a, (bw_norm)norm),
                       *b = run_late(here, &rows[r].b, (bw_norm)norm);
      uint64_t n_broken = 0;
      for (uint64_t i = 0; i < bw_attack_result_count(a); i++) n_broken += bw_attack_result_at(a, i)->success;
      assert_true(n_broken > bw_attack_result_count(a) / 4); /* so that there is something to compare */
      if ((count_differences(a, b) == 0) != rows[r].are_same)
        fail_msg("row %d, norm %d: %d differ", (int)r, (int)norm, (int)count_differences(a, b));
      bw_attack_result_free(a);
      bw_attack_result_free(b);
    }
}

/* ---- linear classifiers, where the optimum is known ---- */

/* All gradients of a linear model of two classes are multiples of one vector, wherever they are taken. */
static void test_finds_the_boundary(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 2, -10, 10);
  assert_boundary_decides("ni-fgsm", BW_LINF, NULL, &l, 1.001);
  assert_boundary_decides("si-ni-fgsm", BW_LINF, NULL, &l, 1.001);
  assert_boundary_decides("vmi-fgsm", BW_LINF, NULL, &l, 1.001);
  assert_boundary_decides("vni-fgsm", BW_LINF, NULL, &l, 1.001);
  assert_boundary_decides("sparse-l1-descent", BW_L1, NULL, &l, 1.001);
  linear_close(&l);
}

/* Smaller pictures of a linear model with biases are often of another class: that is no success. */
static void test_views_claim_nothing(void **state) {
  (void)state;
  linear l;
  linear_open(&l, 5, -10, 10);
  const int32_t nothing = bwi_predict(5, l.biases);
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    if (l.labels[i] == nothing) continue;
    bw_dataset *one = NULL;
    assert_int_equal(bw_dataset_choose(&one, l.data, 1, &i, NULL), BW_OK);
    bw_attack_result *result =
        contest("si-ni-fgsm", BW_LINF, 0.5 * linear_distance(&l, BW_LINF, i), NULL, l.model, one, NULL);
    assert_int_equal(bw_attack_result_at(result, 0)->success, 0);
    assert_int_equal(bw_attack_result_refused(result), 0);
    bw_attack_result_free(result);
    bw_dataset_free(one);
  }
  linear_close(&l);
}

/* The gradient is the blurred difference of weights throughout, so that the last iterate is known. */
static void test_smooths_the_gradient(void **state) {
  (void)state;
  static const char *const settings[] = {"kernel", "5", "early_stop", "false", NULL};
  static const int64_t shape[3] = {6, 6, 1};
  const bwi_layout layout = bwi_layout_of(3, shape);
  linear l;
  linear_open(&l, 2, -10, 10);
  float kernel[BWI_MAX_KERNEL], scratch[LINEAR_D];
  bwi_gaussian(5, 3, kernel);
  const double eps = 2;
  bw_attack_result *result = contest("ti-fgsm", BW_LINF, eps, settings, l.model, l.data, NULL);
  uint64_t n_broken = 0;
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    n_broken += o->success;
    if (!o->success) continue;
    float w[LINEAR_D];
    const int label = l.labels[i];
    for (int j = 0; j < LINEAR_D; j++) w[j] = l.weights[1 - label][j] - l.weights[label][j];
    bwi_blur(&layout, 5, kernel, w, scratch);
    const float *x = bw_attack_result_sample(result, i);
    for (uint64_t j = 0; j < LINEAR_D; j++) /* ten steps of 0.2, each rounded */
      assert_float_equal(x[j], l.samples[i * LINEAR_D + j] + copysignf((float)eps, w[j]), 1e-5);
  }
  assert_true(n_broken > 0);
  bw_attack_result_free(result);
  linear_close(&l);
}

/* Whether x is one step of eps along the sign of slope. */
static bool is_step(const float *clean, const float *slope, float eps, const float *x) {
  for (int j = 0; j < LINEAR_D; j++) {
    const float sign = (float)(slope[j] > 0) - (float)(slope[j] < 0);
    if (fabsf(x[j] - (clean[j] + eps * sign)) > 1e-5F) return false; /* one rounding of a float near 2 */
  }
  return true;
}

/* The one of all sizes and places whose adjoint explains the step, as size * 144 + row * 12 + column; -1:
 * none. */
static int explain(const float *clean, const float *w, float eps, const float *x) {
  static const int64_t shape[3] = {6, 6, 1};
  const bwi_layout layout = bwi_layout_of(3, shape);
  for (uint64_t size = 6; size < 12; size++)
    for (uint64_t row = 0; row < 12 - size; row++)
      for (uint64_t column = 0; column < 12 - size; column++) {
        const bwi_resample rows = {6, size, 12, row}, columns = {6, size, 12, column};
        float slope[LINEAR_D];
        bwi_resample_back(&layout, &rows, &columns, w, slope);
        if (is_step(clean, slope, eps, x)) return (int)(size * 144 + row * 12 + column);
      }
  return -1;
}

/* The gradient at any picture is the difference of weights, of which each sample sees the adjoint of its own
 * draw. */
static void test_carries_gradients_back(void **state) {
  (void)state;
  static const char *const settings[] = {"steps", "1", "resize", "2", "probability", "1", "step", "2", NULL};
  linear l;
  linear_open(&l, 2, -10, 10);
  bw_attack_result *result = contest("di-fgsm", BW_LINF, 2, settings, l.model, l.data, NULL);
  int n_broken = 0, n_draws = 0, draws[LINEAR_N];
  for (uint64_t i = 0; i < LINEAR_N; i++) {
    if (!bw_attack_result_at(result, i)->success) continue;
    float w[LINEAR_D];
    const int label = l.labels[i];
    for (int j = 0; j < LINEAR_D; j++) w[j] = l.weights[1 - label][j] - l.weights[label][j];
    const int draw = explain(l.samples + i * LINEAR_D, w, 2, bw_attack_result_sample(result, i));
    if (draw < 0) fail_msg("sample %d: a step that no draw explains", (int)i);
    bool is_new = true;
    for (int k = 0; k < n_draws; k++) is_new &= draws[k] != draw;
    if (is_new) draws[n_draws++] = draw;
    n_broken++;
  }
  assert_true(n_broken > 5);
  assert_true(n_draws > 4);
  bw_attack_result_free(result);
  linear_close(&l);
}

/* ---- a curved model, against the definitions written out ---- */

enum { CURVED_N = 8, STEPS = 6, NEIGHBOURS = 3 };

/* Two classes: logits (0, w . x + c . x^2 / 2), of which the second is the label. */
typedef struct curved {
  float w[TOY_D], c[TOY_D];
} curved;

static double curved_logit(const curved *m, const float *x) {
  double sum = 0;
  for (int j = 0; j < TOY_D; j++)
    sum += ((double)m->w[j] + (double)m->c[j] * (double)x[j] / 2) * (double)x[j];
  return sum;
}

static int curved_logits(void *payload, uint64_t n, const float *x, float *logits) {
  for (uint64_t i = 0; i < n; i++) {
    logits[2 * i] = 0;
    logits[2 * i + 1] = (float)curved_logit(payload, x + i * TOY_D);
  }
  return 0;
}

static int curved_gradient(void *payload, uint64_t n, const float *x, const float *cotangents,
                           float *gradients) {
  const curved *m = payload;
  for (uint64_t i = 0; i < n * TOY_D; i++)
    gradients[i] = cotangents[2 * (i / TOY_D) + 1] * (m->w[i % TOY_D] + m->c[i % TOY_D] * x[i]);
  return 0;
}

static bw_model *curved_model(curved *m, const int64_t *shape) {
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = curved_logits,
                                        .vjp = curved_gradient,
                                        .payload = m,
                                        .rank = 1,
                                        .shape = shape,
                                        .n_classes = 2,
                                        .lower = -20,
                                        .upper = 20,
                                        .batch = 16};
  bw_model *model = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  return model;
}

/* sum += factor * gradient of the cross-entropy at size * x, with respect to x. */
static void add_gradient(const curved *m, const double *x, double size, double factor, double *sum) {
  float scaled[TOY_D];
  for (int j = 0; j < TOY_D; j++) scaled[j] = (float)(size * x[j]);
  const double p = 1 / (1 + exp(curved_logit(m, scaled)));
  for (int j = 0; j < TOY_D; j++)
    sum[j] -= factor * size * p * ((double)m->w[j] + (double)m->c[j] * (double)scaled[j]);
}

typedef struct definition {
  const char *name;
  uint32_t stream;
  bool looks_ahead;
  uint32_t n_scales, n_neighbours;
} definition;

static void add_neighbours(const curved *m, const definition *how, uint64_t i, double reach, uint32_t step,
                           const double *x, double *sum) {
  for (uint32_t k = 0; k < how->n_neighbours; k++) {
    float offset[TOY_D];
    double at[TOY_D];
    bwi_rng_uniform(offset, TOY_D, (bwi_rng_key){.sample = (uint32_t)i, .stream = how->stream << 16},
                    step * how->n_neighbours + k, (float)-reach, (float)reach);
    for (int j = 0; j < TOY_D; j++) at[j] = x[j] + (double)offset[j];
    add_gradient(m, at, 1, 1.0 / how->n_neighbours, sum);
  }
}

static void climb(const curved *m, const definition *how, uint64_t i, double eps, const float *clean,
                  double *x) {
  double momentum[TOY_D] = {0}, variance[TOY_D] = {0};
  for (int j = 0; j < TOY_D; j++) x[j] = (double)clean[j];
  for (uint32_t step = 0; step < STEPS; step++) {
    double at[TOY_D], slope[TOY_D] = {0}, next[TOY_D] = {0}, mean = 0;
    for (int j = 0; j < TOY_D; j++) at[j] = x[j] + (how->looks_ahead ? eps / STEPS * momentum[j] : 0);
    for (uint32_t k = 0; k < how->n_scales; k++) add_gradient(m, at, pow(2, -(double)k), 1, slope);
    add_neighbours(m, how, i, 1.5 * eps, step, x, next);
    for (int j = 0; j < TOY_D; j++) mean += fabs(slope[j] + variance[j]) / TOY_D;
    for (int j = 0; j < TOY_D; j++) {
      momentum[j] += (slope[j] + variance[j]) / mean;
      variance[j] = how->n_neighbours > 0 ? next[j] - slope[j] : 0;
      x[j] += (momentum[j] > 0 ? 1 : -1) * eps / STEPS;
    }
  }
}

static void test_definitions(void **state) {
  (void)state;
  static const definition rows[] = {{"mi-fgsm", 5, false, 1, 0},
                                    {"ni-fgsm", 20, true, 1, 0},
                                    {"si-ni-fgsm", 21, true, 5, 0},
                                    {"vmi-fgsm", 24, false, 1, NEIGHBOURS},
                                    {"vni-fgsm", 25, true, 1, NEIGHBOURS}};
  static const char *const plain[] = {"steps", "6", "early_stop", "false", NULL}, *const tuned[] = {
                                                                                      "steps",      "6",
                                                                                      "early_stop", "false",
                                                                                      "neighbours", "3",
                                                                                      NULL};
  static const int64_t shape[1] = {TOY_D};
  curved m;
  bw_model *bent = curved_model(&m, shape);
  float samples[CURVED_N * TOY_D];
  int32_t labels[CURVED_N];
  bwi_rng_normal(m.w, TOY_D, (bwi_rng_key){.seed = 41}, 0);
  bwi_rng_normal(m.c, TOY_D, (bwi_rng_key){.seed = 41}, 1);
  bwi_rng_uniform(samples, CURVED_N * TOY_D, (bwi_rng_key){.seed = 42}, 0, -0.5F, 0.5F);
  for (int i = 0; i < CURVED_N; i++) {
    labels[i] = 1;
    for (int j = 0; j < TOY_D && curved_logit(&m, samples + i * TOY_D) < 0.5; j++)
      samples[i * TOY_D + j] = m.w[j] > 0 ? 0.5F : -0.5F;
  }
  bw_dataset *data = toy_dataset(CURVED_N, TOY_D, samples, labels);
  const double eps = 1.5;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    bw_attack_result *result =
        contest(rows[r].name, BW_LINF, eps, rows[r].n_neighbours > 0 ? tuned : plain, bent, data, NULL);
    for (uint64_t i = 0; i < CURVED_N; i++) {
      double x[TOY_D];
      climb(&m, &rows[r], i, eps, samples + i * TOY_D, x);
      assert_int_equal(bw_attack_result_at(result, i)->success, 1);
      const float *found = bw_attack_result_sample(result, i);
      for (int j = 0; j < TOY_D; j++) /* six steps rounded to float */
        if (fabs((double)found[j] - x[j]) > 1e-5)
          fail_msg("%s, sample %d: %g instead of %g at %d", rows[r].name, (int)i, (double)found[j], x[j], j);
    }
    bw_attack_result_free(result);
  }
  bw_dataset_free(data);
  bw_model_free(bent);
}

static void test_sums_of_any_size(void **state) {
  (void)state;
  const float one[2] = {1, -2}, other[2] = {0.5F, 4};
  static const struct {
    double first, second;
    float wanted[2]; /* divided by the greater of the two */
  } rows[] = {{1, 1, {1.5F, 2}},           {1e-60, 1e-60, {1.5F, 2}},
              {1e-60, -1e-60, {0.5F, -6}}, {2e-60, 1e-60, {1.25F, 0}},
              {1e-60, 2e-60, {1, 3}},      {1e-60, 1, {0.5F, 4}},
              {0, 1e-60, {0.5F, 4}},       {1, 0, {1, -2}}};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    float sum[2] = {0};
    double scale = 0;
    bwi_add_scaled(2, rows[r].first, one, &scale, sum);
    bwi_add_scaled(2, rows[r].second, other, &scale, sum);
    assert_true(scale == fmax(fabs(rows[r].first), fabs(rows[r].second)));
    for (int j = 0; j < 2; j++) assert_float_equal(sum[j], rows[r].wanted[j], 1e-6); /* a float of size 6 */
  }
}

/* ---- what holds for every attack ---- */

static const struct {
  setting attack; /* with all that it has that is random */
  bw_norm norm;
} all[] = {{{"ni-fgsm", {NULL}}, BW_LINF},
           {{"si-ni-fgsm", {NULL}}, BW_LINF},
           {{"di-fgsm", {"resize", "1.5"}}, BW_LINF},
           {{"di-fgsm", {"resize", "0.6", "probability", "0.9"}}, BW_L2},
           {{"ti-fgsm", {"kernel", "5"}}, BW_LINF},
           {{"ti-fgsm", {NULL}}, BW_L1},
           {{"vmi-fgsm", {"neighbours", "3"}}, BW_LINF},
           {{"vni-fgsm", {"neighbours", "3"}}, BW_LINF},
           {{"sparse-l1-descent", {NULL}}, BW_L1}};

static void test_sameness(void **state) {
  const arena *here = *state;
  bw_dataset *few = toy_data(30, 2);
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    for (int is_late = 0; is_late < 2; is_late++) {
      const char *settings[N_WORDS + 2] = {"early_stop", is_late ? "false" : "true"};
      memcpy(settings + 2, all[k].attack.options, sizeof all[k].attack.options);
      assert_sameness(all[k].attack.name, all[k].norm, eps_of[all[k].norm], settings, here->model, few);
    }
  bw_dataset_free(few);
}

static void test_allocation_failures(void **state) {
  const arena *here = *state;
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    sweep_attack(all[k].attack.name, all[k].norm, 2 * eps_of[all[k].norm], here->model);
}

static bw_status try_on(const char *name, const char *option, const char *value, bw_model *of,
                        const bw_dataset *data, bw_error *err) {
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  assert_int_equal(bw_attack_create(&attack, name, BW_LINF, 0.1, err), BW_OK);
  assert_int_equal(bw_attack_set(attack, option, value, err), BW_OK);
  const bw_status status = bw_attack_run(&result, attack, of, data, NULL, err);
  assert_null(result);
  bw_attack_free(attack);
  return status;
}

static void test_refuses(void **state) {
  const arena *here = *state;
  static const int64_t shape[1] = {TOY_D};
  curved m = {{0}, {0}};
  m.w[0] = 1;
  bw_model *flat = curved_model(&m, shape);
  float sample[TOY_D] = {1};
  const int32_t label = 1;
  bw_dataset *line = toy_dataset(1, TOY_D, sample, &label);
  static const char *const names[] = {"di-fgsm", "ti-fgsm"};
  for (int k = 0; k < 2; k++) {
    bw_error err = {0};
    assert_int_equal(try_on(names[k], "steps", "2", flat, line, &err), BW_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "no height and width"));
  }
  bw_error err = {0};
  assert_int_equal(try_on("ti-fgsm", "kernel", "4", here->model, here->pictures, &err), BW_EINVAL);
  assert_string_equal(err.text, "kernel=4: must be odd");
  bw_dataset_free(line);
  bw_model_free(flat);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_identities),
      cmocka_unit_test(test_finds_the_boundary),
      cmocka_unit_test(test_views_claim_nothing),
      cmocka_unit_test(test_smooths_the_gradient),
      cmocka_unit_test(test_carries_gradients_back),
      cmocka_unit_test(test_definitions),
      cmocka_unit_test(test_sums_of_any_size),
      cmocka_unit_test(test_sameness),
      cmocka_unit_test(test_allocation_failures),
      cmocka_unit_test(test_refuses),
  };
  return cmocka_run_group_tests_name("attack_transfer", tests, arena_open, arena_close);
}
