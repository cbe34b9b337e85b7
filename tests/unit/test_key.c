/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures, and that nothing of a private key stays behind in memory. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/memory.h"
#include "crypto/signature.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "test_key-XXXXXX";
static char path[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  (void)snprintf(path, sizeof path, "%s/key.pem", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  (void)unlink(path);
  return rmdir(folder);
}

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static bwi_key *public_of(const bwi_key *key) {
  bwi_buffer pem = {0};
  bwi_key *again = NULL;
  assert_int_equal(bwi_key_write_public(&pem, key, NULL), BW_OK);
  assert_int_equal(bwi_key_read_public(&again, (bwi_bytes){(const uint8_t *)pem.data, pem.size}, NULL),
                   BW_OK);
  bwi_buffer_free(&pem);
  return again;
}

static void test_sign_and_verify(void **state) {
  (void)state;
  for (int kind = BWI_P256; kind <= BWI_ED25519; kind++) {
    bwi_key *key = NULL, *other = NULL;
    bwi_bytes signature = {NULL, 0};
    assert_int_equal(bwi_key_generate(&key, (bwi_key_kind)kind, NULL), BW_OK);
    assert_int_equal(bwi_key_generate(&other, (bwi_key_kind)kind, NULL), BW_OK);
    assert_int_equal(bwi_key_kind_of(key), kind);
    bwi_key *public = public_of(key);
    assert_true(bwi_key_same(key, public));
    assert_false(bwi_key_same(key, other));
    assert_int_equal(bwi_signature_make(&signature, key, bytes_of("message"), NULL), BW_OK);
    assert_true(bwi_signature_holds(public, bytes_of("message"), signature));
    assert_false(bwi_signature_holds(public, bytes_of("Message"), signature));
    assert_false(bwi_signature_holds(other, bytes_of("message"), signature));
    assert_false(
        bwi_signature_holds(public, bytes_of("message"), (bwi_bytes){signature.data, signature.size - 1}));
    assert_false(bwi_signature_holds(public, bytes_of("message"), (bwi_bytes){NULL, 0}));
    ((uint8_t *)signature.data)[signature.size - 1] ^= 1;
    assert_false(bwi_signature_holds(public, bytes_of("message"), signature));
    bwi_free((void *)signature.data);
    bw_error err;
    assert_int_equal(bwi_signature_make(&signature, public, bytes_of("message"), &err), BW_EINVAL);
    bwi_key_free(public);
    bwi_key_free(other);
    bwi_key_free(key);
  }
}

/* RFC 8032 section 7.1, test 2. */
static void test_published_signatures(void **state) {
  (void)state;
  static const char *const ed25519 =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  uint8_t raw[32], again[32], signature[64];
  bwi_key *key = NULL;
  assert_true(
      bwi_hex_decode(raw, 32, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 64));
  assert_true(bwi_hex_decode(signature, 64, ed25519, 128));
  assert_int_equal(bwi_key_from_ed25519(&key, raw, NULL), BW_OK);
  assert_int_equal(bwi_key_ed25519(again, key, NULL), BW_OK);
  assert_memory_equal(raw, again, 32);
  assert_true(bwi_signature_holds(key, bytes_of("\x72"), (bwi_bytes){signature, 64}));
  assert_false(bwi_signature_holds(key, bytes_of("\x73"), (bwi_bytes){signature, 64}));
  bwi_key_free(key);
}

static int pipe_with(const char *text) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
  assert_int_equal(close(ends[1]), 0);
  return ends[0];
}

