/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of one encryption or decryption, together in one block of locked memory. */
#ifndef AGE_AGE_SECRETS_H
#define AGE_AGE_SECRETS_H

#include "crypto/kdf.h"
#include "crypto/x25519.h"

#define BWI_AGE_FILE_KEY_BYTES 16

typedef struct bwi_age_secrets {
  uint8_t file_key[BWI_AGE_FILE_KEY_BYTES];
  uint8_t ephemeral[BWI_X25519_BYTES], shared[BWI_X25519_BYTES];
  uint8_t derived[BWI_KDF_BYTES]; /* the key in use: wraps a file key, makes the MAC, encrypts the payload */
} bwi_age_secrets;

#endif
