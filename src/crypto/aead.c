/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <openssl/evp.h>

#include "base/memory.h"
#include "crypto/failure.h"

struct bwi_aead {
  EVP_CIPHER *method;
  EVP_CIPHER_CTX *context;
};

bw_status bwi_aead_create(bwi_aead **out, const uint8_t key[BWI_AEAD_KEY_BYTES], bw_error *err) {
  bwi_aead *aead = bwi_alloc(1, sizeof *aead);
  if (aead == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a cipher");
  aead->method = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
  aead->context = EVP_CIPHER_CTX_new();
  if (aead->method == NULL || aead->context == NULL ||
      EVP_CipherInit_ex2(aead->context, aead->method, key, NULL, 1, NULL) != 1) {
    bwi_aead_free(aead);
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot set up ChaCha20-Poly1305");
  }
  *out = aead;
  return BW_OK;
}

void bwi_aead_free(bwi_aead *aead) {
  if (aead == NULL) return;
  EVP_CIPHER_CTX_free(aead->context); /* wipes the key */
  EVP_CIPHER_free(aead->method);
  bwi_free(aead);
}

bw_status bwi_aead_seal(uint8_t *out, bwi_aead *aead, const uint8_t nonce[BWI_AEAD_NONCE_BYTES],
                        bwi_bytes plain, bw_error *err) {
  int n = 0;
  if (EVP_EncryptInit_ex2(aead->context, NULL, NULL, nonce, NULL) != 1 ||
      EVP_EncryptUpdate(aead->context, out, &n, plain.data, (int)plain.size) != 1 ||
      EVP_EncryptFinal_ex(aead->context, out + n, &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, BWI_AEAD_TAG_BYTES, out + plain.size) != 1)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot encrypt");
  return BW_OK;
}

bw_status bwi_aead_open(uint8_t *out, bool *authentic, bwi_aead *aead,
                        const uint8_t nonce[BWI_AEAD_NONCE_BYTES], bwi_bytes sealed, bw_error *err) {
  *authentic = false;
  if (sealed.size < BWI_AEAD_TAG_BYTES) return BW_OK;
  const size_t size = sealed.size - BWI_AEAD_TAG_BYTES;
  uint8_t tag[BWI_AEAD_TAG_BYTES]; /* OpenSSL does not take it from constant memory */
  for (size_t i = 0; i < sizeof tag; i++) tag[i] = sealed.data[size + i];
  int n = 0;
  if (EVP_DecryptInit_ex2(aead->context, NULL, NULL, nonce, NULL) != 1 ||
      EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1 ||
      EVP_DecryptUpdate(aead->context, out, &n, sealed.data, (int)size) != 1)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot decrypt");
  *authentic = EVP_DecryptFinal_ex(aead->context, out + n, &n) == 1;
  return BW_OK;
}
