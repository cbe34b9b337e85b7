/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_array *read_array(const char *name) {
  char path[128] = "fuzz/corpus/idx/";
  bw_array *array = NULL;
  bw_error err = {BW_OK, 0, ""};
  strncat(path, name, sizeof path - strlen(path) - 1);
  const bwi_bytes bytes = tests_file(path);
  if (bwi_idx_read(&array, bytes, SIZE_MAX, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  bwi_free((void *)bytes.data);
  return array;
}

static void reads_plain_and_gzip(void **state) {
  (void)state;
  static const char *const rows[] = {"ok-u8", "ok-gzip", "ok-gzip-stored"};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_array *array = read_array(rows[k]);
    assert_int_equal(bw_array_dtype(array), BW_U8);
    assert_int_equal(bw_array_rank(array), 2);
    assert_int_equal(bw_array_shape(array)[0], 2);
    assert_int_equal(bw_array_shape(array)[1], 3);
    assert_memory_equal(bw_array_view(array), "\0\1\2\3\4\5", 6);
    bw_array_free(array);
  }
}

static void turns_big_endian_elements(void **state) {
  (void)state;
  static const int32_t integers[] = {1, -2};
  static const float reals[] = {1.5F, -2.0F};
  static const double wide[] = {0.1};
  static const struct {
    const char *name;
    bw_dtype dtype;
    const void *elements;
    size_t bytes;
  } rows[] = {{"ok-i32", BW_I32, integers, 8}, {"ok-f32", BW_F32, reals, 8}, {"ok-f64", BW_F64, wide, 8}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_array *array = read_array(rows[k].name);
    assert_int_equal(bw_array_dtype(array), rows[k].dtype);
    assert_int_equal(bw_array_bytes(array), rows[k].bytes);
    assert_memory_equal(bw_array_view(array), rows[k].elements, rows[k].bytes);
    bw_array_free(array);
  }
}

static void reads_other_shapes(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_dtype dtype;
    int64_t count;
  } rows[] = {{"ok-i8", BW_I8, 6},
              {"ok-i16", BW_I16, 6},
              {"ok-scalar", BW_U8, 1},
              {"ok-empty", BW_U8, 0},
              {"ok-gzip-large", BW_U8, 784000}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_array *array = read_array(rows[k].name);
    assert_int_equal(bw_array_dtype(array), rows[k].dtype);
    assert_int_equal(bw_array_count(array), rows[k].count);
    bw_array_free(array);
  }
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, "truncated: IDX magic number needs 4 bytes, 0 left"},
    {"format-gzip-bomb", 33, "truncated: the shape takes 47040000 bytes, more than can follow"},
    {"format-gzip-header", 4, "IDX magic number is not deflated data: unknown compression method"},
    {"format-gzip-less-data", 34, "IDX elements ends 1 bytes too early"},
    {"format-gzip-more-data", 36, "there is more data than there should be"},
    {"format-gzip-no-sum", 27, "truncated: no end of data"},
    {"format-gzip-not-deflated", 11, "IDX magic number is not deflated data: invalid block type"},
    {"format-gzip-sum", 31, "IDX elements is not deflated data: incorrect data check"},
    {"format-gzip-trailing", 35, "1 bytes follow the end of the data"},
    {"format-gzip-truncated", 26, "truncated: no end of data"},
    {"format-gzip-two-members", 35, "35 bytes follow the end of the data"},
    {"format-huge", 12, "shape (4294967295, 4294967295) has a negative extent or overflows"},
    {"format-magic", 0, "no IDX file"},
    {"format-overflow", 20, "shape (4294967295, 4294967295, 4294967295, 4294967295) has a negative extent or overflows"},
    {"format-trailing", 18, "1 bytes follow the end of the data"},
    {"format-truncated", 12, "truncated: IDX elements needs 6 bytes, 5 left"},
    {"format-truncated-extents", 4, "truncated: IDX extents needs 8 bytes, 5 left"},
    {"format-type", 0, "IDX type 0x07 is unknown"},
    {"limit-gzip", 29, "an array of 17825792 bytes; the limit leaves 16777216"},
    {"unsupported-rank-11", 0, "11 dimensions; at most 10 are supported"},
};
/* clang-format on */

/* 16 MiB, which the rows of limit- exceed. */
static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bw_array *array = NULL;
  const bw_status status = bwi_idx_read(&array, bytes, (size_t)16 << 20, err);
  if (status != BW_OK) assert_null(array);
  bw_array_free(array);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("idx", refusals, COUNT(refusals), read_and_free);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  static const char *const paths[] = {"fuzz/corpus/idx/ok-i16", "fuzz/corpus/idx/ok-gzip",
                                      "fuzz/corpus/idx/ok-gzip-stored"};
  for (size_t k = 0; k < COUNT(paths); k++) check_truncations(paths[k], read_and_free);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/idx/ok-gzip", read_and_free) >= 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_plain_and_gzip),     cmocka_unit_test(turns_big_endian_elements),
      cmocka_unit_test(reads_other_shapes),       cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation), cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
