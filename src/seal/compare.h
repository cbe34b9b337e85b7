/* SPDX-License-Identifier: Apache-2.0 */
/* How what is there differs from what was sealed. */
#ifndef SEAL_COMPARE_H
#define SEAL_COMPARE_H

#include <bulwark/seal.h>

#include "seal/manifest.h"

typedef struct bwi_differences {
  bw_difference *items; /* sorted by path; in arena, as their texts are */
  size_t count, capacity;
} bwi_differences;

/* `found` was measured as sealed->how says. Appends to *out, whose items and texts are from arena. BW_ENOMEM.
 */
bw_status bwi_compare(bwi_differences *out, bwi_arena *arena, const bwi_manifest *sealed,
                      const bwi_manifest *found, bw_error *err);

#endif
