/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTPS transfer by libcurl, with settings that leave nothing to chance or to the environment. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <bulwark/progress.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct bwi_transfer {
  const char *url;     /* https://... */
  const char *ca_path; /* NULL: the system's authorities */
  const char *pins;    /* "sha256//...;sha256//..."; NULL: any key */
  const char *proxy;   /* NULL: none */
  uint64_t from;       /* offset of the first byte wanted */
  uint64_t max_bytes;  /* of the whole, from included */
  uint32_t stall_seconds;
  const bw_progress *progress;
  bw_status (*write)(void *payload, const void *data, size_t size, bw_error *err);
  void *payload;
} bwi_transfer;

/* *no_range: the server has nothing from `from` on; nothing was written then, and the whole must be asked
 * for. Failures as bw_fetch has them, and those of write. */
bw_status bwi_transfer_run(const bwi_transfer *transfer, bool *no_range, bw_error *err);

#endif
