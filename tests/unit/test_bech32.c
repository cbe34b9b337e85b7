/* SPDX-License-Identifier: Apache-2.0 */
#include "age/bech32.h"

#include <string.h>

#include "support/unit.h"

static bwi_bytes text(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* The key of c2sp.org/age, 32 bytes of 0x42. */
static const char key[] = "age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex";

static void writes_as_published(void **state) {
  (void)state;
  uint8_t bytes[32];
  char out[80];
  memset(bytes, 0x42, sizeof bytes);
  bwi_bech32_encode(out, "age-secret-key-", (bwi_bytes){bytes, sizeof bytes});
  assert_string_equal(out, key);
  bwi_bech32_encode(out, "a", (bwi_bytes){bytes, 0});
  assert_string_equal(out, "a12uel5l"); /* BIP 173 */
}

static void reads_both_cases(void **state) {
  (void)state;
  static const char *const texts[] = {
      key, "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"};
  for (size_t i = 0; i < 2; i++) {
    uint8_t bytes[32] = {0};
    assert_int_equal(bwi_bech32_decode(bytes, sizeof bytes, "age-secret-key-", text(texts[i]), NULL), BW_OK);
    for (size_t k = 0; k < sizeof bytes; k++) assert_int_equal(bytes[k], 0x42);
  }
}

static void reads_what_it_writes(void **state) {
  (void)state;
  uint8_t bytes[64], read[64];
  char out[BWI_BECH32_CHARACTERS(4, 64) + 1];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(37 * i + 200);
  for (size_t size = 0; size <= sizeof bytes; size++) {
    bwi_bech32_encode(out, "test", (bwi_bytes){bytes, size});
    assert_int_equal(strlen(out), BWI_BECH32_CHARACTERS(4, size));
    assert_int_equal(bwi_bech32_decode(read, size, "test", text(out), NULL), BW_OK);
    assert_memory_equal(read, bytes, size);
  }
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t offset;
    const char *why;
  } rows[] = {
      {"", 0, "no key that begins with a1"},
      {"a", 0, "no key that begins with a1"},
      {"b12uel5l", 0, "no key that begins with a1"},
      {"a12uEl5l", 4, "mixes upper and lower case"},
      {"A12UEL5l", 7, "mixes upper and lower case"},
      {"a12uel5", BW_NO_OFFSET, "7 characters; one of 0 bytes has 8"},
      {"a1q2uel5l", BW_NO_OFFSET, "9 characters"},
      {"a12uel5b", 7, "a character that no key holds"},
      {"a12uel51", 7, "a character that no key holds"},
      {"a12ue 5l", 5, "a character that no key holds"},
      {"a12uel5m", BW_NO_OFFSET, "checksum"},
      {"a12ule5l", BW_NO_OFFSET, "checksum"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_error err = {.status = BW_OK};
    uint8_t none[1];
    assert_int_equal(bwi_bech32_decode(none, 0, "a", text(rows[i].text), &err), BW_EFORMAT);
    if (err.offset != rows[i].offset || strstr(err.text, rows[i].why) == NULL)
      fail_msg("%s: \"%s\" at %lld", rows[i].text, err.text, (long long)err.offset);
  }
}

/* A checksum may fit all the same: 5 bits a character, of which the last holds bits that no byte needs. */
static void refuses_bits_behind_the_last_byte(void **state) {
  (void)state;
  bw_error err = {.status = BW_OK};
  uint8_t byte = 1;
  assert_int_equal(bwi_bech32_decode(&byte, 1, "a", text("a1qpamnt9j"), &err), BW_EFORMAT);
  assert_non_null(strstr(err.text, "bits behind its last byte"));
  assert_int_equal(err.offset, 3);
  assert_int_equal(byte, 0);
}

static void finds_every_mistyped_character(void **state) {
  (void)state;
  char wrong[sizeof key];
  uint8_t bytes[32];
  for (size_t i = sizeof "age-secret-key-"; i < sizeof key - 1; i++) {
    memcpy(wrong, key, sizeof key);
    wrong[i] = key[i] == 'q' ? 'p' : 'q';
    assert_int_equal(bwi_bech32_decode(bytes, sizeof bytes, "age-secret-key-", text(wrong), NULL),
                     BW_EFORMAT);
    for (size_t k = 0; k < sizeof bytes; k++) assert_int_equal(bytes[k], 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_as_published),
      cmocka_unit_test(reads_both_cases),
      cmocka_unit_test(reads_what_it_writes),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_bits_behind_the_last_byte),
      cmocka_unit_test(finds_every_mistyped_character),
  };
  return cmocka_run_group_tests_name("bech32", tests, NULL, NULL);
}
