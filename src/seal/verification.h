/* SPDX-License-Identifier: Apache-2.0 */
/* What checking a seal has found. */
#ifndef SEAL_VERIFICATION_H
#define SEAL_VERIFICATION_H

#include "crypto/key.h"
#include "seal/compare.h"

typedef struct bwi_verified {
  bw_seal_signer signer;
  char fingerprint[BWI_FINGERPRINT_BYTES];
  bwi_differences differences;
  uint64_t n_files;
} bwi_verified;

struct bw_verification {
  bwi_arena *arena; /* holds all texts */
  bwi_verified *bundles;
  size_t count;
  uint32_t wanted; /* signers */
  bool holds;
};

#endif
