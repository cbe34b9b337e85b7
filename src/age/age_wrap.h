/* SPDX-License-Identifier: Apache-2.0 */
/* How stanzas hold the file key: encrypted with a key that is derived for this one use, nonce zero. */
#ifndef AGE_AGE_WRAP_H
#define AGE_AGE_WRAP_H

#include "age/age_header.h"

/* Adds a stanza with the file key under secrets->derived. `more` is text behind the argument. */
bw_status bwi_age_wrap(bwi_buffer *header, const char *type, bwi_bytes argument, const char *more,
                       bwi_age_secrets *secrets, bw_error *err);

/* *opened if the stanza's body opens with secrets->derived, and then secrets->file_key is set. BW_EFORMAT
 * if the body is not that of a file key. */
bw_status bwi_age_unwrap(bool *opened, const bwi_age_stanza *stanza, bwi_age_secrets *secrets, bw_error *err);

#endif
