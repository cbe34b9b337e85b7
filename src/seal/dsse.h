/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE v1, the envelope of a signed payload (github.com/secure-systems-lab/dsse, protocol and envelope). The
 * signature is over the type and the bytes of the payload, so nothing is parsed before it holds. */
#ifndef SEAL_DSSE_H
#define SEAL_DSSE_H

#include "base/json.h"
#include "crypto/signature.h"

#define BWI_DSSE_IN_TOTO "application/vnd.in-toto+json"

typedef struct bwi_envelope {
  char *type; /* of the payload */
  bwi_bytes payload, signature;
} bwi_envelope;

/* Signs the payload. *out is cleared by bwi_envelope_clear. As bwi_signature_make. */
bw_status bwi_envelope_sign(bwi_envelope *out, const char *type, bwi_bytes payload, const bwi_key *key,
                            bw_error *err);
void bwi_envelope_clear(bwi_envelope *envelope);

/* *holds says whether the key signed it. BW_ENOMEM. */
bw_status bwi_envelope_check(bool *holds, const bwi_envelope *envelope, const bwi_key *key, bw_error *err);

/* Its JSON object; failure latches in the writer's buffer. */
void bwi_envelope_write(bwi_json_writer *w, const bwi_envelope *envelope);
/* From the object at `at`. Exactly one signature; base64 of either alphabet. BW_EFORMAT with the offset in
 * the document, BW_ENOMEM. */
bw_status bwi_envelope_read(bwi_envelope *out, const bwi_json *d, bwi_json_at at, bw_error *err);

/* What is signed: the pre-authentication encoding. Failure latches in the buffer. */
void bwi_dsse_pae(bwi_buffer *out, const char *type, bwi_bytes payload);

#endif
