/* SPDX-License-Identifier: Apache-2.0 */
/* The Sigstore bundle, JSON form, media type v0.3 (github.com/sigstore/protobuf-specs), as OpenSSF Model
 * Signing v1.0 uses it with keys and with certificate chains. Bundles that lean on a transparency service are
 * refused: what they need to be checked is not here. */
#ifndef SEAL_BUNDLE_H
#define SEAL_BUNDLE_H

#include "crypto/certificate.h"
#include "seal/dsse.h"

#define BWI_BUNDLE_MAX_BYTES ((size_t)1 << 30)

typedef struct bwi_bundle {
  bwi_envelope envelope;
  char hint[BWI_FINGERPRINT_BYTES]; /* of the key, see bwi_key_fingerprint; "" if there is none, as before
                                       model-signing 1.1 */
  bwi_certificates *chain;          /* the signer's first; NULL: signed with a bare key */
} bwi_bundle;

/* BW_EFORMAT with the offset; BW_EUNSUPPORTED: another media type, or keyless signing; BW_ELIMIT, BW_ENOMEM.
 * *out is cleared by bwi_bundle_clear. */
bw_status bwi_bundle_read(bwi_bundle *out, bwi_bytes json, bw_error *err);
void bwi_bundle_clear(bwi_bundle *bundle);

/* BW_ENOMEM. */
bw_status bwi_bundle_write(bwi_buffer *out, const bwi_bundle *bundle, bw_error *err);

#endif
