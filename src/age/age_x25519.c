/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_x25519.h"

#include <string.h>

#include "age/age_wrap.h"
#include "crypto/random.h"

static bw_status derive_key(bwi_age_secrets *s, const uint8_t share[BWI_X25519_BYTES],
                            const uint8_t recipient[BWI_X25519_BYTES], bw_error *err) {
  uint8_t salt[2 * BWI_X25519_BYTES];
  memcpy(salt, share, BWI_X25519_BYTES);
  memcpy(salt + BWI_X25519_BYTES, recipient, BWI_X25519_BYTES);
  return bwi_hkdf(s->derived, (bwi_bytes){s->shared, sizeof s->shared}, (bwi_bytes){salt, sizeof salt},
                  "age-encryption.org/v1/X25519", err);
}

bw_status bwi_age_x25519_wrap(bwi_buffer *header, const uint8_t recipient[BWI_X25519_BYTES],
                              bwi_age_secrets *secrets, bw_error *err) {
  uint8_t share[BWI_X25519_BYTES];
  BW_TRY(bwi_random_bytes(secrets->ephemeral, sizeof secrets->ephemeral, err));
  BW_TRY(bwi_x25519_public(share, secrets->ephemeral, err));
  BW_TRY(bwi_x25519_shared(secrets->shared, secrets->ephemeral, recipient, err));
  BW_TRY(derive_key(secrets, share, recipient, err));
  return bwi_age_wrap(header, BWI_AGE_X25519, (bwi_bytes){share, sizeof share}, "", secrets, err);
}

bw_status bwi_age_x25519_unwrap(bool *opened, const bwi_age_stanza *stanza,
                                const uint8_t identity[BWI_X25519_BYTES],
                                const uint8_t recipient[BWI_X25519_BYTES], bwi_age_secrets *secrets,
                                bw_error *err) {
  bwi_bytes arguments[2];
  uint8_t share[BWI_X25519_BYTES];
  if (!bwi_age_stanza_arguments(arguments, stanza, 2))
    return BW_FAIL_AT(err, BW_EFORMAT, stanza->offset, "an X25519 stanza has exactly one argument");
  BW_TRY(bwi_age_stanza_decode(share, sizeof share, stanza, arguments[1], err));
  const bw_status status = bwi_x25519_shared(secrets->shared, identity, share, err);
  if (status == BW_EFORMAT)
    return BW_FAIL_AT(err, status, stanza->offset, "an X25519 stanza with a point of low order");
  if (status == BW_OK) BW_TRY(derive_key(secrets, share, recipient, err));
  return status != BW_OK ? status : bwi_age_unwrap(opened, stanza, secrets, err);
}
