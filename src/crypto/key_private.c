/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, made, read and written. OpenSSL's decoders leave copies of a key behind in memory that is
 * neither locked nor wiped, so between PEM and a key its structures are read and written by key_structure.c.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <pthread.h>
#include <string.h>

#include "base/file.h"
#include "crypto/failure.h"
#include "crypto/key_structure.h"
#include "crypto/key_type.h"
#include "crypto/secret.h"

enum { FILE_MAX_BYTES = 16384, HEAP_BYTES = 32768, HEAP_BLOCK_BYTES = 32, KEY_ROUNDS = 600000 };

/* ---- OpenSSL's locked heap, one a process ---- */

static pthread_once_t heap_once = PTHREAD_ONCE_INIT;
static bool heap_locked;

static void make_heap(void) {
  /* An application that made one has decided on its size. */
  heap_locked =
      CRYPTO_secure_malloc_initialized() || CRYPTO_secure_malloc_init(HEAP_BYTES, HEAP_BLOCK_BYTES) == 1;
}

static bw_status need_heap(bw_error *err) {
  (void)pthread_once(&heap_once, make_heap);
  if (!heap_locked)
    return BW_FAIL(err, BW_ENOMEM, "cannot lock %d bytes of memory for a key; see ulimit -l", HEAP_BYTES);
  return BW_OK;
}

/* ---- from and to the number that the key is ---- */

static const char *group_name(bwi_key_kind kind) {
  return OBJ_nid2sn(bwi_private_number_curve(kind));
}

/* The public point, uncompressed; 0 if the number is none of the group. */
static size_t compute_point(uint8_t *point, size_t room, const EC_GROUP *group, const BIGNUM *scalar) {
  BN_CTX *context = BN_CTX_secure_new();
  EC_POINT *public = EC_POINT_new(group);
  size_t size = 0;
  if (context != NULL && public != NULL && !BN_is_zero(scalar) &&
      BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
      EC_POINT_mul(group, public, scalar, NULL, NULL, context) == 1)
    size = EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, room, context);
  EC_POINT_free(public);
  BN_CTX_free(context);
  return size;
}

static EVP_PKEY *assemble(bwi_key_kind kind, uint8_t *native, size_t native_bytes, uint8_t *point,
                          size_t point_bytes) {
  const OSSL_PARAM parts[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group_name(kind), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_bytes),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, native_bytes), OSSL_PARAM_construct_end()};
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
    (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, (OSSL_PARAM *)parts);
  EVP_PKEY_CTX_free(context);
  return key;
}

/* `number` is locked memory, and what is made of it here stays there. */
static EVP_PKEY *key_on_curve(bwi_private_number *number) {
  uint8_t point[BWI_POINT_MAX_BYTES];
  EC_GROUP *group = EC_GROUP_new_by_curve_name(bwi_private_number_curve(number->kind));
  BIGNUM *scalar = BN_secure_new();
  EVP_PKEY *key = NULL;
  if (group != NULL && scalar != NULL && BN_bin2bn(number->bytes, (int)number->size, scalar) != NULL) {
    const size_t size = compute_point(point, sizeof point, group, scalar);
    if (size > 0 && BN_bn2nativepad(scalar, number->native, (int)number->size) >= 0)
      key = assemble(number->kind, number->native, number->size, point, size);
  }
  BN_clear_free(scalar);
  EC_GROUP_free(group);
  return key;
}

static bw_status make_key(bwi_key **out, bwi_private_number *number, bw_error *err) {
  EVP_PKEY *key = number->kind == BWI_ED25519
                      ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, number->bytes, number->size)
                      : key_on_curve(number);
  if (key == NULL) return bwi_crypto_fail(err, BW_EFORMAT, "the private key is no number of its curve");
  return bwi_key_from_take(out, key, err);
}

static bool take_number(bwi_private_number *number, const bwi_key *key) {
  size_t size = bwi_private_number_bytes(key->kind);
  number->kind = key->kind;
  number->size = size;
  /* Not EVP_PKEY_get_raw_private_key, which leaves a copy behind. */
  if (key->kind == BWI_ED25519)
    return EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PRIV_KEY, number->bytes, size, &size) ==
           1;
  BIGNUM *scalar = BN_secure_new();
  const bool done = scalar != NULL &&
                    EVP_PKEY_get_bn_param(key->key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
                    BN_bn2binpad(scalar, number->bytes, (int)size) == (int)size;
  BN_clear_free(scalar);
  return done;
}

