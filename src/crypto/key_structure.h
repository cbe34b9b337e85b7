/* SPDX-License-Identifier: Apache-2.0 */
/* The number that a private key is, in and out of the structures that files hold it in: PKCS #8 (RFC 5958),
 * SEC 1 (RFC 5915) and RFC 8410's for Ed25519. For key_private.c. */
#ifndef CRYPTO_KEY_STRUCTURE_H
#define CRYPTO_KEY_STRUCTURE_H

#include <openssl/x509.h>

#include "crypto/key.h"

#define BWI_PRIVATE_MAX_BYTES 66
#define BWI_POINT_MAX_BYTES (1 + 2 * BWI_PRIVATE_MAX_BYTES)

/* Lives in memory of crypto/secret.h. */
typedef struct bwi_private_number {
  bwi_key_kind kind;
  uint8_t bytes[BWI_PRIVATE_MAX_BYTES]; /* big-endian, bwi_private_number_bytes long */
  size_t size;
  uint8_t native[BWI_PRIVATE_MAX_BYTES]; /* room for the same in the machine's order */
} bwi_private_number;

size_t bwi_private_number_bytes(bwi_key_kind kind);
int bwi_private_number_curve(bwi_key_kind kind); /* OpenSSL's number of it; not for Ed25519 */

/* From what PKCS #8 wraps. BW_EFORMAT; BW_EUNSUPPORTED for keys of another kind. */
bw_status bwi_private_number_from_pkcs8(bwi_private_number *out, bwi_bytes key, const X509_ALGOR *algorithm,
                                        bw_error *err);
/* From an ECPrivateKey that names its curve. As above. */
bw_status bwi_private_number_from_sec1(bwi_private_number *out, bwi_bytes key, bw_error *err);

/* Freed by PKCS8_PRIV_KEY_INFO_free, which wipes it. NULL when there is no memory. */
PKCS8_PRIV_KEY_INFO *bwi_private_number_to_pkcs8(const bwi_private_number *number);

#endif
