/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

bw_status bwi_fail(bw_error *err, bw_status status, uint64_t offset, const char *format, ...) {
  if (err == NULL) return status;
  err->status = status;
  err->offset = offset;
  va_list arguments;
  va_start(arguments, format);
  if (vsnprintf(err->text, sizeof err->text, format, arguments) < 0) err->text[0] = '\0';
  va_end(arguments);
  bwi_utf8_make_plain(err->text); /* texts quote names from files */
  return status;
}

bw_status bwi_fail_system(bw_error *err, const char *verb, const char *path, int reason) {
  char text[96];
  if (strerror_r(reason, text, sizeof text) != 0) (void)snprintf(text, sizeof text, "error %d", reason);
  return BW_FAIL(err, BW_EIO, "cannot %s %s: %s", verb, path, text);
}

const char *bw_status_text(bw_status status) {
  switch (status) {
#define BW_STATUS_CASE(name, number, text) \
  case name: return text;
    BW_STATUS_TABLE(BW_STATUS_CASE)
#undef BW_STATUS_CASE
  }
  return "unknown status";
}

const char *bw_version(void) {
  return BW_VERSION; /* from the build: the project's version */
}
