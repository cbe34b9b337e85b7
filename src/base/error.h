/* SPDX-License-Identifier: Apache-2.0 */
/* How functions of the library report failure. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <bulwark/status.h>

/* Fills *err (which may be NULL) and returns status. Called through the macros below. */
bw_status bwi_fail(bw_error *err, bw_status status, uint64_t offset, const char *format, ...) BW_PRINTF(4, 5);

/* "cannot <verb> <path>: <the system's words for errno's value>". Returns BW_EIO. */
bw_status bwi_fail_system(bw_error *err, const char *verb, const char *path, int reason);

static inline bw_status bwi_status_after(bw_status told, bw_status status) {
  (void)told;
  return status;
}

/* Fill *err and are the status, so that `return BW_FAIL(...)` reads well; status is evaluated twice. Its
 * way through an inline function lets compilers and the analyzer see that a failure is not BW_OK. */
#define BW_FAIL(err, status, ...) BW_FAIL_AT(err, status, BW_NO_OFFSET, __VA_ARGS__)
#define BW_FAIL_AT(err, status, offset, ...) \
  bwi_status_after(bwi_fail((err), (status), (offset), __VA_ARGS__), (status))

/* Only in functions that own nothing; others go to their `out:` label. */
#define BW_TRY(expression)                      \
  do {                                          \
    const bw_status try_status = (expression);  \
    if (try_status != BW_OK) return try_status; \
  } while (0)

#endif
