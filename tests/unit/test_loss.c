/* SPDX-License-Identifier: Apache-2.0 */
#include "model/loss.h"

#include <math.h>

#include "base/rng.h"
#include "support/unit.h"

#define UNTARGETED (-1)

typedef struct loss_row {
  const char *name;
  bwi_loss loss;
  uint32_t n;
  float logits[5];
  int32_t label, target;
  double value;
} loss_row;

/* log(1 + e) and log(1 + 1/e), the cross-entropies of logits 1 apart. */
#define LOG_1_E 1.3132616875182228
#define LOG_1_1_E 0.31326168751822286

static const loss_row rows[] = {
    {"cross-entropy", BWI_LOSS_CE, 2, {1, 2}, 0, UNTARGETED, LOG_1_E},
    {"cross-entropy of the right class", BWI_LOSS_CE, 2, {1, 2}, 1, UNTARGETED, LOG_1_1_E},
    {"cross-entropy, targeted", BWI_LOSS_CE, 2, {1, 2}, 0, 1, -LOG_1_1_E},
    {"cross-entropy of great logits", BWI_LOSS_CE, 2, {10000, 10001}, 0, UNTARGETED, LOG_1_E},
    {"cross-entropy of one class", BWI_LOSS_CE, 1, {3}, 0, UNTARGETED, 0},
    {"margin", BWI_LOSS_MARGIN, 3, {1, 5, 3}, 1, UNTARGETED, -2},
    {"margin of a wrong answer", BWI_LOSS_MARGIN, 3, {1, 5, 3}, 0, UNTARGETED, 4},
    {"margin, targeted", BWI_LOSS_MARGIN, 3, {1, 5, 3}, 1, 0, -4},
    {"margin of one class", BWI_LOSS_MARGIN, 1, {1}, 0, UNTARGETED, 0},
    /* (z_i - z_y) / (z_(1) - z_(3)), z_i the greatest but y */
    {"DLR", BWI_LOSS_DLR, 4, {1, 5, 3, 2}, 1, UNTARGETED, -2.0 / 3},
    {"DLR of a wrong answer", BWI_LOSS_DLR, 4, {1, 5, 3, 2}, 3, UNTARGETED, 3.0 / 3},
    /* (z_t - z_y) / (z_(1) - (z_(3) + z_(4)) / 2) */
    {"DLR, targeted", BWI_LOSS_DLR, 4, {1, 5, 3, 2}, 1, 0, -4 / 3.5},
    {"DLR of two classes is the margin", BWI_LOSS_DLR, 2, {1, 4}, 1, UNTARGETED, -3},
    {"DLR, targeted, of three classes is the margin", BWI_LOSS_DLR, 3, {1, 5, 3}, 1, 2, -2},
    {"pair", BWI_LOSS_PAIR, 4, {1, 5, 3, 2}, 2, 0, -2},
    {"pair of nothing aimed at is the margin", BWI_LOSS_PAIR, 3, {1, 5, 3}, 1, UNTARGETED, -2},
};

static void test_values(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    float cotangent[5];
    const double value =
        bwi_loss_eval(rows[k].loss, rows[k].n, rows[k].logits, rows[k].label, rows[k].target, cotangent);
    /* Some roundings in double, and DLR's 1e-12. */
    if (!(fabs(value - rows[k].value) <= 1e-11))
      fail_msg("%s: %.17g, wanted %.17g", rows[k].name, value, rows[k].value);
  }
}

