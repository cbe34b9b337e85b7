/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of signatures: ECDSA on the NIST curves (FIPS 186-5) and Ed25519 (RFC 8032). The private part lies in
 * OpenSSL's secure heap, locked and wiped, and leaves it only encrypted or into a file that its owner alone
 * may read. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "crypto/digest.h"

typedef enum bwi_key_kind { BWI_P256, BWI_P384, BWI_P521, BWI_ED25519 } bwi_key_kind;

typedef struct bwi_key bwi_key;

bw_status bwi_key_generate(bwi_key **out, bwi_key_kind kind, bw_error *err); /* BW_ENOMEM */
void bwi_key_free(bwi_key *key);                                             /* NULL is fine */

/* A private key in PEM (PKCS #8, or SEC 1 for the curves) from a file. If it is encrypted the passphrase is
 * read from the descriptor passphrase_fd, see crypto/secret.h; -1: there is none. BW_EIO, BW_ELIMIT,
 * BW_EFORMAT, BW_EINVAL for want of the right passphrase, BW_EUNSUPPORTED for keys of another kind,
 * BW_ENOMEM. */
bw_status bwi_key_read_private(bwi_key **out, const char *path, int passphrase_fd, bw_error *err);

/* Writes the private key to a new file, mode 0600, in PEM (PKCS #8); encrypted (PBES2: PBKDF2 with 600,000
 * rounds of HMAC-SHA-256, AES-256-CBC) unless passphrase is NULL. BW_EIO, also if path exists; BW_ENOMEM. */
bw_status bwi_key_write_private(const bwi_key *key, const char *path, const char *passphrase,
                                size_t passphrase_bytes, bw_error *err);

/* A public key in PEM (SubjectPublicKeyInfo). BW_EFORMAT, BW_EUNSUPPORTED, BW_ENOMEM. */
bw_status bwi_key_read_public(bwi_key **out, bwi_bytes pem, bw_error *err);
bw_status bwi_key_write_public(bwi_buffer *out, const bwi_key *key, bw_error *err); /* BW_ENOMEM */

#define BWI_ED25519_BYTES 32
/* The 32 bytes of a public Ed25519 key. BW_EFORMAT, BW_ENOMEM; BW_EINVAL for keys of another kind. */
bw_status bwi_key_from_ed25519(bwi_key **out, const uint8_t raw[BWI_ED25519_BYTES], bw_error *err);
bw_status bwi_key_ed25519(uint8_t raw[BWI_ED25519_BYTES], const bwi_key *key, bw_error *err);

bwi_key_kind bwi_key_kind_of(const bwi_key *key);
const char *bwi_key_kind_name(bwi_key_kind kind);      /* "P-256", ..., "Ed25519" */
bool bwi_key_same(const bwi_key *a, const bwi_key *b); /* the public parts */

#define BWI_FINGERPRINT_BYTES 65 /* of a text */
/* What names a key in a signature: SHA-256 in hex of the public key's PEM text, its last line end included.
 * That is how the `hint` of OpenSSF Model Signing is made. BW_ENOMEM. */
bw_status bwi_key_fingerprint(char out[BWI_FINGERPRINT_BYTES], const bwi_key *key, bw_error *err);

#endif
