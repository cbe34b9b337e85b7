/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <string.h>

#include "support/sweep.h"
#include "support/unit.h"

static void test_grows(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_buffer_put(&b, NULL, 0);
  assert_string_equal(b.data, "");
  bwi_buffer_text(&b, "a");
  bwi_buffer_put(&b, "b\0c", 3);
  assert_int_equal(b.size, 4);
  assert_memory_equal(b.data, "ab\0c", 5); /* with the NUL after it */
  for (int i = 0; i < 10000; i++) bwi_buffer_format(&b, "%04d", i);
  assert_int_equal(b.size, 40004);
  assert_memory_equal(b.data + 4 + 4 * 1234, "1234", 4);
  assert_string_equal(b.data + 40000, "9999");
  assert_false(b.failed);
  bwi_buffer_free(&b);
  assert_null(b.data);
  assert_int_equal(b.size, 0);
}

static void test_one_long_piece(void **state) {
  (void)state;
  char text[5000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  bwi_buffer b = {0};
  bwi_buffer_format(&b, "<%s>", text);
  assert_int_equal(b.size, 5001);
  assert_int_equal(b.data[0], '<');
  assert_int_equal(b.data[5000], '>');
  bwi_buffer_free(&b);
}

static bw_status write_some(void *payload) {
  (void)payload;
  bwi_buffer b = {0};
  for (int i = 0; i < 300; i++) {
    bwi_buffer_text(&b, "text ");
    bwi_buffer_format(&b, "%d", i);
  }
  const bw_status status = b.failed ? BW_ENOMEM : BW_OK;
  bwi_buffer_free(&b);
  return status;
}

static void test_failure_latches(void **state) {
  (void)state;
  assert_true(sweep_allocations(write_some, NULL) > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_grows),
      cmocka_unit_test(test_one_long_piece),
      cmocka_unit_test(test_failure_latches),
  };
  return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
