/* SPDX-License-Identifier: Apache-2.0 */
/* How functions that call OpenSSL report its failures. */
#ifndef CRYPTO_FAILURE_H
#define CRYPTO_FAILURE_H

#include "base/error.h"

/* Fills *err with `what` and OpenSSL's own reason, and empties its queue of errors. What OpenSSL lacked
 * memory for is BW_ENOMEM whatever status says. */
bw_status bwi_crypto_fail(bw_error *err, bw_status status, const char *what);

#endif
