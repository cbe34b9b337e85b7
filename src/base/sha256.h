/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), for digests that name models, data and configurations. Not for secrets: keys
 * and signatures are the crypto layer's. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct bwi_sha256 {
  uint32_t state[8];
  uint64_t total_bytes;
  uint8_t block[64];
} bwi_sha256;

void bwi_sha256_init(bwi_sha256 *hash);
void bwi_sha256_add(bwi_sha256 *hash, const void *data, size_t size);
void bwi_sha256_hex(bwi_sha256 *hash, char hex[65]); /* ends the hash; hex is NUL-terminated */

#endif
