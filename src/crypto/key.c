/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <openssl/pem.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "crypto/failure.h"
#include "crypto/key_type.h"

static const struct {
  const char *name, *type, *group; /* ours; OpenSSL's of the type and, for curves, of the group */
} kinds[] = {
    [BWI_P256] = {"P-256", "EC", "prime256v1"},
    [BWI_P384] = {"P-384", "EC", "secp384r1"},
    [BWI_P521] = {"P-521", "EC", "secp521r1"},
    [BWI_ED25519] = {"Ed25519", "ED25519", NULL},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* -1: another kind. */
static int find_kind(const EVP_PKEY *key) {
  char group[32] = "";
  size_t length = 0;
  (void)EVP_PKEY_get_utf8_string_param(key, "group", group, sizeof group, &length);
  for (int i = 0; i < N_KINDS; i++)
    if (EVP_PKEY_is_a(key, kinds[i].type) && (kinds[i].group == NULL || strcmp(kinds[i].group, group) == 0))
      return i;
  return -1;
}

bw_status bwi_key_from_take(bwi_key **out, EVP_PKEY *key, bw_error *err) {
  const int kind = find_kind(key);
  bwi_key *made = kind >= 0 ? bwi_alloc(1, sizeof *made) : NULL;
  if (made == NULL) {
    EVP_PKEY_free(key);
    return kind < 0 ? BW_FAIL(err, BW_EUNSUPPORTED,
                              "keys are P-256, P-384, P-521 or Ed25519; this is another kind")
                    : BW_FAIL(err, BW_ENOMEM, "no memory for a key");
  }
  *made = (bwi_key){key, (bwi_key_kind)kind};
  *out = made;
  return BW_OK;
}

void bwi_key_free(bwi_key *key) {
  if (key == NULL) return;
  EVP_PKEY_free(key->key);
  bwi_free(key);
}

bwi_key_kind bwi_key_kind_of(const bwi_key *key) {
  return key->kind;
}

const char *bwi_key_kind_name(bwi_key_kind kind) {
  return kinds[kind].name;
}

bool bwi_key_same(const bwi_key *a, const bwi_key *b) {
  return EVP_PKEY_eq(a->key, b->key) == 1;
}

int bwi_no_passphrase(char *to, int room, int writing, void *payload) {
  (void)to;
  (void)room;
  (void)writing;
  (void)payload;
  return -1;
}

bw_status bwi_key_read_public(bwi_key **out, bwi_bytes pem, bw_error *err) {
  if (pem.size > INT32_MAX) return BW_FAIL(err, BW_EFORMAT, "not a public key in PEM");
  BIO *text = BIO_new_mem_buf(pem.data, (int)pem.size);
  if (text == NULL) return bwi_crypto_fail(err, BW_ENOMEM, "cannot read a key");
  EVP_PKEY *key = PEM_read_bio_PUBKEY(text, NULL, bwi_no_passphrase, NULL);
  BIO_free(text);
  if (key == NULL) return bwi_crypto_fail(err, BW_EFORMAT, "not a public key in PEM");
  return bwi_key_from_take(out, key, err);
}

bw_status bwi_key_write_public(bwi_buffer *out, const bwi_key *key, bw_error *err) {
  const char *text = NULL;
  BIO *memory = BIO_new(BIO_s_mem());
  if (memory == NULL || PEM_write_bio_PUBKEY(memory, key->key) != 1) {
    BIO_free(memory);
    return bwi_crypto_fail(err, BW_ENOMEM, "cannot write a key");
  }
  const long size = BIO_get_mem_data(memory, &text);
  bwi_buffer_put(out, text, (size_t)size);
  BIO_free(memory);
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a key") : BW_OK;
}

bw_status bwi_key_from_ed25519(bwi_key **out, const uint8_t raw[BWI_ED25519_BYTES], bw_error *err) {
  EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, BWI_ED25519_BYTES);
  if (key == NULL) return bwi_crypto_fail(err, BW_EFORMAT, "not an Ed25519 key");
  return bwi_key_from_take(out, key, err);
}

bw_status bwi_key_ed25519(uint8_t raw[BWI_ED25519_BYTES], const bwi_key *key, bw_error *err) {
  size_t size = BWI_ED25519_BYTES;
  if (key->kind != BWI_ED25519)
    return BW_FAIL(err, BW_EINVAL, "an Ed25519 key is needed; this is %s", kinds[key->kind].name);
  if (EVP_PKEY_get_raw_public_key(key->key, raw, &size) != 1)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot read a key");
  return BW_OK;
}

bw_status bwi_key_fingerprint(char out[BWI_FINGERPRINT_BYTES], const bwi_key *key, bw_error *err) {
  bwi_buffer pem = {0};
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
  bw_status status = bwi_key_write_public(&pem, key, err);
  if (status == BW_OK) status = bwi_digest(digest, BWI_SHA256, pem.data, pem.size, err);
  if (status == BW_OK) bwi_hex_encode(out, digest, bwi_digest_bytes(BWI_SHA256));
  bwi_buffer_free(&pem);
  return status;
}
