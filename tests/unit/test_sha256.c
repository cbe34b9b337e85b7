/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

#include "support/unit.h"

/* FIPS 180-4 example messages as NIST publishes them ("abc", two blocks, a million a). */
static void test_published_vectors(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t repeats;
    const char *hex;
  } rows[] = {
      {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_sha256 hash;
    char hex[65];
    bwi_sha256_init(&hash);
    for (size_t k = 0; k < rows[i].repeats; k++) bwi_sha256_add(&hash, rows[i].text, strlen(rows[i].text));
    bwi_sha256_hex(&hash, hex);
    assert_string_equal(hex, rows[i].hex);
  }
}

/* Around the length at which the padding needs a block of its own, however the bytes arrive. */
static void test_pieces(void **state) {
  (void)state;
  char text[200];
  memset(text, 'x', sizeof text);
  for (size_t size = 0; size <= sizeof text; size++) {
    char whole[65], pieces[65];
    bwi_sha256 hash;
    bwi_sha256_init(&hash);
    bwi_sha256_add(&hash, text, size);
    bwi_sha256_hex(&hash, whole);
    for (size_t first = 0; first <= size; first += 13) {
      bwi_sha256_init(&hash);
      bwi_sha256_add(&hash, text, first);
      bwi_sha256_add(&hash, text + first, size - first);
      bwi_sha256_hex(&hash, pieces);
      assert_string_equal(pieces, whole);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_vectors),
      cmocka_unit_test(test_pieces),
  };
  return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
