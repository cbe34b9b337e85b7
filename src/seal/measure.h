/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of what lies at a path now, to be sealed or to be compared with what was sealed. Files are opened
 * below the folder's descriptor without following symlinks, and read by several threads. */
#ifndef SEAL_MEASURE_H
#define SEAL_MEASURE_H

#include <bulwark/progress.h>

#include "seal/manifest.h"

/* path is a folder or a file. `how` is taken over as it stands: its strings must outlive *out, which is
 * cleared by bwi_manifest_clear. n_threads 0: all processors. BW_EIO with the path, also if a file changes
 * while it is read; BW_ELIMIT, BW_ECANCEL, BW_ENOMEM. */
bw_status bwi_measure(bwi_manifest *out, const char *path, const bwi_serialization *how, uint32_t n_threads,
                      bw_progress progress, bw_error *err);

/* Whether an entry of that path is left out: it is one of how->ignore or lies below one. */
bool bwi_is_ignored(const bwi_serialization *how, const char *path);

#endif
