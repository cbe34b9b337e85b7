/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts as users name them. */
#ifndef LOG_ARTIFACT_H
#define LOG_ARTIFACT_H

#include "log/event.h"

/* Of a file the SHA-256 of its bytes; of a folder the root that a seal of it has (docs/sealing.md); of 64
 * hexadecimal digits these; of an address such as "https://..." none. Texts are kept in the arena. BW_EIO,
 * BW_EINVAL for a folder that is empty or holds a symlink or special file, BW_ENOMEM. */
bw_status bwi_artifact_find(bwi_artifact *out, bwi_arena *arena, const char *what, bw_error *err);

#endif
