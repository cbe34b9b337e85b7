/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption: ChaCha20-Poly1305 (RFC 8439), without additional data. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stdbool.h>

#include "base/cursor.h"

#define BWI_AEAD_KEY_BYTES 32
#define BWI_AEAD_NONCE_BYTES 12
#define BWI_AEAD_TAG_BYTES 16

typedef struct bwi_aead bwi_aead; /* a key in use; used by one thread at a time */
bw_status bwi_aead_create(bwi_aead **out, const uint8_t key[BWI_AEAD_KEY_BYTES],
                          bw_error *err); /* BW_ENOMEM */
void bwi_aead_free(bwi_aead *aead);       /* NULL is fine */

/* Writes plain.size + BWI_AEAD_TAG_BYTES bytes (plain.size <= INT_MAX). A nonce must not come twice under
 * one key. BW_EINTERNAL. */
bw_status bwi_aead_seal(uint8_t *out, bwi_aead *aead, const uint8_t nonce[BWI_AEAD_NONCE_BYTES],
                        bwi_bytes plain, bw_error *err);

/* Writes sealed.size - BWI_AEAD_TAG_BYTES bytes if *authentic; otherwise, what out holds must not be used.
 * BW_EINTERNAL if it cannot be told. */
bw_status bwi_aead_open(uint8_t *out, bool *authentic, bwi_aead *aead,
                        const uint8_t nonce[BWI_AEAD_NONCE_BYTES], bwi_bytes sealed, bw_error *err);

#endif
