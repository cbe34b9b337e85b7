/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/unpack.h"

#define BOMB_RATIO 100
#define BOMB_BYTES (UINT64_C(256) << 20)
#define FIRST_BYTES 4096

bool bwi_is_bomb(uint64_t encoded_bytes, uint64_t decoded_bytes) {
  return decoded_bytes > BOMB_BYTES && decoded_bytes / BOMB_RATIO > encoded_bytes;
}

static bw_status read_all(bwi_unpacked *out, bwi_source *source, uint64_t most, size_t encoded_bytes,
                          bw_error *err) {
  size_t capacity = 0, size = 0, got = 1;
  uint8_t *data = NULL;
  while (got > 0 && size < most && !bwi_is_bomb(encoded_bytes, size)) {
    if (size == capacity) {
      const size_t wide = capacity == 0 ? FIRST_BYTES : 2 * capacity;
      uint8_t *grown = bwi_realloc(data, capacity, wide, 1);
      if (grown == NULL) {
        bwi_free(data);
        return BW_FAIL(err, BW_ENOMEM, "no memory for %zu unpacked bytes", wide);
      }
      data = grown;
      capacity = wide;
    }
    const bw_status status = bwi_source_some(source, data + size, capacity - size, &got, err);
    if (status == BW_ENOMEM) bwi_free(data);
    if (status == BW_ENOMEM) return status;
    if (status != BW_OK) break; /* what came out until then may be read by others, too */
    size += got;
  }
  *out = (bwi_unpacked){{data, size}, data, bwi_source_offset(source)};
  return BW_OK;
}

bw_status bwi_unpack_stream(bwi_unpacked *out, bw_gate *g, const bwi_subject *s, bwi_encoding encoding,
                            bwi_bytes encoded, bw_error *err) {
  bwi_source source;
  BW_TRY(bwi_source_open(&source, encoded, 0, encoding, err));
  const bw_status status = read_all(out, &source, g->bytes_left, encoded.size, err);
  bwi_source_close(&source);
  BW_TRY(status);
  const size_t n = out->bytes.size;
  if (bwi_is_bomb(encoded.size, n) || n >= g->bytes_left)
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_BOMB, 0, "%zu bytes unpack to more than %zu", encoded.size, n);
  g->bytes_left -= n < g->bytes_left ? n : g->bytes_left;
  return BW_OK;
}
