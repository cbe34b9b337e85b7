/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for keys and passphrases: locked, so that it never reaches a swap file; left out of core dumps
 * where the system can do that; wiped before it is given back. */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stdbool.h>

#include "base/error.h"

/* Zero-filled, on pages of its own. NULL when there is no memory, or none that may be locked: the usual
 * limit (ulimit -l) is 8 MiB a process. */
void *bwi_secret_alloc(size_t size);
void bwi_secret_free(void *secret); /* wipes; NULL is fine */

/* Overwrites what lay elsewhere for a moment, in a way that compilers do not leave out. */
void bwi_wipe(void *data, size_t size);

/* Compares in a time that depends on size alone. */
bool bwi_secret_equal(const void *a, const void *b, size_t size);

#define BWI_PASSPHRASE_MAX_BYTES 1024

/* A passphrase from an open descriptor, up to the end of the line or of the file; no byte behind the line is
 * read. From a terminal: asked for without echo, again if `confirm`, and Ctrl-C is BW_ECANCEL. *out is not
 * terminated and is freed by bwi_secret_free. BW_EIO; BW_EINVAL if it is empty, too long, or not the same
 * again; BW_ENOMEM. */
bw_status bwi_secret_read_passphrase(char **out, size_t *size, int descriptor, bool confirm, bw_error *err);

#endif
