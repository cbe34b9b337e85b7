/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature.h"

#include <openssl/err.h>

#include "base/memory.h"
#include "crypto/failure.h"
#include "crypto/key_type.h"

/* Ed25519 brings its own. */
static const char *const digests[] = {
    [BWI_P256] = "SHA2-256", [BWI_P384] = "SHA2-384", [BWI_P521] = "SHA2-512", [BWI_ED25519] = NULL};

static bw_status sign(bwi_bytes *out, EVP_MD_CTX *context, const bwi_key *key, bwi_bytes message,
                      bw_error *err) {
  size_t size = 0;
  if (EVP_DigestSignInit_ex(context, NULL, digests[key->kind], NULL, NULL, key->key, NULL) != 1 ||
      EVP_DigestSign(context, NULL, &size, message.data, message.size) != 1)
    return bwi_crypto_fail(err, BW_EINVAL, "cannot sign with this key");
  uint8_t *data = bwi_alloc(size, 1);
  if (data == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a signature");
  if (EVP_DigestSign(context, data, &size, message.data, message.size) != 1) {
    bwi_free(data);
    return bwi_crypto_fail(err, BW_EINVAL, "cannot sign with this key");
  }
  *out = (bwi_bytes){data, size};
  return BW_OK;
}

bw_status bwi_signature_make(bwi_bytes *out, const bwi_key *key, bwi_bytes message, bw_error *err) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context == NULL) return bwi_crypto_fail(err, BW_ENOMEM, "cannot sign");
  const bw_status status = sign(out, context, key, message, err);
  EVP_MD_CTX_free(context);
  return status;
}

bool bwi_signature_holds(const bwi_key *key, bwi_bytes message, bwi_bytes signature) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const bool holds =
      context != NULL &&
      EVP_DigestVerifyInit_ex(context, NULL, digests[key->kind], NULL, NULL, key->key, NULL) == 1 &&
      EVP_DigestVerify(context, signature.data, signature.size, message.data, message.size) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return holds;
}
