/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/failure.h"

#include <openssl/err.h>

bw_status bwi_crypto_fail(bw_error *err, bw_status status, const char *what) {
  /* The first is what went wrong; those behind it say who passed it on. */
  const unsigned long first = ERR_get_error();
  const char *reason = ERR_reason_error_string(first);
  ERR_clear_error();
  if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE) status = BW_ENOMEM;
  return BW_FAIL(err, status, "%s: %s", what, reason != NULL ? reason : "no reason given");
}
