/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates (RFC 5280) of those who sign: a chain, its own certificate first, and the roots that the
 * verifier chose. */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include "crypto/key.h"

typedef struct bwi_certificates bwi_certificates; /* one or more, in order */

#define BWI_CERTIFICATES_MAX 16

/* All certificates of a PEM text. BW_EFORMAT if there is none or one is malformed, BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_certificates_read(bwi_certificates **out, bwi_bytes pem, bw_error *err);
/* From the DER of each, all of it. As above. */
bw_status bwi_certificates_from_der(bwi_certificates **out, const bwi_bytes *der, size_t count,
                                    bw_error *err);
void bwi_certificates_free(bwi_certificates *certificates); /* NULL is fine */

size_t bwi_certificates_count(const bwi_certificates *certificates);
/* *out is the caller's, out->data freed by bwi_free. BW_ENOMEM. */
bw_status bwi_certificate_der(bwi_bytes *out, const bwi_certificates *certificates, size_t i, bw_error *err);
/* Its public key. BW_EUNSUPPORTED, BW_ENOMEM. */
bw_status bwi_certificate_key(bwi_key **out, const bwi_certificates *certificates, size_t i, bw_error *err);
/* SHA-256 in hex of the DER, as `openssl x509 -fingerprint -sha256` has it. BW_ENOMEM. */
bw_status bwi_certificate_fingerprint(char out[BWI_FINGERPRINT_BYTES], const bwi_certificates *certificates,
                                      size_t i, bw_error *err);

/* Whether the first has exactly this email address, URI or DNS name as a subject alternative name. */
bool bwi_certificate_has_name(const bwi_certificates *chain, const char *name);
/* Appends those names, separated by ", "; without any, the subject. */
void bwi_certificate_names(bwi_buffer *out, const bwi_certificates *chain);

/* Whether the first of the chain may sign: it leads to one of the roots through the others; all are valid at
 * `time` (seconds since 1970) and strong enough; it is for code signing, and no certificate between says that
 * it is for something else. BW_EUNTRUSTED with the reason, BW_ENOMEM. */
bw_status bwi_certificates_check(const bwi_certificates *chain, const bwi_certificates *roots, int64_t time,
                                 bw_error *err);

#endif