static void write_key(const bwi_key *key, const char *passphrase) {
  struct stat info;
  const size_t size = passphrase == NULL ? 0 : strlen(passphrase);
  assert_int_equal(bwi_key_write_private(key, path, passphrase, size, NULL), BW_OK);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_private_keys_in_files(void **state) {
  (void)state;
  for (int kind = BWI_P256; kind <= BWI_ED25519; kind++) {
    bwi_key *key = NULL, *again = NULL;
    assert_int_equal(bwi_key_generate(&key, (bwi_key_kind)kind, NULL), BW_OK);
    write_key(key, NULL);
    assert_int_equal(bwi_key_write_private(key, path, NULL, 0, NULL), BW_EIO);
    assert_int_equal(bwi_key_read_private(&again, path, -1, NULL), BW_OK);
    assert_true(bwi_key_same(key, again));
    bwi_key_free(again);
    bwi_key_free(key);
    assert_int_equal(unlink(path), 0);
  }
}

/* By openssl, of few rounds: with ours each try takes half a second, as it does for whoever guesses. */
static const char encrypted_pem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIIBHDBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI+/NvRSxh1MoCAggA\n"
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDt6WMzEGSOe1qqD8KRlteFBIHA\n"
    "UYaTxlUTuN34N/HFQvDbm1uKhsl+Jd4OXUP2g50nibs6HRZDAYi0WyMgTdrU52/Z\n"
    "/iRhjNJoaLTsGl9jLgEDTlmAxlvLutpek+UpDNvQPOZt1Oko6310YcWxlPt/0JKx\n"
    "tF4e+Eyus7tXMuVF7Zfave4S8KArp5t0nkKNLI45+35/zZ1X/LX4us4icFZ0UCS8\n"
    "135hyPvXiAQhOAJWBF2AFIPA2PLJuDBwVQ/NG06uSJ1+r9J1ZTy9cSp7Gjhc+Od2\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static void test_encrypted_keys(void **state) {
  (void)state;
  static const struct {
    const char *given;
    bw_status status;
    const char *reason;
  } rows[] = {
      {"sesame\n", BW_OK, ""},
      {"salami\n", BW_EINVAL, "the passphrase does not open the key"},
      {"\n", BW_EINVAL, "the passphrase is empty"},
      {NULL, BW_EINVAL, "no passphrase was given"},
  };
  assert_int_equal(bwi_file_write(path, encrypted_pem, sizeof encrypted_pem - 1, NULL), BW_OK);
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_key *again = NULL;
    bw_error err = {BW_OK, 0, ""};
    const int from = rows[i].given == NULL ? -1 : pipe_with(rows[i].given);
    if (bwi_key_read_private(&again, path, from, &err) != rows[i].status ||
        strstr(err.text, rows[i].reason) == NULL)
      fail_msg("row %zu: %s", i, err.text);
    if (from >= 0) assert_int_equal(close(from), 0);
    bwi_key_free(again);
  }
  assert_int_equal(unlink(path), 0);
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bw_status status;
  } rows[] = {
      {"", BW_EFORMAT},
      {"hello", BW_EFORMAT},
      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", BW_EFORMAT},
      {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", BW_EFORMAT},
      {"-----BEGIN EC PRIVATE KEY-----\nMAMCAQE=\n-----END EC PRIVATE KEY-----\n", BW_EFORMAT},
      /* X25519, which does not sign. */
      {"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n"
       "-----END PUBLIC KEY-----\n",
       BW_EUNSUPPORTED},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_key *key = NULL;
    bw_error err;
    if (bwi_key_read_public(&key, bytes_of(rows[i].text), &err) != rows[i].status)
      fail_msg("%zu: %s", i, err.text);
    assert_null(key);
    assert_int_equal(bwi_file_write(path, rows[i].text, strlen(rows[i].text), NULL), BW_OK);
    assert_int_equal(bwi_key_read_private(&key, path, -1, &err), BW_EFORMAT);
    assert_null(key);
  }
  bwi_key *key = NULL;
  uint8_t raw[32];
  assert_int_equal(bwi_key_read_private(&key, "absent", -1, NULL), BW_EIO);
  assert_int_equal(bwi_key_generate(&key, BWI_P256, NULL), BW_OK);
  assert_int_equal(bwi_key_ed25519(raw, key, NULL), BW_EINVAL);
  bwi_key_free(key);
  assert_int_equal(unlink(path), 0);
}

/* ---- what is left in memory ---- */

/* Keys that protect nothing, and the numbers that they are. */
static const char known_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZxyVg7y/CGsz4nJm\n"
    "hLF8LxGBoORW4Ak2Q1Qsp9DsMjyhRANCAARL+YYnwx0CBN2Tsl6WBPewvmUb1cF2\n"
    "nZztsiY8OoZgumswAkFnlpp1Opyw4xp7HG3oQ3hHV4c5KT8wgEhf2sBr\n"
    "-----END PRIVATE KEY-----\n";
static const char known_hex[] = "671c9583bcbf086b33e2726684b17c2f1181a0e456e0093643542ca7d0ec323c";

static const char known_ed25519_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIMdZwhFqAHsRv5Dmjcy9Q0HQI1HQU4OYpulz4gdR0g6L\n"
    "-----END PRIVATE KEY-----\n";
static const char known_ed25519_hex[] = "c759c2116a007b11bf90e68dccbd4341d02351d0538398a6e973e20751d20e8b";

