/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <math.h>

#include "base/memory.h"
#include "support/unit.h"

#define N_DRAWS 1000000

/* Random123, tests/kat_vectors, "philox4x32 10". */
static void test_published_vectors(void **state) {
  (void)state;
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } rows[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t out[4];
    bwi_philox4x32(out, rows[i].counter, rows[i].key);
    assert_memory_equal(out, rows[i].out, sizeof out);
  }
}

/* The layout is a promise: a change of it would change every published verdict. */
static void test_draws_are_blocks_in_order(void **state) {
  (void)state;
  const bwi_rng_key key = {UINT64_C(0x1122334455667788), 9, 77};
  const uint32_t philox_key[2] = {0x55667788, 0x11223344};
  uint32_t drawn[4 * 150];
  bwi_rng_u32(drawn, 4 * 150, key, 5);
  for (uint32_t block = 0; block < 150; block++) {
    const uint32_t counter[4] = {block, 5, 9, 77};
    uint32_t want[4];
    bwi_philox4x32(want, counter, philox_key);
    assert_memory_equal(drawn + 4 * block, want, sizeof want);
  }
}

static void test_fewer_draws_are_a_prefix(void **state) {
  (void)state;
  static const size_t counts[] = {0, 1, 3, 4, 5, 63, 255, 256, 257, 511, 512, 513, 599};
  const bwi_rng_key key = {1, 2, 3};
  uint32_t words[600];
  float uniforms[600], normals[600];
  bwi_rng_u32(words, 600, key, 0);
  bwi_rng_uniform(uniforms, 600, key, 0, -1, 1);
  bwi_rng_normal(normals, 600, key, 0);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    const size_t n = counts[i];
    uint32_t *w = bwi_alloc(n, sizeof *w); /* exact blocks, so that a sanitizer sees an overrun */
    float *f = bwi_alloc(n, sizeof *f);
    bwi_rng_u32(w, n, key, 0);
    assert_memory_equal(w, words, n * sizeof *w);
    bwi_rng_uniform(f, n, key, 0, -1, 1);
    assert_memory_equal(f, uniforms, n * sizeof *f);
    bwi_rng_normal(f, n, key, 0);
    assert_memory_equal(f, normals, n * sizeof *f);
    bwi_free(w);
    bwi_free(f);
  }
}

static void test_every_part_of_the_key_counts(void **state) {
  (void)state;
  static const struct {
    bwi_rng_key key;
    uint32_t step;
  } rows[] = {
      {{0, 0, 0}, 0}, {{1, 0, 0}, 0}, {{UINT64_C(1) << 32, 0, 0}, 0},
      {{0, 1, 0}, 0}, {{0, 0, 1}, 0}, {{0, 0, 0}, 1},
  };
  enum { n_rows = sizeof rows / sizeof *rows };
  uint32_t drawn[n_rows][4];
  for (int i = 0; i < n_rows; i++) {
    bwi_rng_u32(drawn[i], 4, rows[i].key, rows[i].step);
    for (int k = 0; k < i; k++) assert_memory_not_equal(drawn[i], drawn[k], sizeof drawn[i]);
  }
}

static void test_uniform_range(void **state) {
  (void)state;
  static const struct {
    float lo, hi;
  } rows[] = {
      {0, 1}, {-0.3F, 0.3F}, {1, 1.0000001F}, {-1, 3e8F}, {2, 2}, {0, 0x1p-149F}, {-8.0F / 255, 8.0F / 255},
  };
  static float x[100000];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const float lo = rows[i].lo, hi = rows[i].hi;
    bwi_rng_uniform(x, 100000, (bwi_rng_key){i, 0, 0}, 0, lo, hi);
    for (size_t k = 0; k < 100000; k++)
      if (!(x[k] >= lo && (x[k] < hi || lo == hi))) fail_msg("row %zu: %a outside [%a, %a)", i, x[k], lo, hi);
  }
}

/* Moments of a million draws. Six standard errors: about 2e-9 to be beyond by chance, and the draws are
 * fixed, so the test cannot flicker. */
static void test_uniform_moments(void **state) {
  (void)state;
  float *x = bwi_alloc(N_DRAWS, sizeof *x);
  bwi_rng_uniform(x, N_DRAWS, (bwi_rng_key){42, 0, 0}, 0, 0, 1);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < N_DRAWS; i++) {
    sum += (double)x[i];
    squares += (double)x[i] * (double)x[i];
  }
  assert_true(fabs(sum / N_DRAWS - 0.5) < 6 * sqrt(1.0 / 12 / N_DRAWS));
  assert_true(fabs(squares / N_DRAWS - 1.0 / 3) < 6 * sqrt(4.0 / 45 / N_DRAWS));
  bwi_free(x);
}

/* The share of draws below z against the normal distribution function, and that neighbours (the two
 * halves of one Box-Muller pair) do not correlate; six standard errors as above. */
static void test_normal_distribution(void **state) {
  (void)state;
  static const double points[] = {-4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4};
  float *x = bwi_alloc(N_DRAWS, sizeof *x);
  bwi_rng_normal(x, N_DRAWS, (bwi_rng_key){42, 0, 0}, 0);
  double sum = 0, squares = 0, products = 0;
  for (size_t i = 0; i < N_DRAWS; i++) {
    sum += (double)x[i];
    squares += (double)x[i] * (double)x[i];
    if (i % 2 == 1) products += (double)x[i - 1] * (double)x[i];
  }
  assert_true(fabs(sum / N_DRAWS) < 6 * sqrt(1.0 / N_DRAWS));
  assert_true(fabs(squares / N_DRAWS - 1) < 6 * sqrt(2.0 / N_DRAWS));
  assert_true(fabs(products / (N_DRAWS / 2.0)) < 6 * sqrt(2.0 / N_DRAWS));
  for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
    const double share = 0.5 * erfc(-points[p] / sqrt(2));
    size_t below = 0;
    for (size_t i = 0; i < N_DRAWS; i++) below += (double)x[i] < points[p];
    if (fabs((double)below / N_DRAWS - share) > 6 * sqrt(share * (1 - share) / N_DRAWS))
      fail_msg("share below %g: %g, wanted %g", points[p], (double)below / N_DRAWS, share);
  }
  bwi_free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_vectors),
      cmocka_unit_test(test_draws_are_blocks_in_order),
      cmocka_unit_test(test_fewer_draws_are_a_prefix),
      cmocka_unit_test(test_every_part_of_the_key_counts),
      cmocka_unit_test(test_uniform_range),
      cmocka_unit_test(test_uniform_moments),
      cmocka_unit_test(test_normal_distribution),
  };
  return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
