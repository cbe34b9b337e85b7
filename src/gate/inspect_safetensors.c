/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors: the strict header, of which no more is read than there is, and the values. */
#include "base/json.h"
#include "format/safetensors.h"
#include "gate/formats.h"
#include "gate/values.h"

bool bwi_is_safetensors(const bwi_subject *s) {
  bwi_cursor c = bwi_cursor_over(s->bytes, NULL);
  const uint64_t length = bwi_cursor_u64le(&c, "length");
  const uint8_t first = bwi_cursor_u8(&c, "brace");
  return c.status == BW_OK && length >= 2 && length <= (UINT64_C(1) << 40) && first == '{';
}

static bw_status check_values(bw_gate *g, const bwi_subject *s, const bwi_safetensors_header *h,
                              bw_error *err) {
  bwi_value_range *ranges = bwi_alloc(h->count, sizeof *ranges);
  if (ranges == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu tensors of %s", h->count, s->path);
  for (size_t i = 0; i < h->count; i++) {
    const bwi_safetensors_tensor *t = &h->tensors[i];
    ranges[i] = (bwi_value_range){t->name, t->dtype, h->data_offset + t->begin, t->end - t->begin};
  }
  const bw_status status = bwi_gate_check_values(g, s, ranges, h->count, err);
  bwi_free(ranges);
  return status;
}

bw_status bwi_inspect_safetensors(bw_gate *g, bwi_subject *s, bw_error *err) {
  uint64_t bytes = 0;
  bwi_safetensors_header header;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  bw_status status = bwi_safetensors_header_bytes(&bytes, s->bytes, s->size, &why);
  if (status == BW_OK) {
    BW_TRY(bwi_subject_read(s, bytes, err));
    status = bwi_safetensors_read_header(&header, s->bytes, s->size, &why);
  }
  if (status != BW_OK) return bwi_gate_find_refusal(g, s, status, &why, err);
  status = check_values(g, s, &header, err);
  bwi_safetensors_header_clear(&header);
  return status;
}
