/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "crypto/failure.h"

struct bwi_hash {
  EVP_MD *method;
  EVP_MD_CTX *context;
  bool failed;
};

static const struct {
  const char *name, *method; /* ours, OpenSSL's */
  size_t bytes;
} kinds[] = {
    [BWI_SHA256] = {"sha256", "SHA2-256", 32},
    [BWI_SHA384] = {"sha384", "SHA2-384", 48},
    [BWI_SHA512] = {"sha512", "SHA2-512", 64},
    [BWI_BLAKE2B] = {"blake2b", "BLAKE2B-512", 64},
};

size_t bwi_digest_bytes(bwi_digest_kind kind) {
  return kinds[kind].bytes;
}

const char *bwi_digest_name(bwi_digest_kind kind) {
  return kinds[kind].name;
}

bool bwi_digest_find(bwi_digest_kind *out, const char *name) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, name) == 0) {
      *out = (bwi_digest_kind)i;
      return true;
    }
  return false;
}

bw_status bwi_digest(uint8_t *out, bwi_digest_kind kind, const void *data, size_t size, bw_error *err) {
  if (EVP_Q_digest(NULL, kinds[kind].method, NULL, data, size, out, NULL) != 1)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot compute a digest");
  return BW_OK;
}

static void begin(bwi_hash *hash) {
  hash->failed = EVP_DigestInit_ex2(hash->context, hash->method, NULL) != 1;
}

bw_status bwi_hash_create(bwi_hash **out, bwi_digest_kind kind, bw_error *err) {
  bwi_hash *hash = bwi_alloc(1, sizeof *hash);
  if (hash == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a digest");
  hash->method = EVP_MD_fetch(NULL, kinds[kind].method, NULL);
  hash->context = EVP_MD_CTX_new();
  if (hash->method == NULL || hash->context == NULL) {
    bwi_hash_free(hash);
    return bwi_crypto_fail(err, BW_ENOMEM, "cannot begin a digest");
  }
  begin(hash);
  *out = hash;
  return BW_OK;
}

void bwi_hash_free(bwi_hash *hash) {
  if (hash == NULL) return;
  EVP_MD_CTX_free(hash->context);
  EVP_MD_free(hash->method);
  bwi_free(hash);
}

void bwi_hash_add(bwi_hash *hash, const void *data, size_t size) {
  if (!hash->failed && EVP_DigestUpdate(hash->context, data, size) != 1) hash->failed = true;
}

bw_status bwi_hash_end(bwi_hash *hash, uint8_t *out, bw_error *err) {
  const bool failed = hash->failed || EVP_DigestFinal_ex(hash->context, out, NULL) != 1;
  begin(hash);
  return failed ? bwi_crypto_fail(err, BW_EINTERNAL, "cannot compute a digest") : BW_OK;
}

bw_status bwi_hash_end_hex(bwi_hash *hash, char *hex, bw_error *err) {
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
  BW_TRY(bwi_hash_end(hash, digest, err));
  bwi_hex_encode(hex, digest, (size_t)EVP_MD_get_size(hash->method));
  return BW_OK;
}
