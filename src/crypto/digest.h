/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: SHA-2 (FIPS 180-4) and BLAKE2b (RFC 7693) with 512 bits, of bytes at once or in pieces. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>

#include "base/error.h"

typedef enum bwi_digest_kind { BWI_SHA256, BWI_SHA384, BWI_SHA512, BWI_BLAKE2B } bwi_digest_kind;

#define BWI_DIGEST_MAX_BYTES 64
#define BWI_DIGEST_HEX_BYTES (2 * BWI_DIGEST_MAX_BYTES + 1)

size_t bwi_digest_bytes(bwi_digest_kind kind);
const char *bwi_digest_name(bwi_digest_kind kind); /* "sha256", "sha384", "sha512", "blake2b" */
/* False, and *out as it was, if no kind has the name. */
bool bwi_digest_find(bwi_digest_kind *out, const char *name);

/* The digest of size bytes; out has room for bwi_digest_bytes(kind). BW_ENOMEM, BW_EINTERNAL. */
bw_status bwi_digest(uint8_t *out, bwi_digest_kind kind, const void *data, size_t size, bw_error *err);

/* A digest in the making, used for one message after another. Failures of adding are told at the end. */
typedef struct bwi_hash bwi_hash;
bw_status bwi_hash_create(bwi_hash **out, bwi_digest_kind kind, bw_error *err); /* BW_ENOMEM */
void bwi_hash_free(bwi_hash *hash);                                             /* NULL is fine */
void bwi_hash_add(bwi_hash *hash, const void *data, size_t size);
/* Ends the message; what is added next begins another. BW_EINTERNAL. */
bw_status bwi_hash_end(bwi_hash *hash, uint8_t *out, bw_error *err);
/* The same as lower-case digits; hex has room for BWI_DIGEST_HEX_BYTES, or 65 if it is SHA-256. */
bw_status bwi_hash_end_hex(bwi_hash *hash, char *hex, bw_error *err);

#endif
