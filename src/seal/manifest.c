/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/manifest.h"

#include <inttypes.h>
#include <stdio.h>

void bwi_manifest_clear(bwi_manifest *manifest) {
  bwi_arena_free(manifest->arena);
  *manifest = (bwi_manifest){0};
}

void bwi_manifest_algorithm(char out[BWI_ALGORITHM_BYTES], const bwi_serialization *how) {
  const char *name = bwi_digest_name(how->hash);
  if (how->shard_bytes == 0)
    (void)snprintf(out, BWI_ALGORITHM_BYTES, "%s", name);
  else
    (void)snprintf(out, BWI_ALGORITHM_BYTES, "%s-sharded-%" PRIu64, name, how->shard_bytes);
}
