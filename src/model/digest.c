/* SPDX-License-Identifier: Apache-2.0 */
#include "model/digest.h"

#include "crypto/digest.h"

static void add_to_hash(void *payload, const void *data, size_t size) {
  bwi_hash_add(payload, data, size);
}

bw_status bwi_graph_digest(char hex[65], const bwi_graph *g, bw_error *err) {
  bwi_hash *hash = NULL;
  BW_TRY(bwi_hash_create(&hash, BWI_SHA256, err));
  bw_status status = bwi_graph_canonical(g, add_to_hash, hash, err);
  if (status == BW_OK) status = bwi_hash_end_hex(hash, hex, err);
  bwi_hash_free(hash);
  return status;
}
