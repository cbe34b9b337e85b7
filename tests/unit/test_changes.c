/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/changes.h"

#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

enum { MOST = 64 };

static uint64_t draw_line(int64_t width, uint32_t sample, uint32_t step) {
  uint32_t words[4];
  bwi_rng_u32(words, 4, (bwi_rng_key){.seed = 5, .sample = sample}, step);
  /* few bits, so that outputs without one are met, too */
  const uint64_t bits = ((uint64_t)words[0] << 32 | words[1]) & ((uint64_t)words[2] << 32 | words[3]);
  return bits & bits >> 7 & (width < 64 ? (UINT64_C(1) << width) - 1 : UINT64_MAX);
}

static bool reads_change(const bwi_sliding *w, const uint64_t *in, int64_t y, int64_t x) {
  for (int64_t i = 0; i < w->extent[0]; i++)
    for (int64_t j = 0; j < w->extent[1]; j++) {
      const int64_t row = y * w->stride[0] - w->low[0] + i * w->dilation[0],
                    column = x * w->stride[1] - w->low[1] + j * w->dilation[1];
      if (row < 0 || row >= w->in[0] || column < 0 || column >= w->in[1]) continue;
      if ((in[row] >> column & 1) != 0) return true;
    }
  return false;
}

static void test_slide(void **state) {
  (void)state;
  static const bwi_sliding rows[] = {
      /* in, out, extent, stride, low, dilation */
      {{28, 28}, {14, 14}, {4, 4}, {2, 2}, {1, 1}, {1, 1}},
      {{14, 14}, {7, 7}, {4, 4}, {2, 2}, {1, 1}, {1, 1}},
      {{9, 64}, {9, 64}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
      {{8, 62}, {8, 62}, {5, 5}, {1, 1}, {2, 2}, {1, 1}},
      {{7, 9}, {5, 3}, {2, 3}, {1, 2}, {1, 3}, {3, 2}},
      {{1, 40}, {1, 13}, {1, 4}, {1, 3}, {0, 0}, {1, 1}},
      {{3, 3}, {9, 9}, {3, 3}, {1, 1}, {4, 4}, {1, 1}},
  };
  for (uint32_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    const bwi_sliding *w = &rows[k];
    assert_true(bwi_changes_fit(w));
    for (uint32_t round = 0; round < 20; round++) {
      uint64_t in[MOST], out[MOST];
      for (int64_t y = 0; y < w->in[0]; y++)
        in[y] = draw_line(w->in[1], round, (uint32_t)(100 * k + (uint32_t)y));
      bwi_changes_slide(out, w, in);
      for (int64_t y = 0; y < w->out[0]; y++)
        for (int64_t x = 0; x < MOST; x++)
          if ((out[y] >> x & 1) != (x < w->out[1] && reads_change(w, in, y, x)))
            fail_msg("window %d, round %d: output (%d, %d)", (int)k, (int)round, (int)y, (int)x);
    }
  }
}

static void test_too_wide(void **state) {
  (void)state;
  static const bwi_sliding rows[] = {
      {{8, 65}, {8, 65}, {1, 1}, {1, 1}, {0, 0}, {1, 1}},
      {{8, 63}, {8, 63}, {5, 5}, {1, 1}, {2, 2}, {1, 1}}, /* with its margin */
      {{8, 8}, {8, 8}, {1, 3}, {1, 1}, {0, 0}, {1, 32}},  /* a reach of more than a word */
      {{8, 8}, {8, 8}, {3, 3}, {1, 1}, {-1, -1}, {1, 1}}, /* cut off, not padded */
      {{8, 60}, {8, 60}, {1, 1}, {2, 2}, {0, 0}, {1, 1}}, /* outputs past a word */
  };
  for (uint32_t k = 0; k < sizeof rows / sizeof *rows; k++) assert_false(bwi_changes_fit(&rows[k]));
}

static void test_find(void **state) {
  (void)state;
  enum { HEIGHT = 3, WIDTH = 5, CHANNELS = 2, COUNT = HEIGHT * WIDTH * CHANNELS };
  float before[COUNT] = {0}, after[COUNT] = {0};
  uint64_t lines[HEIGHT];
  assert_int_equal(bwi_changes_find(lines, before, after, HEIGHT, WIDTH, CHANNELS * sizeof(float)), 0);
  for (uint32_t y = 0; y < HEIGHT; y++) assert_int_equal(lines[y], 0);
  after[1] = 1;                              /* pixel (0, 0) */
  after[(2 * WIDTH + 4) * CHANNELS] = -0.0f; /* pixel (2, 4): other bits, though equal */
  after[(2 * WIDTH + 3) * CHANNELS + 1] = 2; /* pixel (2, 3), and its other channel */
  after[(2 * WIDTH + 3) * CHANNELS] = 2;
  assert_int_equal(bwi_changes_find(lines, before, after, HEIGHT, WIDTH, CHANNELS * sizeof(float)), 3);
  assert_int_equal(lines[0], 1);
  assert_int_equal(lines[1], 0);
  assert_int_equal(lines[2], 1 << 3 | 1 << 4);
}

static void test_take(void **state) {
  (void)state;
  static const uint64_t rows[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, 0xf0f0, UINT64_C(0xff00000000000ff1)};
  for (uint32_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    uint64_t left = rows[k], taken = 0;
    int64_t end_before = -1;
    for (int64_t first, end; bwi_changes_take(&left, &first, &end);) {
      assert_true(first > end_before && end > first && end <= 64); /* whole runs, in order */
      for (int64_t x = first; x < end; x++) taken |= UINT64_C(1) << x;
      end_before = end;
    }
    assert_true(taken == rows[k]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_slide),
      cmocka_unit_test(test_too_wide),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_take),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
