/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "crypto/failure.h"
#include "crypto/key_type.h"

struct bwi_certificates {
  X509 *items[BWI_CERTIFICATES_MAX];
  size_t count;
};

/* ---- reading and writing ---- */

/* Takes over `item`. */
static bw_status add(bwi_certificates *c, X509 *item, bw_error *err) {
  if (c->count == BWI_CERTIFICATES_MAX) {
    X509_free(item);
    return BW_FAIL(err, BW_ELIMIT, "more than %d certificates", BWI_CERTIFICATES_MAX);
  }
  c->items[c->count++] = item;
  return BW_OK;
}

/* Certificates up to the end of the text, between which other blocks may stand. */
static bw_status read_all(bwi_certificates *c, BIO *text, bw_error *err) {
  for (;;) {
    ERR_clear_error();
    X509 *item = PEM_read_bio_X509(text, NULL, bwi_no_passphrase, NULL);
    if (item == NULL) break;
    BW_TRY(add(c, item, err));
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return bwi_crypto_fail(err, BW_EFORMAT, "malformed certificate");
  ERR_clear_error();
  return c->count > 0 ? BW_OK : BW_FAIL(err, BW_EFORMAT, "no certificate in PEM");
}

bw_status bwi_certificates_read(bwi_certificates **out, bwi_bytes pem, bw_error *err) {
  if (pem.size > INT32_MAX) return BW_FAIL(err, BW_EFORMAT, "no certificate in PEM");
  bwi_certificates *c = bwi_alloc(1, sizeof *c);
  BIO *text = BIO_new_mem_buf(pem.data, (int)pem.size);
  const bw_status status = c == NULL || text == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for certificates")
                                                     : read_all(c, text, err);
  BIO_free(text);
  if (status != BW_OK) {
    bwi_certificates_free(c);
    return status;
  }
  *out = c;
  return BW_OK;
}

static bw_status add_der(bwi_certificates *c, bwi_bytes der, bw_error *err) {
  const unsigned char *at = der.data;
  ERR_clear_error();
  X509 *item = der.size <= INT32_MAX ? d2i_X509(NULL, &at, (long)der.size) : NULL;
  if (item == NULL) return bwi_crypto_fail(err, BW_EFORMAT, "malformed certificate");
  if (at != der.data + der.size) {
    X509_free(item);
    return BW_FAIL(err, BW_EFORMAT, "something follows a certificate");
  }
  return add(c, item, err);
}

bw_status bwi_certificates_from_der(bwi_certificates **out, const bwi_bytes *der, size_t count,
                                    bw_error *err) {
  if (count == 0) return BW_FAIL(err, BW_EFORMAT, "no certificate");
  bwi_certificates *c = bwi_alloc(1, sizeof *c);
  if (c == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for certificates");
  for (size_t i = 0; i < count; i++) {
    const bw_status status = add_der(c, der[i], err);
    if (status != BW_OK) {
      bwi_certificates_free(c);
      return status;
    }
  }
  *out = c;
  return BW_OK;
}

void bwi_certificates_free(bwi_certificates *certificates) {
  if (certificates == NULL) return;
  for (size_t i = 0; i < certificates->count; i++) X509_free(certificates->items[i]);
  bwi_free(certificates);
}

size_t bwi_certificates_count(const bwi_certificates *certificates) {
  return certificates->count;
}

bw_status bwi_certificate_der(bwi_bytes *out, const bwi_certificates *certificates, size_t i, bw_error *err) {
  const int size = i2d_X509(certificates->items[i], NULL);
  if (size < 0) return bwi_crypto_fail(err, BW_EINTERNAL, "cannot write a certificate");
  uint8_t *data = bwi_alloc((size_t)size, 1), *at = data;
  if (data == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a certificate");
  (void)i2d_X509(certificates->items[i], &at);
  *out = (bwi_bytes){data, (size_t)size};
  return BW_OK;
}

/* ---- what it says ---- */

bw_status bwi_certificate_key(bwi_key **out, const bwi_certificates *certificates, size_t i, bw_error *err) {
  EVP_PKEY *key = X509_get_pubkey(certificates->items[i]);
  if (key == NULL) return bwi_crypto_fail(err, BW_EUNSUPPORTED, "the key of a certificate cannot be read");
  return bwi_key_from_take(out, key, err);
}

bw_status bwi_certificate_fingerprint(char out[BWI_FINGERPRINT_BYTES], const bwi_certificates *certificates,
                                      size_t i, bw_error *err) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificates->items[i], EVP_sha256(), digest, &size) != 1)
    return bwi_crypto_fail(err, BW_ENOMEM, "cannot name a certificate");
  bwi_hex_encode(out, digest, size);
  return BW_OK;
}

