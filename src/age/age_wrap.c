/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_wrap.h"

#include "crypto/aead.h"

#define BODY_BYTES (BWI_AGE_FILE_KEY_BYTES + BWI_AEAD_TAG_BYTES)

static const uint8_t no_nonce[BWI_AEAD_NONCE_BYTES];

bw_status bwi_age_wrap(bwi_buffer *header, const char *type, bwi_bytes argument, const char *more,
                       bwi_age_secrets *secrets, bw_error *err) {
  uint8_t body[BODY_BYTES];
  bwi_aead *aead = NULL;
  BW_TRY(bwi_aead_create(&aead, secrets->derived, err));
  const bw_status status =
      bwi_aead_seal(body, aead, no_nonce, (bwi_bytes){secrets->file_key, sizeof secrets->file_key}, err);
  bwi_aead_free(aead);
  if (status == BW_OK) bwi_age_header_add(header, type, argument, more, (bwi_bytes){body, sizeof body});
  return status;
}

bw_status bwi_age_unwrap(bool *opened, const bwi_age_stanza *stanza, bwi_age_secrets *secrets,
                         bw_error *err) {
  if (stanza->body.size != BODY_BYTES) /* else one text could be made to open with many keys */
    return BW_FAIL_AT(err, BW_EFORMAT, stanza->offset,
                      "a stanza with a body of %zu bytes; a file key takes %d", stanza->body.size,
                      BODY_BYTES);
  bwi_aead *aead = NULL;
  BW_TRY(bwi_aead_create(&aead, secrets->derived, err));
  const bw_status status = bwi_aead_open(secrets->file_key, opened, aead, no_nonce, stanza->body, err);
  bwi_aead_free(aead);
  return status;
}
