/* SPDX-License-Identifier: Apache-2.0 */
/* The X25519 recipient of age (c2sp.org/age). */
#ifndef AGE_AGE_X25519_H
#define AGE_AGE_X25519_H

#include "age/age_header.h"

#define BWI_AGE_X25519 "X25519" /* type of the stanza */

/* Adds a stanza that wraps secrets->file_key for the recipient. BW_EFORMAT for one of low order. */
bw_status bwi_age_x25519_wrap(bwi_buffer *header, const uint8_t recipient[BWI_X25519_BYTES],
                              bwi_age_secrets *secrets, bw_error *err);

/* *opened if the stanza is for the identity, whose public key is `recipient`; secrets->file_key is then set.
 * BW_EFORMAT if the stanza is malformed. */
bw_status bwi_age_x25519_unwrap(bool *opened, const bwi_age_stanza *stanza,
                                const uint8_t identity[BWI_X25519_BYTES],
                                const uint8_t recipient[BWI_X25519_BYTES], bwi_age_secrets *secrets,
                                bw_error *err);

#endif
