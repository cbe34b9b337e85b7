/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signatures count: keys, or certificates of named identities that lead to a chosen root, but for those
 * that were revoked. */
#ifndef SEAL_TRUST_H
#define SEAL_TRUST_H

#include <bulwark/seal.h>

#include "seal/bundle.h"

typedef struct bwi_trust {
  const bw_verify_options *options;
  bwi_key **keys; /* options->n_keys */
  bwi_certificates *roots;
  char (*revoked)[BWI_FINGERPRINT_BYTES];
  size_t n_revoked;
  int64_t time;
} bwi_trust;

/* Reads the files that the options name; the options must outlive *out, which is cleared by bwi_trust_clear.
 * As bw_verify. */
bw_status bwi_trust_open(bwi_trust *out, const bw_verify_options *options, bw_error *err);
void bwi_trust_clear(bwi_trust *trust);

/* Who signed the bundle: its key's fingerprint, and its name appended to *name. BW_EUNTRUSTED: nobody who is
 * trusted, with the reason; BW_ENOMEM. */
bw_status bwi_trust_check(char fingerprint[BWI_FINGERPRINT_BYTES], bwi_buffer *name, const bwi_trust *trust,
                          const bwi_bundle *bundle, bw_error *err);

#endif
