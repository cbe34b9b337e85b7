/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <string.h>

#include "base/hex.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
  bwi_digest_kind kind;
  const char *text;
  size_t repeats;
  const char *hex;
} vectors[] = {
    /* FIPS 180-4 example messages as NIST publishes them. */
    {BWI_SHA256, "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {BWI_SHA256, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {BWI_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {BWI_SHA256, "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {BWI_SHA384, "abc", 1,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {BWI_SHA512, "abc", 1,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    /* RFC 7693 appendix A. */
    {BWI_BLAKE2B, "abc", 1,
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
};

static void test_published_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(vectors); i++) {
    bwi_hash *hash = NULL;
    char hex[BWI_DIGEST_HEX_BYTES];
    assert_int_equal(bwi_hash_create(&hash, vectors[i].kind, NULL), BW_OK);
    for (size_t k = 0; k < vectors[i].repeats; k++)
      bwi_hash_add(hash, vectors[i].text, strlen(vectors[i].text));
    assert_int_equal(bwi_hash_end_hex(hash, hex, NULL), BW_OK);
    assert_string_equal(hex, vectors[i].hex);
    bwi_hash_free(hash);
  }
}

static void test_at_once(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(vectors); i++) {
    uint8_t digest[BWI_DIGEST_MAX_BYTES];
    char hex[BWI_DIGEST_HEX_BYTES];
    if (vectors[i].repeats != 1) continue;
    const size_t size = strlen(vectors[i].text);
    assert_int_equal(bwi_digest(digest, vectors[i].kind, vectors[i].text, size, NULL), BW_OK);
    bwi_hex_encode(hex, digest, bwi_digest_bytes(vectors[i].kind));
    assert_string_equal(hex, vectors[i].hex);
  }
}

/* One hash for message after message, in pieces of every length. */
static void test_pieces(void **state) {
  (void)state;
  uint8_t whole[BWI_DIGEST_MAX_BYTES], pieces[BWI_DIGEST_MAX_BYTES];
  char text[300];
  memset(text, 'x', sizeof text);
  for (int kind = BWI_SHA256; kind <= BWI_BLAKE2B; kind++) {
    bwi_hash *hash = NULL;
    assert_int_equal(bwi_hash_create(&hash, (bwi_digest_kind)kind, NULL), BW_OK);
    assert_int_equal(bwi_digest(whole, (bwi_digest_kind)kind, text, sizeof text, NULL), BW_OK);
    for (size_t first = 0; first <= sizeof text; first += 13) {
      bwi_hash_add(hash, text, first);
      bwi_hash_add(hash, text + first, sizeof text - first);
      assert_int_equal(bwi_hash_end(hash, pieces, NULL), BW_OK);
      assert_memory_equal(pieces, whole, bwi_digest_bytes((bwi_digest_kind)kind));
    }
    bwi_hash_free(hash);
  }
}

static void test_names(void **state) {
  (void)state;
  bwi_digest_kind kind = BWI_SHA384;
  for (int k = BWI_SHA256; k <= BWI_BLAKE2B; k++) {
    assert_true(bwi_digest_find(&kind, bwi_digest_name((bwi_digest_kind)k)));
    assert_int_equal(kind, k);
  }
  assert_false(bwi_digest_find(&kind, "SHA256"));
  assert_false(bwi_digest_find(&kind, "md5"));
}

static bw_status attempt(void *payload) {
  (void)payload;
  bwi_hash *hash = NULL;
  const bw_status status = bwi_hash_create(&hash, BWI_SHA256, NULL);
  bwi_hash_free(hash);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(attempt, NULL), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_vectors),
      cmocka_unit_test(test_at_once),
      cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
