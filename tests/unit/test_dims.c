/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dims.h"

#include <string.h>

#include "support/unit.h"

static void test_text(void **state) {
  (void)state;
  static const struct {
    bwi_dims dims;
    size_t room;
    const char *text;
  } rows[] = {
      {{.n = 0}, 64, "()"},        {{1, {7}}, 64, "(7,)"},
      {{2, {2, 3}}, 64, "(2, 3)"}, {{3, {-1, 0, INT64_MAX}}, 64, "(-1, 0, 9223372036854775807)"},
      {{2, {2, 3}}, 4, "(2,"},     {{2, {2, 3}}, 1, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[64];
    assert_ptr_equal(bwi_dims_text(text, rows[i].room, &rows[i].dims), text);
    assert_string_equal(text, rows[i].text);
  }
}

static void test_longest_text(void **state) {
  (void)state;
  bwi_dims dims = {.n = BW_MAX_RANK};
  for (uint32_t i = 0; i < BW_MAX_RANK; i++) dims.v[i] = INT64_MIN;
  char text[512];
  bwi_dims_text(text, sizeof text, &dims);
  assert_int_equal(strlen(text), BW_MAX_RANK * strlen("-9223372036854775808, "));
  assert_int_equal(text[strlen(text) - 1], ')');
}

static void test_equal(void **state) {
  (void)state;
  const bwi_dims a = {2, {2, 3}}, same = {2, {2, 3}}, other = {2, {3, 2}}, longer = {3, {2, 3, 1}};
  const bwi_dims same_with_rest = {2, {2, 3, 99}};
  assert_true(bwi_dims_equal(&a, &same));
  assert_true(bwi_dims_equal(&a, &same_with_rest));
  assert_false(bwi_dims_equal(&a, &other));
  assert_false(bwi_dims_equal(&a, &longer));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_longest_text),
      cmocka_unit_test(test_equal),
  };
  return cmocka_run_group_tests_name("dims", tests, NULL, NULL);
}
