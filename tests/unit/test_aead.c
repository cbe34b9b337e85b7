/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

/* Key, nonce and text of RFC 8439, section 2.8.2; there is no additional data here, so that only the tag
 * differs. */
static const char plain[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
    "would be it.";
enum { PLAIN = sizeof plain - 1, SEALED = PLAIN + BWI_AEAD_TAG_BYTES };
static const uint8_t nonce[BWI_AEAD_NONCE_BYTES] = {7,    0,    0,    0,    0x40, 0x41,
                                                    0x42, 0x43, 0x44, 0x45, 0x46, 0x47};

static bwi_aead *create(void) {
  uint8_t key[BWI_AEAD_KEY_BYTES];
  for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)(0x80 + i);
  bwi_aead *aead = NULL;
  assert_int_equal(bwi_aead_create(&aead, key, NULL), BW_OK);
  return aead;
}

static void seal(uint8_t *out, bwi_aead *aead) {
  assert_int_equal(bwi_aead_seal(out, aead, nonce, (bwi_bytes){(const uint8_t *)plain, PLAIN}, NULL), BW_OK);
}

static void seals_as_published(void **state) {
  (void)state;
  uint8_t sealed[SEALED];
  char start[33];
  bwi_aead *aead = create();
  seal(sealed, aead);
  bwi_hex_encode(start, sealed, 16);
  assert_string_equal(start, "d31a8d34648e60db7b86afbc53ef7ec2"); /* RFC 8439, section 2.8.2 */
  bwi_aead_free(aead);
}

static void opens_what_it_sealed(void **state) {
  (void)state;
  uint8_t sealed[SEALED], opened[PLAIN];
  bool authentic = false;
  bwi_aead *aead = create();
  for (int i = 0; i < 3; i++) { /* one key, again and again */
    seal(sealed, aead);
    assert_int_equal(bwi_aead_open(opened, &authentic, aead, nonce, (bwi_bytes){sealed, SEALED}, NULL),
                     BW_OK);
    assert_true(authentic);
    assert_memory_equal(opened, plain, PLAIN);
  }
  bwi_aead_free(aead);
}

static void assert_refused(bwi_aead *aead, const uint8_t *other_nonce, const uint8_t *sealed, size_t size) {
  uint8_t opened[SEALED];
  bool authentic = true;
  assert_int_equal(bwi_aead_open(opened, &authentic, aead, other_nonce, (bwi_bytes){sealed, size}, NULL),
                   BW_OK);
  assert_false(authentic);
}

static void refuses_every_change(void **state) {
  (void)state;
  uint8_t sealed[SEALED], other[BWI_AEAD_NONCE_BYTES];
  bwi_aead *aead = create();
  seal(sealed, aead);
  for (size_t bit = 0; bit < 8 * SEALED; bit++) {
    sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_refused(aead, nonce, sealed, SEALED);
    sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  for (size_t size = 0; size < SEALED; size++) assert_refused(aead, nonce, sealed, size);
  memcpy(other, nonce, sizeof other);
  other[11] ^= 1;
  assert_refused(aead, other, sealed, SEALED);
  bwi_aead_free(aead);
}

static void seals_nothing(void **state) {
  (void)state;
  uint8_t tag[BWI_AEAD_TAG_BYTES], opened[1];
  bool authentic = false;
  bwi_aead *aead = create();
  assert_int_equal(bwi_aead_seal(tag, aead, nonce, (bwi_bytes){NULL, 0}, NULL), BW_OK);
  assert_int_equal(bwi_aead_open(opened, &authentic, aead, nonce, (bwi_bytes){tag, sizeof tag}, NULL), BW_OK);
  assert_true(authentic);
  bwi_aead_free(aead);
  bwi_aead_free(NULL);
}

static bw_status create_and_free(void *payload) {
  const uint8_t key[BWI_AEAD_KEY_BYTES] = {0};
  (void)payload;
  bwi_aead *aead = NULL;
  const bw_status status = bwi_aead_create(&aead, key, NULL);
  bwi_aead_free(aead);
  return status;
}

static void survives_failing_allocations(void **state) {
  (void)state;
  assert_true(sweep_allocations(create_and_free, NULL) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(seals_as_published),           cmocka_unit_test(opens_what_it_sealed),
      cmocka_unit_test(refuses_every_change),         cmocka_unit_test(seals_nothing),
      cmocka_unit_test(survives_failing_allocations),
  };
  return cmocka_run_group_tests_name("aead", tests, NULL, NULL);
}
