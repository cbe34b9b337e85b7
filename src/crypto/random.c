/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/failure.h"

bw_status bwi_random_bytes(void *out, size_t size, bw_error *err) {
  if (RAND_priv_bytes_ex(NULL, out, size, 0) != 1)
    return bwi_crypto_fail(err, BW_EINTERNAL, "cannot draw random bytes");
  return BW_OK;
}
