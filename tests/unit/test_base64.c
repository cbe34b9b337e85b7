/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <string.h>

#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static void check_row(const char *plain, const char *encoded, bwi_base64_form form) {
  bwi_buffer out = {0};
  bwi_bytes again = {NULL, 0};
  bw_error err;
  bwi_base64_encode(&out, bytes_of(plain), form);
  assert_false(out.failed);
  assert_int_equal(out.size, strlen(encoded));
  if (out.size > 0) assert_memory_equal(out.data, encoded, out.size);
  bwi_buffer_free(&out);
  if (bwi_base64_decode(&again, bytes_of(encoded), form, &err) != BW_OK)
    fail_msg("%s: %s", encoded, err.text);
  assert_int_equal(again.size, strlen(plain));
  assert_memory_equal(again.data, plain, again.size);
  bwi_free((void *)again.data);
}

/* RFC 4648 section 10, and bytes whose digits differ between the alphabets. */
static void test_vectors(void **state) {
  (void)state;
  static const struct {
    const char *plain, *padded, *bare;
  } rows[] = {
      {"", "", ""},
      {"f", "Zg==", "Zg"},
      {"fo", "Zm8=", "Zm8"},
      {"foo", "Zm9v", "Zm9v"},
      {"foob", "Zm9vYg==", "Zm9vYg"},
      {"fooba", "Zm9vYmE=", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_row(rows[i].plain, rows[i].padded, BWI_BASE64);
    check_row(rows[i].plain, rows[i].padded, BWI_BASE64_URL);
    check_row(rows[i].plain, rows[i].bare, BWI_BASE64_BARE);
    check_row(rows[i].plain, rows[i].bare, BWI_BASE64_URL_BARE);
  }
  check_row("\xFB\xFF\xFE", "+//+", BWI_BASE64);
  check_row("\xFB\xFF\xFE", "-__-", BWI_BASE64_URL);
}

static void test_every_byte(void **state) {
  (void)state;
  uint8_t all[256];
  for (size_t i = 0; i < sizeof all; i++) all[i] = (uint8_t)i;
  for (int form = BWI_BASE64; form <= BWI_BASE64_URL_BARE; form++)
    for (size_t size = 253; size <= 256; size++) {
      bwi_buffer text = {0};
      bwi_bytes again = {NULL, 0};
      bwi_base64_encode(&text, (bwi_bytes){all, size}, (bwi_base64_form)form);
      assert_int_equal(bwi_base64_decode(&again, (bwi_bytes){(const uint8_t *)text.data, text.size},
                                         (bwi_base64_form)form, NULL),
                       BW_OK);
      assert_int_equal(again.size, size);
      assert_memory_equal(again.data, all, size);
      bwi_free((void *)again.data);
      bwi_buffer_free(&text);
    }
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bwi_base64_form form;
    uint64_t offset;
    const char *reason;
  } rows[] = {
      {"Zg", BWI_BASE64, 2, "not a multiple of 4"},
      {"Zg=", BWI_BASE64, 3, "not a multiple of 4"},
      {"Zm9vZ===", BWI_BASE64, 5, "no base64 digit"},
      {"====", BWI_BASE64, 0, "no base64 digit"},
      {"Zg==Zg==", BWI_BASE64, 2, "no base64 digit"},
      {"Zm9v\n", BWI_BASE64, 5, "not a multiple of 4"},
      {"Zm 9", BWI_BASE64, 2, "no base64 digit"},
      {"Zm9\xC3", BWI_BASE64, 3, "no base64 digit"},
      {"-__-", BWI_BASE64, 0, "no base64 digit"},
      {"+//+", BWI_BASE64_URL, 0, "no base64 digit"},
      {"Zg==", BWI_BASE64_BARE, 2, "no base64 digit"},
      {"Zm9vZ", BWI_BASE64_BARE, 5, "truncated"},
      {"Zh==", BWI_BASE64, 1, "bits that belong to no byte"},
      {"Zm9=", BWI_BASE64, 2, "bits that belong to no byte"},
      {"Zm9vZh", BWI_BASE64_URL_BARE, 5, "bits that belong to no byte"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_bytes out = {NULL, 99};
    bw_error err = {BW_OK, 0, ""};
    if (bwi_base64_decode(&out, bytes_of(rows[i].text), rows[i].form, &err) != BW_EFORMAT ||
        err.offset != rows[i].offset || strstr(err.text, rows[i].reason) == NULL)
      fail_msg("%s: at %llu %s", rows[i].text, (unsigned long long)err.offset, err.text);
    assert_int_equal(out.size, 99);
  }
}

static bw_status attempt(void *payload) {
  bwi_bytes out = {NULL, 0};
  const bw_status status = bwi_base64_decode(&out, bytes_of(payload), BWI_BASE64, NULL);
  bwi_free((void *)out.data);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(attempt, (void *)"Zm9v"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vectors),
      cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
