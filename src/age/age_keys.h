/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of one encryption or decryption. Secrets lie in locked memory. */
#ifndef AGE_AGE_KEYS_H
#define AGE_AGE_KEYS_H

#include <bulwark/age.h>

#include "base/cursor.h"
#include "crypto/x25519.h"

/* In locked memory. */
typedef struct bwi_age_identity {
  struct bwi_age_identity *next;
  uint8_t secret[BWI_X25519_BYTES], recipient[BWI_X25519_BYTES];
} bwi_age_identity;

struct bw_age_keys {
  uint8_t (*recipients)[BWI_X25519_BYTES];
  size_t n_recipients;
  bwi_age_identity *identities; /* the last one added comes first */
  char *passphrase;             /* in locked memory; NULL: none */
  size_t passphrase_bytes;
};

/* Text of a key, without white space around it. BW_EFORMAT with the offset in text, BW_EUNSUPPORTED. */
bw_status bwi_age_recipient_parse(uint8_t out[BWI_X25519_BYTES], bwi_bytes text, bw_error *err);
bw_status bwi_age_identity_parse(uint8_t out[BWI_X25519_BYTES], bwi_bytes text, bw_error *err);

#endif
