/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/ball.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

enum { D = 40, N_DRAWS = 300 };

static const struct {
  const char *name;
  bw_norm norm;
  double radius;
  float lower, upper;
} balls[] = {
    {"linf", BW_LINF, 0.3, 0, 1},
    {"linf, a 1/255 step", BW_LINF, 1.0 / 255, 0, 1},
    {"linf, signed domain", BW_LINF, 0.5, -2, 3},
    {"l2", BW_L2, 0.5, 0, 1},
    {"l2, box mostly active", BW_L2, 3, 0, 1},
    {"l2, wide box", BW_L2, 1, -10, 10},
    {"l1", BW_L1, 2, 0, 1},
    {"l1, box mostly active", BW_L1, 15, 0, 1},
    {"l1, wide box", BW_L1, 3, -10, 10},
};

static bwi_ball ball_of(size_t row) {
  return (bwi_ball){.norm = balls[row].norm,
                    .radius = balls[row].radius,
                    .lower = balls[row].lower,
                    .upper = balls[row].upper,
                    .d = D};
}

/* Clean samples with coordinates on both bounds, as pictures have them. */
static void draw_clean(const bwi_ball *ball, uint32_t draw, float *clean) {
  bwi_rng_uniform(clean, D, (bwi_rng_key){.seed = 1, .sample = draw}, 0, ball->lower - 0.3F,
                  ball->upper + 0.3F);
  for (int j = 0; j < D; j++) clean[j] = fminf(fmaxf(clean[j], ball->lower), ball->upper);
}

static double distance_l2(const float *a, const float *b) {
  return bwi_distance(BW_L2, D, a, b);
}

/* No point of the set is nearer to z than the projection: the projection P is one exactly when
 * (z - P) . (y - P) <= 0 for every y of the set. y: random points, the clean one, and steps from P along
 * single axes. */
static void assert_nearest(const bwi_ball *ball, const float *clean, const float *z, const float *projected,
                           uint32_t draw) {
  for (uint32_t k = 0; k < 60; k++) {
    float y[D];
    memcpy(y, clean, sizeof y);
    if (k < 20)
      bwi_ball_random(ball, clean, (bwi_rng_key){.seed = 3, .sample = draw}, k, y);
    else
      memcpy(y, projected, sizeof y), y[k % D] = clean[k % D];
    double product = 0;
    for (int j = 0; j < D; j++)
      product += ((double)z[j] - (double)projected[j]) * ((double)y[j] - (double)projected[j]);
    const double scale = distance_l2(z, projected) * distance_l2(y, projected);
    assert_true(product <= 1e-5 * scale + 1e-5 * distance_l2(z, projected)); /* the radius is shortened */
  }
}

static void test_projection(void **state) {
  (void)state;
  for (size_t row = 0; row < sizeof balls / sizeof *balls; row++) {
    const bwi_ball ball = ball_of(row);
    for (uint32_t draw = 0; draw < N_DRAWS; draw++) {
      float clean[D], z[D], projected[D], again[D];
      draw_clean(&ball, draw, clean);
      const float spread = draw % 3 == 0 ? 0.05F : draw % 3 == 1 ? 1 : 30;
      bwi_rng_uniform(z, D, (bwi_rng_key){.seed = 2, .sample = draw}, 0, -spread, spread);
      for (int j = 0; j < D; j++) z[j] += clean[j];
      memcpy(projected, z, sizeof z);
      bwi_ball_project(&ball, clean, projected);
      if (!bwi_ball_holds(&ball, clean, projected)) fail_msg("%s, draw %u: outside", balls[row].name, draw);
      assert_nearest(&ball, clean, z, projected, draw);
      memcpy(again, projected, sizeof again);
      bwi_ball_project(&ball, clean, again);
      assert_true(distance_l2(again, projected) <= 1e-6 * ball.radius + 1e-5); /* rounding only */
    }
  }
}

static void test_far_point_uses_the_whole_radius(void **state) {
  (void)state;
  for (size_t row = 0; row < sizeof balls / sizeof *balls; row++) {
    const bwi_ball ball = ball_of(row);
    float clean[D], z[D];
    draw_clean(&ball, 0, clean);
    for (int j = 0; j < D; j++)
      z[j] = clean[j] < 0.5F * (ball.lower + ball.upper) ? 1000 + (float)j : -1000 - (float)j;
    bwi_ball_project(&ball, clean, z);
    assert_true(bwi_ball_holds(&ball, clean, z));
    /* The radius is shortened for rounding: 2.4 * 10 * 6e-8 * sqrt(40) at most. */
    assert_true(bwi_distance(ball.norm, D, z, clean) >= ball.radius * (1 - 1e-6) - 1e-5);
  }
}

