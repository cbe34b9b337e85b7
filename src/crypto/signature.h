/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of messages: ECDSA in DER with SHA-256, SHA-384 or SHA-512 for P-256, P-384 and P-521, and
 * Ed25519. */
#ifndef CRYPTO_SIGNATURE_H
#define CRYPTO_SIGNATURE_H

#include "crypto/key.h"

/* *out is the caller's, out->data freed by bwi_free. BW_EINVAL for a public key, BW_ENOMEM, BW_EINTERNAL. */
bw_status bwi_signature_make(bwi_bytes *out, const bwi_key *key, bwi_bytes message, bw_error *err);

/* Whether the signature is of this message by this key. What is no signature at all does not hold. */
bool bwi_signature_holds(const bwi_key *key, bwi_bytes message, bwi_bytes signature);

#endif