bw_status bwi_key_generate(bwi_key **out, bwi_key_kind kind, bw_error *err) {
  BW_TRY(need_heap(err));
  EVP_PKEY *key = kind == BWI_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                      : EVP_PKEY_Q_keygen(NULL, NULL, "EC", group_name(kind));
  if (key == NULL) return bwi_crypto_fail(err, BW_EINTERNAL, "cannot make a key");
  return bwi_key_from_take(out, key, err);
}

/* ---- reading ---- */

static bw_status take_passphrase(char **out, size_t *size, int descriptor, bw_error *err) {
  if (descriptor < 0) return BW_FAIL(err, BW_EINVAL, "the key is encrypted, and no passphrase was given");
  return bwi_secret_read_passphrase(out, size, descriptor, false, err);
}

/* OpenSSL wipes its PKCS8_PRIV_KEY_INFO when it frees it. */
static bw_status decrypt(PKCS8_PRIV_KEY_INFO **out, const unsigned char *der, long size, int passphrase_fd,
                         bw_error *err) {
  char *passphrase = NULL;
  size_t length = 0;
  X509_SIG *sealed = d2i_X509_SIG(NULL, &der, size);
  if (sealed == NULL) return bwi_crypto_fail(err, BW_EFORMAT, "malformed encrypted key");
  const bw_status status = take_passphrase(&passphrase, &length, passphrase_fd, err);
  if (status == BW_OK) *out = PKCS8_decrypt(sealed, passphrase, (int)length);
  bwi_secret_free(passphrase);
  X509_SIG_free(sealed);
  if (status != BW_OK || *out != NULL) return status;
  return bwi_crypto_fail(err, BW_EINVAL, "the passphrase does not open the key");
}

static bw_status read_pkcs8(bwi_private_number *number, PKCS8_PRIV_KEY_INFO *info, bw_error *err) {
  const unsigned char *data = NULL;
  int size = 0;
  const X509_ALGOR *algorithm = NULL;
  if (info == NULL || PKCS8_pkey_get0(NULL, &data, &size, &algorithm, info) != 1)
    return bwi_crypto_fail(err, BW_EFORMAT, "malformed private key");
  return bwi_private_number_from_pkcs8(number, (bwi_bytes){data, (size_t)size}, algorithm, err);
}

static bw_status read_block(bwi_private_number *number, const char *name, const unsigned char *der, long size,
                            int passphrase_fd, bw_error *err) {
  if (strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0)
    return bwi_private_number_from_sec1(number, (bwi_bytes){der, (size_t)size}, err);
  PKCS8_PRIV_KEY_INFO *info = NULL;
  bw_status status = BW_OK;
  if (strcmp(name, PEM_STRING_PKCS8) == 0)
    status = decrypt(&info, der, size, passphrase_fd, err);
  else if (strcmp(name, PEM_STRING_PKCS8INF) == 0)
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, size);
  else
    return BW_FAIL(err, BW_EFORMAT, "what the PEM holds is no private key");
  if (status == BW_OK) status = read_pkcs8(number, info, err);
  PKCS8_PRIV_KEY_INFO_free(info);
  return status;
}

/* The parameters of a curve may come first. */
static bool next_block(BIO *text, char **name, char **header, unsigned char **der, long *size) {
  for (;;) {
    if (PEM_read_bio_ex(text, name, header, der, size, PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) != 1)
      return false;
    if (strcmp(*name, PEM_STRING_ECPARAMETERS) != 0) return true;
    OPENSSL_secure_free(*name);
    OPENSSL_secure_free(*header);
    OPENSSL_secure_clear_free(*der, (size_t)*size);
  }
}

