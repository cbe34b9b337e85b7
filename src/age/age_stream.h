/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of an age file (c2sp.org/age): a nonce and chunks of 64 KiB, each encrypted on its own under
 * its number and whether it is the last (the STREAM construction of Hoang et al. 2015). */
#ifndef AGE_AGE_STREAM_H
#define AGE_AGE_STREAM_H

#include "age/age_input.h"
#include "age/age_secrets.h"

#define BWI_AGE_CHUNK_BYTES ((size_t)64 << 10) /* of plain text */

/* Encrypts all that is left of plain. What it returns: failures of both ends, BW_ENOMEM, BW_ECANCEL. */
bw_status bwi_age_stream_seal(bw_age_writer output, bwi_age_input *plain, bwi_age_secrets *secrets,
                              const bw_progress *progress, bw_error *err);

/* Decrypts all that is left of sealed, and hands on each chunk once it is authentic. BW_EUNTRUSTED with the
 * offset of the first chunk that is not, and what happened to it. */
bw_status bwi_age_stream_open(bw_age_writer output, bwi_age_input *sealed, bwi_age_secrets *secrets,
                              const bw_progress *progress, bw_error *err);

#endif
