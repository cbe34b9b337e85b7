/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdio.h>

#include "support/unit.h"

/* Every code point through the encoder, against the length that RFC 3629 gives it. */
static void test_every_code_point(void **state) {
  (void)state;
  for (uint32_t code = 0; code <= 0x10FFFF; code++) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const size_t want = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    char text[4];
    if (bwi_utf8_encode(text, code) != want || bwi_utf8_length((uint8_t *)text, want) != want ||
        (want > 1 && bwi_utf8_length((uint8_t *)text, want - 1) != 0))
      fail_msg("U+%04X", (unsigned)code);
  }
}

static void test_encoded_bytes(void **state) {
  (void)state;
  static const struct {
    uint32_t code;
    const char *text;
  } rows[] = {{0x7A, "z"}, {0xE9, "\xC3\xA9"}, {0x20AC, "\xE2\x82\xAC"}, {0x1F600, "\xF0\x9F\x98\x80"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[4];
    assert_memory_equal(text, rows[i].text, bwi_utf8_encode(text, rows[i].code));
  }
}

/* Of all 2^24 sequences of three bytes after which nothing follows, as many are well-formed as there are
 * code points of that length. */
static void test_no_other_sequence_is_accepted(void **state) {
  (void)state;
  size_t accepted[5] = {0};
  for (uint32_t bits = 0; bits < 1u << 24; bits++) {
    const uint8_t text[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    accepted[bwi_utf8_length(text, 3)]++;
  }
  assert_int_equal(accepted[1], 0x80 << 16);
  assert_int_equal(accepted[2], (0x800 - 0x80) << 8);
  assert_int_equal(accepted[3], 0x10000 - 0x800 - 0x800); /* less the surrogates */
  assert_int_equal(accepted[4], 0);

  size_t four = 0;
  for (uint32_t bits = 0; bits < 1u << 24; bits++) { /* lead byte, second, and a good or a bad third */
    const uint8_t text[4] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits, 0x80};
    four += bwi_utf8_length(text, 4) == 4;
  }
  assert_int_equal(four, 0x100000 / 64);
}

static void test_plain_text(void **state) {
  (void)state;
  static const struct {
    const char *text, *plain;
  } rows[] = {{"", ""},
              {"caf\xC3\xA9 \xE2\x82\xAC", "caf\xC3\xA9 \xE2\x82\xAC"},
              {"a\tb\033[2K\x7F\n", "a?b?[2K??"},
              {"\xC2\x9B\xC2\x80\xC2\x9F\xC2\xA0", "??????\xC2\xA0"},
              {"\xFF\xC3 \xE2\x82", "?? ??"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[32];
    (void)snprintf(text, sizeof text, "%s", rows[i].text);
    bwi_utf8_make_plain(text);
    assert_string_equal(text, rows[i].plain);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_code_point),
      cmocka_unit_test(test_encoded_bytes),
      cmocka_unit_test(test_no_other_sequence_is_accepted),
      cmocka_unit_test(test_plain_text),
  };
  return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