static bw_status read_pem(bwi_private_number *number, BIO *text, int passphrase_fd, bw_error *err) {
  char *name = NULL, *header = NULL;
  unsigned char *der = NULL;
  long size = 0;
  if (!next_block(text, &name, &header, &der, &size))
    return bwi_crypto_fail(err, BW_EFORMAT, "not a private key in PEM");
  const bw_status status =
      header[0] != '\0'
          ? BW_FAIL(err, BW_EUNSUPPORTED,
                    "the key is encrypted in the old way; `openssl pkcs8 -topk8` writes it anew")
          : read_block(number, name, der, size, passphrase_fd, err);
  OPENSSL_secure_free(name);
  OPENSSL_secure_free(header);
  OPENSSL_secure_clear_free(der, (size_t)size);
  return status;
}

static bw_status parse_private(bwi_key **out, const uint8_t *pem, size_t size, int passphrase_fd,
                               bw_error *err) {
  BIO *text = BIO_new_mem_buf(pem, (int)size);
  bwi_private_number *number = bwi_secret_alloc(sizeof *number);
  bw_status status = BW_OK;
  ERR_clear_error();
  if (text == NULL || number == NULL)
    status = BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  else
    status = read_pem(number, text, passphrase_fd, err);
  if (status == BW_OK) status = make_key(out, number, err);
  bwi_secret_free(number);
  BIO_free(text);
  return status;
}

bw_status bwi_key_read_private(bwi_key **out, const char *path, int passphrase_fd, bw_error *err) {
  size_t size = 0;
  bw_error why;
  BW_TRY(need_heap(err));
  uint8_t *pem = bwi_secret_alloc(FILE_MAX_BYTES);
  if (pem == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bw_status status = bwi_file_read_into(pem, FILE_MAX_BYTES, &size, path, err);
  if (status == BW_OK) {
    status = parse_private(out, pem, size, passphrase_fd, &why);
    if (status != BW_OK) (void)BW_FAIL(err, status, "%s: %s", path, why.text);
  }
  bwi_secret_free(pem);
  return status;
}

/* ---- writing ---- */

static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *plain, const char *passphrase, size_t size) {
  X509_ALGOR *method = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), KEY_ROUNDS, NULL, 0, NULL, NID_hmacWithSHA256);
  X509_SIG *sealed = method != NULL ? PKCS8_set0_pbe(passphrase, (int)size, plain, method) : NULL;
  if (sealed == NULL) X509_ALGOR_free(method);
  return sealed;
}

static PKCS8_PRIV_KEY_INFO *structure_of(const bwi_key *key) {
  bwi_private_number *number = bwi_secret_alloc(sizeof *number);
  PKCS8_PRIV_KEY_INFO *info = NULL;
  if (number != NULL && take_number(number, key)) info = bwi_private_number_to_pkcs8(number);
  bwi_secret_free(number);
  return info;
}

static bool put_private(BIO *to, const bwi_key *key, const char *passphrase, size_t size) {
  PKCS8_PRIV_KEY_INFO *plain = structure_of(key);
  X509_SIG *sealed = plain != NULL && passphrase != NULL ? encrypt(plain, passphrase, size) : NULL;
  bool done = false;
  if (passphrase == NULL)
    done = plain != NULL && PEM_write_bio_PKCS8_PRIV_KEY_INFO(to, plain) == 1;
  else
    done = sealed != NULL && PEM_write_bio_PKCS8(to, sealed) == 1;
  X509_SIG_free(sealed);
  PKCS8_PRIV_KEY_INFO_free(plain);
  return done;
}

bw_status bwi_key_write_private(const bwi_key *key, const char *path, const char *passphrase,
                                size_t passphrase_bytes, bw_error *err) {
  const char *text = NULL;
  if (passphrase_bytes > BWI_PASSPHRASE_MAX_BYTES)
    return BW_FAIL(err, BW_EINVAL, "the passphrase is longer than %d bytes", BWI_PASSPHRASE_MAX_BYTES);
  BIO *memory = BIO_new(BIO_s_secmem());
  if (memory == NULL || !put_private(memory, key, passphrase, passphrase_bytes)) {
    BIO_free(memory);
    return bwi_crypto_fail(err, BW_ENOMEM, "cannot write a key");
  }
  const long size = BIO_get_mem_data(memory, &text);
  const bw_status status = bwi_file_create_private(path, text, (size_t)size, err);
  BIO_free(memory);
  return status;
}
