/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/failure.h"

static bw_status derive(uint8_t out[BWI_KDF_BYTES], const char *method, const OSSL_PARAM *params,
                        bw_error *err) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, method, NULL);
  EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
  const bool derived = context != NULL && EVP_KDF_derive(context, out, BWI_KDF_BYTES, params) == 1;
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return derived ? BW_OK : bwi_crypto_fail(err, BW_EINTERNAL, "cannot derive a key");
}

/* OpenSSL's parameters are not constant, and it does not write to these. */
static OSSL_PARAM octets(const char *key, bwi_bytes bytes) {
  return OSSL_PARAM_construct_octet_string(key, (void *)bytes.data, bytes.size);
}

bw_status bwi_hkdf(uint8_t out[BWI_KDF_BYTES], bwi_bytes secret, bwi_bytes salt, const char *info,
                   bw_error *err) {
  char digest[] = "SHA2-256";
  OSSL_PARAM params[5], *p = params;
  *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  *p++ = octets(OSSL_KDF_PARAM_KEY, secret);
  if (salt.size > 0) *p++ = octets(OSSL_KDF_PARAM_SALT, salt);
  *p++ = octets(OSSL_KDF_PARAM_INFO, (bwi_bytes){(const uint8_t *)info, strlen(info)});
  *p = OSSL_PARAM_construct_end();
  return derive(out, "HKDF", params, err);
}

bw_status bwi_hmac(uint8_t out[BWI_KDF_BYTES], const uint8_t key[BWI_KDF_BYTES], bwi_bytes message,
                   bw_error *err) {
  if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA2-256", NULL, key, BWI_KDF_BYTES, message.data, message.size, out,
                BWI_KDF_BYTES, NULL) == NULL)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot compute a message authentication code");
  return BW_OK;
}

bw_status bwi_scrypt(uint8_t out[BWI_KDF_BYTES], bwi_bytes passphrase, bwi_bytes salt, uint32_t log_n,
                     bw_error *err) {
  uint64_t n = (uint64_t)1 << log_n, most_bytes = (n + 1024) << 10;
  uint32_t r = 8, p = 1;
  const OSSL_PARAM params[] = {
      octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
      octets(OSSL_KDF_PARAM_SALT, salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most_bytes),
      OSSL_PARAM_construct_end(),
  };
  return derive(out, "SCRYPT", params, err);
}
