/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and zlib streams, as of .tar.gz and joblib: what comes out is inspected. */
#include "gate/formats.h"
#include "gate/unpack.h"

bool bwi_is_gzip(const bwi_subject *s) {
  return s->bytes.size >= 18 && s->bytes.data[0] == 0x1F && s->bytes.data[1] == 0x8B && s->bytes.data[2] == 8;
}

bool bwi_is_zlib(const bwi_subject *s) {
  if (s->bytes.size < 8 || s->bytes.data[0] != 0x78) return false;
  /* The second byte makes the two a multiple of 31, and none of zlib's levels asks for a dictionary. */
  return (s->bytes.data[0] * 256 + s->bytes.data[1]) % 31 == 0 && (s->bytes.data[1] & 0x20) == 0;
}

static bw_status inspect_stream(bw_gate *g, bwi_subject *s, bwi_encoding encoding, bw_error *err) {
  static const char name[] = "unpacked";
  bwi_unpacked content = {0};
  BW_TRY(bwi_subject_read_all(g, s, err));
  BW_TRY(bwi_unpack_stream(&content, g, s, encoding, s->bytes, err));
  const bw_status status =
      bwi_gate_look_inside(g, s, (bwi_bytes){(const uint8_t *)name, sizeof name - 1}, content.bytes, err);
  if (content.encoded < s->size)
    bwi_gate_find(g, s, BWI_RULE_UNSUPPORTED, content.encoded,
                  "the stream ends or is damaged here; what follows was not inspected");
  bwi_free(content.owned);
  return status;
}

bw_status bwi_inspect_gzip(bw_gate *g, bwi_subject *s, bw_error *err) {
  return inspect_stream(g, s, BWI_GZIPPED, err);
}

bw_status bwi_inspect_zlib(bw_gate *g, bwi_subject *s, bw_error *err) {
  return inspect_stream(g, s, BWI_ZLIB, err);
}
