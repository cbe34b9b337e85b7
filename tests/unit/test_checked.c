/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"

#include "support/unit.h"

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    size_t a, b;
    bool adds, multiplies;
  } rows[] = {
      {0, 0, true, true},
      {SIZE_MAX, 0, true, true},
      {0, SIZE_MAX, true, true},
      {SIZE_MAX, 1, false, true},
      {1, SIZE_MAX, false, true},
      {SIZE_MAX / 2, 2, true, true},
      {SIZE_MAX / 2 + 1, 2, true, false},
      {SIZE_MAX, SIZE_MAX, false, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const size_t a = rows[i].a, b = rows[i].b;
    size_t out = 7;
    assert_int_equal(bwi_add_size(&out, a, b), rows[i].adds);
    assert_true(out == (rows[i].adds ? a + b : 7));
    out = 7;
    assert_int_equal(bwi_mul_size(&out, a, b), rows[i].multiplies);
    assert_true(out == (rows[i].multiplies ? a * b : 7));
  }
}

static void test_shape_count(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint32_t rank;
    int64_t shape[4];
    bool fits;
    int64_t count;
  } rows[] = {
      {"scalar", 0, {0}, true, 1},
      {"vector", 1, {5}, true, 5},
      {"four", 4, {2, 3, 5, 7}, true, 210},
      {"empty", 3, {2, 0, 5}, true, 0},
      {"negative", 2, {2, -1}, false, 0},
      {"negative after empty", 2, {0, -1}, false, 0},
      {"largest", 2, {INT64_MAX, 1}, true, INT64_MAX},
      {"just over", 2, {INT64_MAX / 2 + 1, 2}, false, 0},
      {"wraps to a small number", 2, {INT64_C(1) << 32, INT64_C(1) << 32}, false, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t count = -7;
    if (bwi_shape_count(&count, rows[i].shape, rows[i].rank) != rows[i].fits) fail_msg("%s", rows[i].name);
    if (count != (rows[i].fits ? rows[i].count : -7)) fail_msg("%s: %lld", rows[i].name, (long long)count);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_shape_count),
  };
  return cmocka_run_group_tests_name("checked", tests, NULL, NULL);
}
