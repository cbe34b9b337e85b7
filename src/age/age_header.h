/* SPDX-License-Identifier: Apache-2.0 */
/* The header of an age file (c2sp.org/age): stanzas, each of which wraps the file key for a recipient, and a
 * MAC over them. Strict: one text for each header. */
#ifndef AGE_AGE_HEADER_H
#define AGE_AGE_HEADER_H

#include "age/age_input.h"
#include "age/age_secrets.h"
#include "base/buffer.h"
#include "crypto/kdf.h"

#define BWI_AGE_MOST_ARGUMENTS 3 /* of the stanzas that are understood here, their type included */

typedef struct bwi_age_stanza {
  bwi_bytes line; /* arguments, separated by single spaces; borrowed */
  bwi_bytes body; /* decoded */
  uint64_t offset;
} bwi_age_stanza;

typedef struct bwi_age_header {
  bwi_age_stanza *stanzas;
  size_t count;
  bwi_bytes authenticated; /* what the MAC covers; borrowed */
  uint8_t mac[BWI_KDF_BYTES];
  size_t size;
} bwi_age_header;

/* Parses the header that the bytes begin with; it borrows from them. BW_EFORMAT with the offset,
 * BW_EUNSUPPORTED for another version, BW_ENOMEM. */
bw_status bwi_age_header_parse(bwi_age_header *out, bwi_bytes bytes, bw_error *err);
void bwi_age_header_clear(bwi_age_header *header);

/* The same at the beginning of an input, which is not moved on: the header borrows from its window.
 * BW_ELIMIT for a header past BWI_AGE_WINDOW_BYTES. */
bw_status bwi_age_header_read(bwi_age_header *out, bwi_age_input *in, bw_error *err);

bool bwi_age_stanza_is(const bwi_age_stanza *stanza, const char *type);
/* Whether the stanza has n arguments (at most BWI_AGE_MOST_ARGUMENTS), which are put into out. */
bool bwi_age_stanza_arguments(bwi_bytes *out, const bwi_age_stanza *stanza, size_t n);
/* An argument of the stanza that must be the canonical base64 of exactly size bytes. BW_EFORMAT with the
 * stanza's offset, BW_ENOMEM. */
bw_status bwi_age_stanza_decode(uint8_t *out, size_t size, const bwi_age_stanza *stanza, bwi_bytes argument,
                                bw_error *err);

/* BW_EUNTRUSTED if the header was not made with the file key. */
bw_status bwi_age_header_check(const bwi_age_header *header, bwi_age_secrets *secrets, bw_error *err);

/* Writing: begin, stanzas, finish. A stanza has a type, an argument in base64, more text, and a body that
 * fits one line. */
void bwi_age_header_begin(bwi_buffer *out);
void bwi_age_header_add(bwi_buffer *out, const char *type, bwi_bytes argument, const char *more,
                        bwi_bytes body);
bw_status bwi_age_header_finish(bwi_buffer *out, bwi_age_secrets *secrets, bw_error *err);

#endif
