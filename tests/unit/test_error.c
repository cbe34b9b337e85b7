/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <string.h>

#include "support/unit.h"

static void test_fail_fills_and_returns(void **state) {
  (void)state;
  bw_error err = {BW_OK, 0, ""};
  assert_int_equal(BW_FAIL_AT(&err, BW_EFORMAT, 17, "bad %s", "magic"), BW_EFORMAT);
  assert_int_equal(err.status, BW_EFORMAT);
  assert_int_equal(err.offset, 17);
  assert_string_equal(err.text, "bad magic");

  assert_int_equal(BW_FAIL(&err, BW_EINVAL, "rank %d", 11), BW_EINVAL);
  assert_true(err.offset == BW_NO_OFFSET);
}

static void test_fail_without_error_struct(void **state) {
  (void)state;
  assert_int_equal(BW_FAIL(NULL, BW_ENOMEM, "%s", "unseen"), BW_ENOMEM);
}

static void test_long_text_is_cut(void **state) {
  (void)state;
  bw_error err = {BW_OK, 0, ""};
  char text[2 * BW_ERROR_TEXT_BYTES];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  (void)BW_FAIL(&err, BW_EIO, "%s", text);
  assert_int_equal(strlen(err.text), BW_ERROR_TEXT_BYTES - 1);
}

static bw_status tried(bw_status status, int *reached) {
  BW_TRY(status);
  *reached = 1;
  return BW_OK;
}

static void test_try_returns_failures_only(void **state) {
  (void)state;
  int reached = 0;
  assert_int_equal(tried(BW_ECANCEL, &reached), BW_ECANCEL);
  assert_int_equal(reached, 0);
  assert_int_equal(tried(BW_OK, &reached), BW_OK);
  assert_int_equal(reached, 1);
}

static void test_status_texts(void **state) {
  (void)state;
  static const struct {
    bw_status status;
    int number;
    const char *text;
  } rows[] = {
      {BW_OK, 0, "ok"},
      {BW_EINVAL, 1, "invalid argument"},
      {BW_ENOMEM, 2, "out of memory"},
      {BW_EFORMAT, 3, "malformed input"},
      {BW_EUNSUPPORTED, 4, "not supported"},
      {BW_ELIMIT, 5, "limit reached"},
      {BW_EIO, 6, "input/output error"},
      {BW_ECANCEL, 7, "cancelled"},
      {BW_EINTERNAL, 8, "internal error"},
      {BW_EUNTRUSTED, 9, "not authentic"},
      {(bw_status)10, 10, "unknown status"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal((int)rows[i].status, rows[i].number);
    assert_string_equal(bw_status_text(rows[i].status), rows[i].text);
  }
}

static void test_version(void **state) {
  (void)state;
  const char *version = bw_version();
  assert_true(strspn(version, "0123456789.") == strlen(version));
  assert_non_null(strchr(version, '.'));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fail_fills_and_returns), cmocka_unit_test(test_fail_without_error_struct),
      cmocka_unit_test(test_long_text_is_cut),       cmocka_unit_test(test_try_returns_failures_only),
      cmocka_unit_test(test_status_texts),           cmocka_unit_test(test_version),
  };
  return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
