/* SPDX-License-Identifier: Apache-2.0 */
#include "support/pipe.h"

#include <string.h>

static bw_status read_bytes(void *payload, void *data, size_t size, size_t *got, bw_error *err) {
  pipe_source *s = payload;
  const size_t left = s->bytes.size - s->at, most = s->most == 0 || s->most > size ? size : s->most;
  (void)err;
  *got = left < most ? left : most;
  if (*got > 0) memcpy(data, s->bytes.data + s->at, *got);
  s->at += *got;
  return BW_OK;
}

bw_age_reader pipe_reader(pipe_source *source) {
  return (bw_age_reader){read_bytes, source};
}

static bw_status write_bytes(void *payload, const void *data, size_t size, bw_error *err) {
  bwi_buffer *out = payload;
  bwi_buffer_put(out, data, size);
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for the output") : BW_OK;
}

bw_age_writer pipe_writer(bwi_buffer *out) {
  return (bw_age_writer){write_bytes, out};
}
