/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_scrypt.h"

#include <stdio.h>
#include <string.h>

#include "age/age_wrap.h"
#include "crypto/random.h"

#define SALT_BYTES 16

static const char label[] = "age-encryption.org/v1/scrypt";

static bw_status derive_key(bwi_age_secrets *s, bwi_bytes passphrase, const uint8_t salt[SALT_BYTES],
                            uint32_t work_factor, bw_error *err) {
  uint8_t labelled[sizeof label - 1 + SALT_BYTES];
  memcpy(labelled, label, sizeof label - 1);
  memcpy(labelled + sizeof label - 1, salt, SALT_BYTES);
  return bwi_scrypt(s->derived, passphrase, (bwi_bytes){labelled, sizeof labelled}, work_factor, err);
}

bw_status bwi_age_scrypt_wrap(bwi_buffer *header, bwi_bytes passphrase, uint32_t work_factor,
                              bwi_age_secrets *secrets, bw_error *err) {
  uint8_t salt[SALT_BYTES];
  char work[16];
  (void)snprintf(work, sizeof work, " %u", (unsigned)work_factor);
  BW_TRY(bwi_random_bytes(salt, sizeof salt, err));
  BW_TRY(derive_key(secrets, passphrase, salt, work_factor, err));
  return bwi_age_wrap(header, BWI_AGE_SCRYPT, (bwi_bytes){salt, sizeof salt}, work, secrets, err);
}

/* Digits without a leading zero. */
static bw_status parse_work_factor(uint32_t *out, const bwi_age_stanza *stanza, bwi_bytes text,
                                   bw_error *err) {
  uint32_t value = 0;
  for (size_t i = 0; i < text.size; i++) {
    if (text.data[i] < (i == 0 ? '1' : '0') || text.data[i] > '9')
      return BW_FAIL_AT(err, BW_EFORMAT, stanza->offset, "a work factor of scrypt that is no decimal number");
    if (value <= BWI_AGE_MOST_WORK) value = 10 * value + (uint32_t)(text.data[i] - '0');
  }
  if (value > BWI_AGE_MOST_WORK)
    return BW_FAIL_AT(err, BW_ELIMIT, stanza->offset,
                      "the work factor of scrypt is past %d, which takes 4 GiB", BWI_AGE_MOST_WORK);
  *out = value;
  return BW_OK;
}

bw_status bwi_age_scrypt_unwrap(bool *opened, const bwi_age_stanza *stanza, bwi_bytes passphrase,
                                bwi_age_secrets *secrets, bw_error *err) {
  bwi_bytes arguments[3];
  uint8_t salt[SALT_BYTES];
  uint32_t work_factor = 0;
  if (!bwi_age_stanza_arguments(arguments, stanza, 3))
    return BW_FAIL_AT(err, BW_EFORMAT, stanza->offset, "an scrypt stanza has exactly two arguments");
  BW_TRY(bwi_age_stanza_decode(salt, sizeof salt, stanza, arguments[1], err));
  BW_TRY(parse_work_factor(&work_factor, stanza, arguments[2], err));
  BW_TRY(derive_key(secrets, passphrase, salt, work_factor, err));
  return bwi_age_unwrap(opened, stanza, secrets, err);
}