/* The text of an email address, URI or DNS name; NULL for names of other kinds. */
static const ASN1_STRING *name_text(const GENERAL_NAME *name) {
  int type = 0;
  void *value = GENERAL_NAME_get0_value(name, &type);
  return type == GEN_EMAIL || type == GEN_URI || type == GEN_DNS ? value : NULL;
}

static GENERAL_NAMES *names_of(const bwi_certificates *chain) {
  return X509_get_ext_d2i(chain->items[0], NID_subject_alt_name, NULL, NULL);
}

bool bwi_certificate_has_name(const bwi_certificates *chain, const char *name) {
  GENERAL_NAMES *names = names_of(chain);
  const size_t size = strlen(name);
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
    const ASN1_STRING *text = name_text(sk_GENERAL_NAME_value(names, i));
    found = text != NULL && (size_t)ASN1_STRING_length(text) == size &&
            memcmp(ASN1_STRING_get0_data(text), name, size) == 0;
  }
  GENERAL_NAMES_free(names);
  return found;
}

static void put_subject(bwi_buffer *out, X509 *certificate) {
  char subject[256];
  if (X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject) != NULL)
    bwi_buffer_text(out, subject);
}

void bwi_certificate_names(bwi_buffer *out, const bwi_certificates *chain) {
  GENERAL_NAMES *names = names_of(chain);
  bool any = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    const ASN1_STRING *text = name_text(sk_GENERAL_NAME_value(names, i));
    if (text == NULL) continue;
    if (any) bwi_buffer_text(out, ", ");
    bwi_buffer_put(out, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    any = true;
  }
  GENERAL_NAMES_free(names);
  if (!any) put_subject(out, chain->items[0]);
}

/* ---- whether to trust it ---- */

static bw_status check_leaf(X509 *leaf, bw_error *err) {
  const bool signs_code = (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0 &&
                          (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) != 0;
  if (!signs_code)
    return BW_FAIL(err, BW_EUNTRUSTED, "the certificate is not for code signing (extended key usage)");
  /* Without the extension all bits are set. */
  if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
    return BW_FAIL(err, BW_EUNTRUSTED, "the certificate is not for digital signatures (key usage)");
  return BW_OK;
}

/* All bits are set where the extension is absent. */
static bw_status check_issuers(STACK_OF(X509) * path, bw_error *err) {
  for (int i = 1; i + 1 < sk_X509_num(path); i++)
    if ((X509_get_extended_key_usage(sk_X509_value(path, i)) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0)
      return BW_FAIL(err, BW_EUNTRUSTED,
                     "an issuing certificate is not for code signing (extended key usage)");
  return BW_OK;
}

static bw_status check_in_context(X509_STORE_CTX *context, X509 *leaf, int64_t time, bw_error *err) {
  X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(rules, (time_t)time);
  X509_VERIFY_PARAM_set_auth_level(rules, 2); /* 112 bits: no SHA-1, no RSA below 2048 */
  ERR_clear_error();
  if (X509_verify_cert(context) != 1) {
    const int why = X509_STORE_CTX_get_error(context), depth = X509_STORE_CTX_get_error_depth(context);
    ERR_clear_error();
    return BW_FAIL(err, why == X509_V_ERR_OUT_OF_MEM ? BW_ENOMEM : BW_EUNTRUSTED,
                   "certificate %d of the chain: %s", depth + 1, X509_verify_cert_error_string(why));
  }
  BW_TRY(check_leaf(leaf, err));
  return check_issuers(X509_STORE_CTX_get0_chain(context), err);
}

static X509_STORE *store_of(const bwi_certificates *roots) {
  X509_STORE *store = X509_STORE_new();
  for (size_t i = 0; i < roots->count && store != NULL; i++) {
    if (X509_STORE_add_cert(store, roots->items[i]) == 1) continue;
    X509_STORE_free(store);
    store = NULL;
  }
  return store;
}

static STACK_OF(X509) * issuers_of(const bwi_certificates *chain) {
  STACK_OF(X509) *stack = sk_X509_new_null();
  for (size_t i = 1; i < chain->count && stack != NULL; i++) {
    if (sk_X509_push(stack, chain->items[i]) > 0) continue;
    sk_X509_free(stack);
    stack = NULL;
  }
  return stack;
}

bw_status bwi_certificates_check(const bwi_certificates *chain, const bwi_certificates *roots, int64_t time,
                                 bw_error *err) {
  X509_STORE *store = store_of(roots);
  STACK_OF(X509) *issuers = issuers_of(chain);
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  bw_status status = BW_OK;
  if (store == NULL || issuers == NULL || context == NULL ||
      X509_STORE_CTX_init(context, store, chain->items[0], issuers) != 1)
    status = bwi_crypto_fail(err, BW_ENOMEM, "cannot check certificates");
  else
    status = check_in_context(context, chain->items[0], time, err);
  X509_STORE_CTX_free(context);
  sk_X509_free(issuers);
  X509_STORE_free(store);
  return status;
}
