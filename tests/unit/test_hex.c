/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <string.h>

#include "support/unit.h"

static void test_both_ways(void **state) {
  (void)state;
  uint8_t all[256], again[256];
  char text[513];
  for (size_t i = 0; i < sizeof all; i++) all[i] = (uint8_t)i;
  bwi_hex_encode(text, all, sizeof all);
  assert_int_equal(strlen(text), 512);
  assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
  assert_true(bwi_hex_decode(again, sizeof again, text, 512));
  assert_memory_equal(all, again, sizeof all);
  assert_true(bwi_hex_decode(again, 2, "aBFf", 4));
  assert_memory_equal(again, "\xAB\xFF", 2);
  bwi_hex_encode(text, all, 0);
  assert_string_equal(text, "");
}

static void test_refusals(void **state) {
  (void)state;
  static const char *const texts[] = {"",     "0",    "012",  "01020", "0102030",
                                      "0x01", "01 2", "g000", "00-1",  "0:00"};
  uint8_t out[2];
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (bwi_hex_decode(out, 2, texts[i], strlen(texts[i]))) fail_msg("%s is accepted", texts[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_ways),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
