/* SPDX-License-Identifier: Apache-2.0 */
/* X25519 (RFC 7748, section 5): public keys and shared secrets. */
#ifndef CRYPTO_X25519_H
#define CRYPTO_X25519_H

#include <stdbool.h>

#include "base/error.h"

#define BWI_X25519_BYTES 32

bw_status bwi_x25519_public(uint8_t out[BWI_X25519_BYTES], const uint8_t secret[BWI_X25519_BYTES],
                            bw_error *err); /* BW_EINTERNAL */

/* What both sides compute. BW_EFORMAT if point is one of those of low order, which give all zeros whatever
 * the secret is. */
bw_status bwi_x25519_shared(uint8_t out[BWI_X25519_BYTES], const uint8_t secret[BWI_X25519_BYTES],
                            const uint8_t point[BWI_X25519_BYTES], bw_error *err);

#endif
