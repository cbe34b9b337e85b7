/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include <string.h>

#include "base/hex.h"
#include "support/unit.h"

static void assert_hex(const uint8_t out[BWI_KDF_BYTES], const char *wanted) {
  char hex[2 * BWI_KDF_BYTES + 1];
  bwi_hex_encode(hex, out, BWI_KDF_BYTES);
  assert_string_equal(hex, wanted);
}

static bwi_bytes text(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* RFC 5869, appendix A, of whose results these are the first 32 bytes: test case 1, and 3 with an empty salt.
 */
static void hkdf_as_published(void **state) {
  (void)state;
  uint8_t secret[22], salt[13], out[BWI_KDF_BYTES];
  memset(secret, 0x0b, sizeof secret);
  for (size_t i = 0; i < sizeof salt; i++) salt[i] = (uint8_t)i;
  const bwi_bytes key = {secret, sizeof secret};
  assert_int_equal(
      bwi_hkdf(out, key, (bwi_bytes){salt, sizeof salt}, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", NULL),
      BW_OK);
  assert_hex(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  assert_int_equal(bwi_hkdf(out, key, (bwi_bytes){NULL, 0}, "", NULL), BW_OK);
  assert_hex(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

/* RFC 4231, test case 1, with its key filled up with zeros as HMAC does. */
static void hmac_as_published(void **state) {
  (void)state;
  uint8_t key[BWI_KDF_BYTES] = {0}, out[BWI_KDF_BYTES];
  memset(key, 0x0b, 20);
  assert_int_equal(bwi_hmac(out, key, text("Hi There"), NULL), BW_OK);
  assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

/* RFC 7914, section 12, of whose result these are the first 32 bytes. */
static void scrypt_as_published(void **state) {
  (void)state;
  uint8_t out[BWI_KDF_BYTES];
  assert_int_equal(bwi_scrypt(out, text("pleaseletmein"), text("SodiumChloride"), 14, NULL), BW_OK);
  assert_hex(out, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hkdf_as_published),
      cmocka_unit_test(hmac_as_published),
      cmocka_unit_test(scrypt_as_published),
  };
  return cmocka_run_group_tests_name("kdf", tests, NULL, NULL);
}