static void test_random_points(void **state) {
  (void)state;
  for (size_t row = 0; row < sizeof balls / sizeof *balls; row++) {
    const bwi_ball ball = ball_of(row);
    float clean[D], x[D], same[D], other[D];
    draw_clean(&ball, 0, clean);
    const bwi_rng_key key = {.seed = 9, .sample = 4, .stream = 2};
    bwi_ball_random(&ball, clean, key, 7, x);
    bwi_ball_random(&ball, clean, key, 7, same);
    bwi_ball_random(&ball, clean, key, 8, other);
    assert_memory_equal(x, same, sizeof x);
    assert_memory_not_equal(x, other, sizeof x);
    assert_true(bwi_ball_holds(&ball, clean, x));
    assert_true(bwi_distance(ball.norm, D, x, clean) > 0.1 * ball.radius);
  }
}

/* Where no box is in the way, a rim point has the whole radius; clipping leaves it, and takes a point twice
 * as far to it. */
static void test_rim_and_clip(void **state) {
  (void)state;
  for (size_t row = 0; row < sizeof balls / sizeof *balls; row++) {
    const bwi_ball ball = ball_of(row);
    const bool is_wide = ball.upper - ball.lower > 10;
    for (uint32_t draw = 0; draw < 30; draw++) {
      float clean[D], rim[D], x[D];
      draw_clean(&ball, draw, clean);
      if (is_wide) memset(clean, 0, sizeof clean);
      bwi_ball_random_rim(&ball, clean, (bwi_rng_key){.seed = 5}, draw, rim);
      assert_true(bwi_ball_holds(&ball, clean, rim));
      for (int j = 0; j < D; j++) x[j] = clean[j] + 2 * (rim[j] - clean[j]);
      bwi_ball_clip(&ball, clean, x);
      assert_true(bwi_ball_holds(&ball, clean, x));
      if (!is_wide) continue;
      assert_true(fabs(bwi_distance(ball.norm, D, rim, clean) - ball.radius) < 1e-4 * ball.radius);
      /* L1 projects instead of shrinking: it ends elsewhere on the rim. */
      if (ball.norm == BW_L2) assert_true(bwi_distance(BW_LINF, D, x, rim) < 1e-5);
    }
  }
}

static void test_linf_step_is_exact(void **state) {
  (void)state;
  const bwi_ball ball = {.norm = BW_LINF, .radius = 0.25, .upper = 1, .d = 4};
  const float clean[4] = {0.5F, 0.1F, 0.9F, 0.5F}, slope[4] = {3, -1e-30F, 7, 0};
  float x[4] = {0.5F, 0.1F, 0.9F, 0.5F}, scratch[4];
  bwi_ball_ascend(&ball, clean, slope, 0.25F, 1, x, scratch);
  const float wanted[4] = {0.75F, 0, 1, 0.5F};
  for (int j = 0; j < 4; j++) assert_float_equal(x[j], wanted[j], 1e-7); /* the radius is shortened by 6e-8 */
}

static void test_l1_step_moves_the_steepest(void **state) {
  (void)state;
  const bwi_ball ball = {.norm = BW_L1, .radius = 10, .upper = 1, .d = 6};
  const float clean[6] = {0.5F, 1, 0, 0.5F, 0.5F, 0.5F}, slope[6] = {2, 9, -8, -2, 2, 1};
  float x[6], scratch[6];
  memcpy(x, clean, sizeof x);
  bwi_ball_ascend(&ball, clean, slope, 0.2F, 2, x, scratch);
  /* 1 and 2 are at their bounds; 0, 3 and 4 share the bar, the first two of them move. */
  const float wanted[6] = {0.6F, 1, 0, 0.4F, 0.5F, 0.5F};
  for (int j = 0; j < 6; j++) assert_float_equal(x[j], wanted[j], 1e-6);
}

/* The bar of the sparse step against a full sort, for every count and with many equal values. */
static void test_l1_step_against_sorting(void **state) {
  (void)state;
  const bwi_ball ball = {.norm = BW_L1, .radius = 1e6, .lower = -1e6F, .upper = 1e6F, .d = D};
  for (uint32_t draw = 0; draw < 200; draw++) {
    float slope[D], clean[D] = {0};
    bwi_rng_uniform(slope, D, (bwi_rng_key){.seed = 8, .sample = draw}, 0, -4, 4);
    if (draw % 2 == 0)
      for (int j = 0; j < D; j++) slope[j] = roundf(slope[j]);
    for (uint64_t n_moved = 1; n_moved <= D; n_moved += 3) {
      float x[D] = {0}, scratch[D];
      bwi_ball_ascend(&ball, clean, slope, (float)n_moved, n_moved, x, scratch);
      float least_moved = INFINITY, greatest_left = 0;
      for (int j = 0; j < D; j++) {
        if (x[j] != 0)
          least_moved = fminf(least_moved, fabsf(slope[j]));
        else
          greatest_left = fmaxf(greatest_left, fabsf(slope[j]));
      }
      assert_true(least_moved >= greatest_left);
    }
  }
}

