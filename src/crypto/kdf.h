/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from secrets: HKDF (RFC 5869) and HMAC (RFC 2104) with SHA-256, scrypt (RFC 7914). */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include "base/cursor.h"

#define BWI_KDF_BYTES 32 /* of every result */

/* HKDF-SHA-256; an empty salt is that of RFC 5869. BW_EINTERNAL. */
bw_status bwi_hkdf(uint8_t out[BWI_KDF_BYTES], bwi_bytes secret, bwi_bytes salt, const char *info,
                   bw_error *err);

bw_status bwi_hmac(uint8_t out[BWI_KDF_BYTES], const uint8_t key[BWI_KDF_BYTES], bwi_bytes message,
                   bw_error *err);
/* scrypt with N = 2^log_n (1 to 30), r = 8, p = 1, which takes 2^log_n KiB of memory. BW_ENOMEM. */
bw_status bwi_scrypt(uint8_t out[BWI_KDF_BYTES], bwi_bytes passphrase, bwi_bytes salt, uint32_t log_n,
                     bw_error *err);

#endif