static uint8_t known[32], backwards[32]; /* as files and as numbers have it */
static bool watching, seen;

static bool holds(const uint8_t *data, size_t size, const uint8_t *needle) {
  for (size_t at = 0; at + 32 <= size; at++)
    if (memcmp(data + at, needle, 32) == 0) return true;
  return false;
}

/* OpenSSL's allocator for this process: whatever it gives back while we watch is looked through. */
typedef union front {
  size_t size;
  max_align_t alignment;
} front;

static void *take(size_t size, const char *file, int line) {
  (void)file;
  (void)line;
  front *block = malloc(sizeof *block + size);
  if (block == NULL) return NULL;
  block->size = size;
  return block + 1;
}

static void give(void *data, const char *file, int line) {
  (void)file;
  (void)line;
  if (data == NULL) return;
  front *block = (front *)data - 1;
  if (watching) seen = seen || holds(data, block->size, known) || holds(data, block->size, backwards);
  free(block);
}

static void *retake(void *data, size_t size, const char *file, int line) {
  void *grown = take(size, file, line);
  if (grown == NULL || data == NULL) return grown;
  const size_t before = ((front *)data - 1)->size;
  memcpy(grown, data, before < size ? before : size);
  give(data, file, line);
  return grown;
}

static void learn(const char *hex) {
  assert_true(bwi_hex_decode(known, 32, hex, strlen(hex)));
  for (size_t i = 0; i < 32; i++) backwards[i] = known[31 - i];
}

static void test_the_watch_sees_a_copy(void **state) {
  (void)state;
  learn(known_hex);
  uint8_t *copy = OPENSSL_malloc(40);
  memcpy(copy + 3, known, 32);
  watching = true;
  OPENSSL_free(copy);
  watching = false;
  assert_true(seen);
  seen = false;
}

/* Read, used and written; the key is the caller's. */
static void use(bwi_key **key, const char *pem, const char *hex) {
  bwi_bytes signature = {NULL, 0};
  learn(hex);
  assert_int_equal(bwi_file_write(path, pem, strlen(pem), NULL), BW_OK);
  assert_int_equal(bwi_key_read_private(key, path, -1, NULL), BW_OK);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(bwi_signature_make(&signature, *key, bytes_of("message"), NULL), BW_OK);
  bwi_free((void *)signature.data);
  write_key(*key, NULL);
  assert_int_equal(unlink(path), 0);
}

static void test_no_copy_is_given_back_unwiped(void **state) {
  (void)state;
  bwi_key *key = NULL, *again = NULL;
  watching = true;
  use(&key, known_ed25519_pem, known_ed25519_hex);
  bwi_key_free(key);
  use(&key, known_pem, known_hex);
  write_key(key, "sesame");
  const int from = pipe_with("sesame\n");
  assert_int_equal(bwi_key_read_private(&again, path, from, NULL), BW_OK);
  assert_int_equal(close(from), 0);
  assert_true(bwi_key_same(key, again));
  bwi_key_free(key);
  bwi_key_free(again);
  assert_int_equal(unlink(path), 0);
  watching = false;
  assert_false(seen);
}

/* The fingerprint is of the text: `sha256sum key.pub` says the same. */
static void test_fingerprint(void **state) {
  (void)state;
  static const char pem[] =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
      "-----END PUBLIC KEY-----\n";
  uint8_t digest[32];
  char wanted[65], got[BWI_FINGERPRINT_BYTES];
  bwi_key *key = NULL;
  assert_int_equal(bwi_key_read_public(&key, bytes_of(pem), NULL), BW_OK);
  assert_int_equal(bwi_digest(digest, BWI_SHA256, pem, sizeof pem - 1, NULL), BW_OK);
  bwi_hex_encode(wanted, digest, 32);
  assert_int_equal(bwi_key_fingerprint(got, key, NULL), BW_OK);
  assert_string_equal(got, wanted);
  bwi_key_free(key);
}

int main(void) {
  if (CRYPTO_set_mem_functions(take, retake, give) != 1) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sign_and_verify),
      cmocka_unit_test(test_published_signatures),
      cmocka_unit_test(test_private_keys_in_files),
      cmocka_unit_test(test_encrypted_keys),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_fingerprint),
      cmocka_unit_test(test_the_watch_sees_a_copy),
      cmocka_unit_test(test_no_copy_is_given_back_unwiped),
  };
  return cmocka_run_group_tests_name("key", tests, make_folder, remove_folder);
}
