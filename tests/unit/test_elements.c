/* SPDX-License-Identifier: Apache-2.0 */
#include "format/elements.h"

#include <string.h>

#include "support/unit.h"

static void sizes_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_dtype dtype;
    bwi_dims shape;
    bw_status status;
    size_t bytes;
  } rows[] = {
      {"scalar", BW_F32, {0, {0}}, BW_OK, 4},
      {"matrix", BW_I64, {2, {3, 5}}, BW_OK, 120},
      {"empty", BW_F64, {3, {1 << 30, 0, 1 << 30}}, BW_OK, 0},
      {"negative", BW_U8, {1, {-1}}, BW_EFORMAT, 0},
      {"elements overflow", BW_U8, {2, {INT64_MAX, 2}}, BW_EFORMAT, 0},
      {"bytes overflow", BW_F64, {1, {INT64_MAX / 4}}, BW_EFORMAT, 0},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    size_t bytes = 0;
    bw_error err = {BW_OK, 0, ""};
    const bw_status status = bwi_elements_bytes(&bytes, rows[k].dtype, &rows[k].shape, 99, &err);
    if (status != rows[k].status || bytes != rows[k].bytes)
      fail_msg("%s: %s, %zu", rows[k].name, err.text, bytes);
    if (status != BW_OK) assert_int_equal(err.offset, 99);
  }
}

static void arrays_are_taken_out_of_a_budget(void **state) {
  (void)state;
  const bwi_dims shape = {1, {10}};
  size_t budget = 50;
  bw_array *array = NULL;
  bw_error err;
  assert_int_equal(bwi_elements_create(&array, BW_F32, &shape, &budget, 0, &err), BW_OK);
  assert_int_equal(budget, 10);
  bw_array_free(array);
  array = NULL;
  assert_int_equal(bwi_elements_create(&array, BW_F32, &shape, &budget, 5, &err), BW_ELIMIT);
  assert_int_equal(err.offset, 5);
  assert_null(array);
  assert_int_equal(budget, 10);
}

static void finds_what_is_no_truth_value(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0, 1, 1, 2, 0};
  assert_int_equal(bwi_elements_first_untruth(bytes, 5), 3);
  assert_int_equal(bwi_elements_first_untruth(bytes, 3), 3);
  assert_int_equal(bwi_elements_first_untruth(bytes, 0), 0);
}

static void swaps_bytes(void **state) {
  (void)state;
  static const struct {
    bw_dtype dtype;
    int64_t count;
    const char *wanted;
  } rows[] = {
      {BW_U8, 8, "abcdefgh"}, {BW_I16, 4, "badcfehg"}, {BW_F32, 2, "dcbahgfe"}, {BW_F64, 1, "hgfedcba"}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    bw_array *array = NULL;
    assert_int_equal(bw_array_create(&array, rows[k].dtype, 1, &rows[k].count, NULL), BW_OK);
    memcpy(bw_array_data(array), "abcdefgh", 8);
    bwi_elements_swap(array);
    assert_memory_equal(bw_array_view(array), rows[k].wanted, 8);
    bw_array_free(array);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_checked),
      cmocka_unit_test(arrays_are_taken_out_of_a_budget),
      cmocka_unit_test(finds_what_is_no_truth_value),
      cmocka_unit_test(swaps_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
