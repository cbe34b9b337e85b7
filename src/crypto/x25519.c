/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/failure.h"

static EVP_PKEY *secret_key(const uint8_t secret[BWI_X25519_BYTES]) {
  return EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret, BWI_X25519_BYTES);
}

bw_status bwi_x25519_public(uint8_t out[BWI_X25519_BYTES], const uint8_t secret[BWI_X25519_BYTES],
                            bw_error *err) {
  size_t size = BWI_X25519_BYTES;
  EVP_PKEY *key = secret_key(secret);
  const bool got = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &size) == 1;
  EVP_PKEY_free(key);
  return got ? BW_OK : bwi_crypto_fail(err, BW_EINTERNAL, "cannot compute an X25519 public key");
}

bw_status bwi_x25519_shared(uint8_t out[BWI_X25519_BYTES], const uint8_t secret[BWI_X25519_BYTES],
                            const uint8_t point[BWI_X25519_BYTES], bw_error *err) {
  size_t size = BWI_X25519_BYTES;
  EVP_PKEY *key = secret_key(secret);
  EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, point, BWI_X25519_BYTES);
  EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
  bw_status status = BW_OK;
  if (context == NULL || peer == NULL || EVP_PKEY_derive_init(context) != 1 ||
      EVP_PKEY_derive_set_peer(context, peer) != 1) {
    status = bwi_crypto_fail(err, BW_EINTERNAL, "cannot set up X25519");
  } else if (EVP_PKEY_derive(context, out, &size) != 1) { /* it refuses a result of all zeros */
    ERR_clear_error();
    status = BW_FAIL(err, BW_EFORMAT, "an X25519 point of low order is no public key");
  }
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(peer);
  EVP_PKEY_free(key);
  return status;
}
