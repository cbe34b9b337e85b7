/* SPDX-License-Identifier: Apache-2.0 */
#include "model/digest.h"

#include "base/sha256.h"

static void add_to_hash(void *payload, const void *data, size_t size) {
  bwi_sha256_add(payload, data, size);
}

bw_status bwi_graph_digest(char hex[65], const bwi_graph *g, bw_error *err) {
  bwi_sha256 hash;
  bwi_sha256_init(&hash);
  BW_TRY(bwi_graph_canonical(g, add_to_hash, &hash, err));
  bwi_sha256_hex(&hash, hex);
  return BW_OK;
}
