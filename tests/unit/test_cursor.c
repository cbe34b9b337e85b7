/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include <string.h>

#include "support/sweep.h"
#include "support/unit.h"

static const uint8_t record[] = {
    0xFE,                                           /* u8 */
    0x34, 0x12,                                     /* u16le */
    0x78, 0x56, 0x34, 0x12,                         /* u32le */
    0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12, /* u64le */
    0x00, 0x00, 0x08, 0x03,                         /* u32be */
    0xFE, 0xFF, 0xFF, 0xFF,                         /* i32le */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, /* i64le */
    0x00, 0x00, 0xC0, 0xBF,                         /* f32le */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xE0, 0x3F, /* f64le */
    0x01,                                           /* bool */
    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* count of items of 3 bytes */
    'a',  'b',  'c',  'd',  'e',  'f',
};

static bw_status read_record(bwi_bytes bytes, void *payload) {
  bw_error *err = payload;
  bwi_cursor c = bwi_cursor_over(bytes, err);
  const uint8_t u8 = bwi_cursor_u8(&c, "u8");
  const uint16_t u16 = bwi_cursor_u16le(&c, "u16");
  const uint32_t u32 = bwi_cursor_u32le(&c, "u32");
  const uint64_t u64 = bwi_cursor_u64le(&c, "u64");
  const uint32_t big = bwi_cursor_u32be(&c, "u32be");
  const int32_t i32 = bwi_cursor_i32le(&c, "i32");
  const int64_t i64 = bwi_cursor_i64le(&c, "i64");
  const float f32 = bwi_cursor_f32le(&c, "f32");
  const double f64 = bwi_cursor_f64le(&c, "f64");
  const bool truth = bwi_cursor_bool(&c, "truth");
  const size_t count = bwi_cursor_count(&c, 3, "count");
  const bwi_bytes span = bwi_cursor_take(&c, 3 * count, "items");
  if (c.status != BW_OK) {
    assert_int_equal(span.size, 0);
    return c.status;
  }
  assert_int_equal(bwi_cursor_left(&c), bytes.size - sizeof record);
  assert_int_equal(u8, 0xFE);
  assert_int_equal(u16, 0x1234);
  assert_int_equal(u32, 0x12345678);
  assert_true(u64 == UINT64_C(0x123456789ABCDEF0));
  assert_int_equal(big, 0x803);
  assert_int_equal(i32, -2);
  assert_true(i64 == INT64_MIN);
  assert_true(f32 == -1.5F);
  assert_true(f64 == 0.5);
  assert_true(truth);
  assert_int_equal(count, 2);
  assert_int_equal(span.size, 6);
  assert_memory_equal(span.data, "abcdef", 6);
  return BW_OK;
}

static void test_every_field_and_every_truncation(void **state) {
  (void)state;
  bw_error err;
  sweep_truncations((bwi_bytes){record, sizeof record}, read_record, &err);
  sweep_truncations((bwi_bytes){record, sizeof record}, read_record, NULL); /* no error struct */
}

static void test_first_failure_latches(void **state) {
  (void)state;
  bw_error err = {BW_OK, 0, ""};
  bwi_cursor c = bwi_cursor_over((bwi_bytes){record, 4}, &err);
  (void)bwi_cursor_u8(&c, "first");
  assert_int_equal(bwi_cursor_u64le(&c, "second"), 0);
  assert_int_equal(c.status, BW_EFORMAT);
  assert_int_equal(err.offset, 1);
  assert_string_equal(err.text, "truncated: second needs 8 bytes, 3 left");
  assert_int_equal(bwi_cursor_u8(&c, "third"), 0); /* would fit */
  assert_int_equal(bwi_cursor_fail(&c, BW_ELIMIT, "later"), BW_EFORMAT);
  assert_int_equal(bwi_cursor_take(&c, 0, "fourth").size, 0);
  assert_string_equal(err.text, "truncated: second needs 8 bytes, 3 left");
}

static void test_fail_names_the_offset(void **state) {
  (void)state;
  bw_error err = {BW_OK, 0, ""};
  bwi_cursor c = bwi_cursor_over((bwi_bytes){record, sizeof record}, &err);
  (void)bwi_cursor_u16le(&c, "version");
  assert_int_equal(bwi_cursor_fail(&c, BW_EUNSUPPORTED, "version %d of %s", 9, "100%"), BW_EUNSUPPORTED);
  assert_int_equal(err.status, BW_EUNSUPPORTED);
  assert_int_equal(err.offset, 2);
  assert_string_equal(err.text, "version 9 of 100%");
}

static void test_bool_is_0_or_1(void **state) {
  (void)state;
  const uint8_t bytes[] = {0, 1, 2};
  bw_error err = {BW_OK, 0, ""};
  bwi_cursor c = bwi_cursor_over((bwi_bytes){bytes, sizeof bytes}, &err);
  assert_false(bwi_cursor_bool(&c, "flag"));
  assert_true(bwi_cursor_bool(&c, "flag"));
  assert_int_equal(c.status, BW_OK);
  assert_false(bwi_cursor_bool(&c, "flag"));
  assert_int_equal(c.status, BW_EFORMAT);
  assert_int_equal(err.offset, 2);
}

static void test_count_is_bounded_by_what_is_left(void **state) {
  (void)state;
  static const struct {
    uint64_t count;
    size_t min_bytes, size;
    bool fits;
  } rows[] = {
      {0, 1, 8, true},
      {1, 1, 8, false},
      {1, 1, 9, true},
      {3, 4, 19, false},
      {3, 4, 20, true},
      {UINT64_MAX, 1, 20, false},
      {UINT64_MAX, 8, 20, false},
      {UINT64_C(1) << 61, 8, 20, false}, /* times 8 wraps to 0 */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t bytes[20] = {0};
    for (int k = 0; k < 8; k++) bytes[k] = (uint8_t)(rows[i].count >> (8 * k));
    bw_error err = {BW_OK, 0, ""};
    bwi_cursor c = bwi_cursor_over((bwi_bytes){bytes, rows[i].size}, &err);
    const size_t count = bwi_cursor_count(&c, rows[i].min_bytes, "items");
    assert_int_equal(c.status, rows[i].fits ? BW_OK : BW_EFORMAT);
    assert_int_equal(count, rows[i].fits ? rows[i].count : 0);
    assert_int_equal(err.offset, 0); /* of the count itself */
  }
}

static void test_empty_input(void **state) {
  (void)state;
  bwi_cursor c = bwi_cursor_over((bwi_bytes){NULL, 0}, NULL);
  assert_int_equal(bwi_cursor_left(&c), 0);
  assert_int_equal(bwi_cursor_take(&c, 0, "nothing").size, 0);
  assert_int_equal(c.status, BW_OK);
  assert_int_equal(bwi_cursor_take(&c, SIZE_MAX, "all").size, 0);
  assert_int_equal(c.status, BW_EFORMAT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_field_and_every_truncation),
      cmocka_unit_test(test_first_failure_latches),
      cmocka_unit_test(test_fail_names_the_offset),
      cmocka_unit_test(test_bool_is_0_or_1),
      cmocka_unit_test(test_count_is_bounded_by_what_is_left),
      cmocka_unit_test(test_empty_input),
  };
  return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