static void test_zero_and_broken_slopes(void **state) {
  (void)state;
  for (size_t row = 0; row < sizeof balls / sizeof *balls; row++) {
    const bwi_ball ball = ball_of(row);
    float clean[D], x[D], scratch[D], slope[D] = {0};
    draw_clean(&ball, 0, clean);
    memcpy(x, clean, sizeof x);
    bwi_ball_ascend(&ball, clean, slope, 0.1F, 3, x, scratch);
    assert_true(bwi_distance(BW_LINF, D, x, clean) < 1e-5); /* at most rounding of the projection */
    for (int j = 0; j < D; j++) slope[j] = j % 2 == 0 ? NAN : INFINITY;
    bwi_ball_ascend(&ball, clean, slope, 0.1F, 3, x, scratch);
    assert_true(bwi_ball_holds(&ball, clean, x));
  }
}

/* Of equal changes the first are kept. */
static void test_l0_keeps_the_greatest_changes(void **state) {
  (void)state;
  static const struct {
    double radius;
    float wanted[6];
  } rows[] = {
      {0, {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f}},   {1, {0.5f, 0.5f, 0.5f, 1, 0.5f, 0.5f}},
      {2, {0.25f, 0.5f, 0.5f, 1, 0.5f, 0.5f}},     {3, {0.25f, 0.5f, 0.75f, 1, 0.5f, 0.5f}},
      {6, {0.25f, 0.5f, 0.75f, 1, 0.25f, 0.625f}},
  };
  const float clean[6] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    const bwi_ball ball = {.norm = BW_L0, .radius = rows[k].radius, .lower = 0, .upper = 1, .d = 6};
    float x[6] = {0.25f, 0.5f, 0.75f, 1, 0.25f, 0.625f}, scratch[6];
    bwi_ball_keep_greatest(&ball, clean, x, scratch);
    assert_memory_equal(x, rows[k].wanted, sizeof x);
    assert_true(bwi_distance(BW_L0, 6, x, clean) <= rows[k].radius);
    assert_true(bwi_ball_holds(&ball, clean, x));
  }
  const float spoilt[6] = {NAN, 0, 0, 0, 0, 0};
  assert_true(isnan(bwi_distance(BW_L0, 6, spoilt, clean)));
  const float steps[6] = {0, 0.5f, -2, 0, 0, 1};
  assert_true(bwi_length(BW_L0, 6, steps) == 3);
}

static void test_what_the_ball_holds(void **state) {
  (void)state;
  const bwi_ball ball = {.norm = BW_LINF, .radius = 0.1, .upper = 1, .d = 2};
  const float clean[2] = {0.5F, 0.95F};
  static const struct {
    const char *name;
    float x[2];
    bool held;
  } rows[] = {
      {"clean", {0.5F, 0.95F}, true},       {"on the rim", {0.6F, 0.95F}, true},
      {"past it", {0.6001F, 0.95F}, false}, {"past the box", {0.5F, 1.01F}, false},
      {"NaN", {NAN, 0.95F}, false},         {"infinite", {0.5F, INFINITY}, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (bwi_ball_holds(&ball, clean, rows[i].x) != rows[i].held) fail_msg("%s", rows[i].name);
  const float nan_pair[2] = {NAN, 0};
  assert_true(isnan(bwi_distance(BW_LINF, 2, nan_pair, clean)));
  assert_true(isnan(bwi_distance(BW_L1, 2, nan_pair, clean)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_projection),
      cmocka_unit_test(test_far_point_uses_the_whole_radius),
      cmocka_unit_test(test_random_points),
      cmocka_unit_test(test_rim_and_clip),
      cmocka_unit_test(test_linf_step_is_exact),
      cmocka_unit_test(test_l1_step_moves_the_steepest),
      cmocka_unit_test(test_l1_step_against_sorting),
      cmocka_unit_test(test_zero_and_broken_slopes),
      cmocka_unit_test(test_l0_keeps_the_greatest_changes),
      cmocka_unit_test(test_what_the_ball_holds),
  };
  return cmocka_run_group_tests_name("attack_ball", tests, NULL, NULL);
}
