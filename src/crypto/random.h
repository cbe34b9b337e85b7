/* SPDX-License-Identifier: Apache-2.0 */
/* Unpredictable bytes, for keys and nonces. What is to be repeatable takes base/rng.h. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/error.h"

bw_status bwi_random_bytes(void *out, size_t size, bw_error *err); /* BW_EINTERNAL */

#endif
