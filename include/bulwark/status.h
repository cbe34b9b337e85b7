/* SPDX-License-Identifier: Apache-2.0
 *
 * Status codes and errors, shared by every function that can fail.
 * Thread-safe: a bw_error belongs to its caller. Stability: stable.
 */
#ifndef BULWARK_STATUS_H
#define BULWARK_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BW_API __attribute__((visibility("default")))
#define BW_NODISCARD __attribute__((warn_unused_result))
#define BW_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define BW_API
#define BW_NODISCARD
#define BW_PRINTF(format_index, first)
#endif

/* name, number (never reused), text */
#define BW_STATUS_TABLE(X)               \
  X(BW_OK, 0, "ok")                      \
  X(BW_EINVAL, 1, "invalid argument")    \
  X(BW_ENOMEM, 2, "out of memory")       \
  X(BW_EFORMAT, 3, "malformed input")    \
  X(BW_EUNSUPPORTED, 4, "not supported") \
  X(BW_ELIMIT, 5, "limit reached")       \
  X(BW_EIO, 6, "input/output error")     \
  X(BW_ECANCEL, 7, "cancelled")          \
  X(BW_EINTERNAL, 8, "internal error")   \
  X(BW_EUNTRUSTED, 9, "not authentic")

typedef enum bw_status {
#define BW_STATUS_ENUM(name, number, text) name = number,
  BW_STATUS_TABLE(BW_STATUS_ENUM)
#undef BW_STATUS_ENUM
} bw_status;

#define BW_NO_OFFSET UINT64_MAX
#define BW_ERROR_TEXT_BYTES 232

/* One sentence that says what is wrong, where, and what would be right. */
typedef struct bw_error {
  bw_status status;
  uint64_t offset; /* byte offset in the offending input, BW_NO_OFFSET if there is none */
  char text[BW_ERROR_TEXT_BYTES];
} bw_error;

/* A static name such as "malformed input". Never NULL. */
BW_API const char *bw_status_text(bw_status status);

/* The library's version, for example "0.1.0". */
BW_API const char *bw_version(void);

#ifdef __cplusplus
}
#endif
#endif