/* Central differences; each random row has no two logits closer than the step. */
static void test_derivatives(void **state) {
  (void)state;
  enum { N = 6, DRAWS = 20 };
  static const float step = 0x1p-8f; /* exact in float32 beside logits of up to 4 */
  for (uint32_t draw = 0; draw < DRAWS; draw++) {
    float z[N], cotangent[N], unused[N];
    bwi_rng_normal(z, N, (bwi_rng_key){.stream = draw}, 0);
    for (uint32_t i = 0; i < N; i++) z[i] = roundf(z[i] * 16) / 16 + (float)i * 0x1p-6f; /* all different */
    for (int32_t loss = BWI_LOSS_CE; loss <= BWI_LOSS_PAIR; loss++) {
      for (int32_t target = UNTARGETED; target <= 2; target += 3) {
        (void)bwi_loss_eval((bwi_loss)loss, N, z, 1, target, cotangent);
        for (uint32_t i = 0; i < N; i++) {
          const float kept = z[i];
          z[i] = kept + step;
          const double above = bwi_loss_eval((bwi_loss)loss, N, z, 1, target, unused);
          z[i] = kept - step;
          const double below = bwi_loss_eval((bwi_loss)loss, N, z, 1, target, unused);
          z[i] = kept;
          const double slope = (above - below) / (2 * (double)step);
          /* The third derivative times step^2 / 6, where DLR divides by differences of a tenth. */
          if (!(fabs(slope - (double)cotangent[i]) <= 2e-2 * fmax(1, fabs(slope))))
            fail_msg("loss %d, target %d, draw %u: d/dz[%u] is %g, differences give %g", (int)loss,
                     (int)target, draw, i, (double)cotangent[i], slope);
        }
      }
    }
  }
}

/* The derivative of a cross-entropy that is all but zero must not be lost: p - 1 rounds to zero in float32.
 */
static void test_confident_answer_has_a_gradient(void **state) {
  (void)state;
  const float logits[] = {40, 0, -1};
  float cotangent[3];
  (void)bwi_loss_eval(BWI_LOSS_CE, 3, logits, 0, UNTARGETED, cotangent);
  assert_true(cotangent[0] < 0 && cotangent[1] > cotangent[2] && cotangent[2] > 0);
  /* Rounding of the sum of the others to float32. */
  assert_true(fabs((double)cotangent[0] + (double)cotangent[1] + (double)cotangent[2]) <=
              1e-6 * fabs((double)cotangent[0]));
}

static void test_divergence(void **state) {
  (void)state;
  enum { N = 5 };
  const float even[2] = {3, 3}, uneven[2] = {0, 1.0986123F}; /* log 3 */
  float cotangent[N], unused[N];
  /* log 2 - log 3 / 2, with log 3 rounded to float32 */
  assert_true(fabs(bwi_divergence(2, even, uneven, cotangent) - 0.143841036225890) <= 1e-7);
  assert_true(fabs((double)cotangent[0] + 0.25) <= 1e-7 && fabs((double)cotangent[1] - 0.25) <= 1e-7);
  assert_true(bwi_divergence(2, uneven, uneven, cotangent) == 0 && cotangent[0] == 0 && cotangent[1] == 0);
  for (uint32_t draw = 0; draw < 10; draw++) {
    static const float step = 0x1p-8F;
    float from[N], z[N];
    bwi_rng_normal(from, N, (bwi_rng_key){.stream = draw}, 0);
    bwi_rng_normal(z, N, (bwi_rng_key){.stream = draw}, 1);
    (void)bwi_divergence(N, from, z, cotangent);
    for (uint32_t i = 0; i < N; i++) {
      const float kept = z[i];
      z[i] = kept + step;
      const double above = bwi_divergence(N, from, z, unused);
      z[i] = kept - step;
      const double slope = (above - bwi_divergence(N, from, z, unused)) / (2 * (double)step);
      z[i] = kept;
      assert_true(fabs(slope - (double)cotangent[i]) <= 1e-5); /* step^2 / 6, and the rounding of z + step */
    }
  }
  const float sure[3] = {40, 0, -1}, surer[3] = {41, 0, -1};
  (void)bwi_divergence(3, sure, surer, cotangent); /* p - p_from rounds to zero for the first class */
  assert_true(cotangent[0] > 0 && cotangent[1] < 0);
}

static void test_prediction(void **state) {
  (void)state;
  static const struct {
    float logits[3];
    int32_t wanted;
  } cases[] = {
      {{1, 3, 2}, 1}, {{2, 2, 1}, 0}, {{1, NAN, 2}, -1}, {{-INFINITY, -1, -2}, 1}, {{0, -0.0f, 0}, 0}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
    assert_int_equal(bwi_predict(3, cases[k].logits), cases[k].wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_derivatives),
      cmocka_unit_test(test_confident_answer_has_a_gradient),
      cmocka_unit_test(test_divergence),
      cmocka_unit_test(test_prediction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
