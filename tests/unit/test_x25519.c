/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x25519.h"

#include <string.h>

#include "base/hex.h"
#include "support/unit.h"

static void decode(uint8_t out[BWI_X25519_BYTES], const char *hex) {
  assert_true(bwi_hex_decode(out, BWI_X25519_BYTES, hex, strlen(hex)));
}

/* RFC 7748, section 5.2. */
static void shared_as_published(void **state) {
  (void)state;
  static const struct {
    const char *scalar, *point, *result;
  } rows[] = {
      {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
       "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
       "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
      {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
       "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
       "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t scalar[BWI_X25519_BYTES], point[BWI_X25519_BYTES], result[BWI_X25519_BYTES],
        got[BWI_X25519_BYTES];
    decode(scalar, rows[i].scalar);
    decode(point, rows[i].point);
    decode(result, rows[i].result);
    assert_int_equal(bwi_x25519_shared(got, scalar, point, NULL), BW_OK);
    assert_memory_equal(got, result, sizeof got);
  }
}

static void both_sides_agree(void **state) {
  (void)state;
  uint8_t a[BWI_X25519_BYTES], b[BWI_X25519_BYTES], to_a[BWI_X25519_BYTES], to_b[BWI_X25519_BYTES];
  uint8_t by_a[BWI_X25519_BYTES], by_b[BWI_X25519_BYTES];
  memset(a, 1, sizeof a);
  memset(b, 2, sizeof b);
  assert_int_equal(bwi_x25519_public(to_a, a, NULL), BW_OK);
  assert_int_equal(bwi_x25519_public(to_b, b, NULL), BW_OK);
  assert_int_equal(bwi_x25519_shared(by_a, a, to_b, NULL), BW_OK);
  assert_int_equal(bwi_x25519_shared(by_b, b, to_a, NULL), BW_OK);
  assert_memory_equal(by_a, by_b, sizeof by_a);
}

/* Points of order 1, 2, 4, 8 and one beyond the field, as RFC 7748 section 6.1 wants them refused. */
static void refuses_points_of_low_order(void **state) {
  (void)state;
  static const char *const points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  uint8_t secret[BWI_X25519_BYTES], point[BWI_X25519_BYTES], shared[BWI_X25519_BYTES];
  memset(secret, 3, sizeof secret);
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
    bw_error err = {.status = BW_OK};
    decode(point, points[i]);
    assert_int_equal(bwi_x25519_shared(shared, secret, point, &err), BW_EFORMAT);
    assert_non_null(strstr(err.text, "low order"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shared_as_published),
      cmocka_unit_test(both_sides_agree),
      cmocka_unit_test(refuses_points_of_low_order),
  };
  return cmocka_run_group_tests_name("x25519", tests, NULL, NULL);
}
