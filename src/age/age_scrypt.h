/* SPDX-License-Identifier: Apache-2.0 */
/* The passphrase recipient of age (c2sp.org/age). */
#ifndef AGE_AGE_SCRYPT_H
#define AGE_AGE_SCRYPT_H

#include "age/age_header.h"

#define BWI_AGE_SCRYPT "scrypt" /* type of the stanza */
#define BWI_AGE_MOST_WORK 22    /* work factor: 4 GiB, the age program's limit */

/* Adds a stanza that wraps secrets->file_key with the passphrase. work_factor is 1 to BWI_AGE_MOST_WORK. */
bw_status bwi_age_scrypt_wrap(bwi_buffer *header, bwi_bytes passphrase, uint32_t work_factor,
                              bwi_age_secrets *secrets, bw_error *err);

/* *opened if the stanza is for the passphrase; secrets->file_key is then set. BW_EFORMAT if the stanza is
 * malformed, BW_ELIMIT for a work factor past BWI_AGE_MOST_WORK. */
bw_status bwi_age_scrypt_unwrap(bool *opened, const bwi_age_stanza *stanza, bwi_bytes passphrase,
                                bwi_age_secrets *secrets, bw_error *err);

#endif
