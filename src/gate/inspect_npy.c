/* SPDX-License-Identifier: Apache-2.0 */
/* npy files. Arrays of objects are pickles behind a header. */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "format/npy.h"
#include "gate/formats.h"
#include "gate/pickles.h"
#include "gate/values.h"

bool bwi_is_npy(const bwi_subject *s) {
  return s->bytes.size >= 6 && memcmp(s->bytes.data, "\x93NUMPY", 6) == 0;
}

static bw_status inspect_objects(bw_gate *g, bwi_subject *s, uint64_t offset, bw_error *err) {
  bwi_storages storages = {0};
  bwi_gate_find(g, s, BWI_RULE_OBJECT_ARRAY, offset, "the elements are Python objects, pickled");
  bw_status status = bwi_subject_read_all(g, s, err);
  if (status == BW_OK) status = bwi_gate_pickles(g, s, (size_t)offset, &storages, err);
  bwi_storages_free(&storages);
  return status;
}

static bw_status inspect_elements(bw_gate *g, const bwi_subject *s, const bwi_npy_header *h, uint64_t offset,
                                  bw_error *err) {
  int64_t count = 0;
  size_t bytes = 0;
  if (h->item_bytes == 0) {
    bwi_gate_find(g, s, BWI_RULE_UNSUPPORTED, h->refusal.offset, "%s", h->refusal.text);
    return BW_OK;
  }
  const bool fits = bwi_shape_count(&count, h->shape.v, h->shape.n) && (uint64_t)count <= SIZE_MAX &&
                    bwi_mul_size(&bytes, (size_t)count, h->item_bytes);
  if (!fits || bytes != s->size - offset) {
    char text[128];
    bwi_gate_find(g, s, BWI_RULE_MALFORMED, offset,
                  "shape %s of %zu bytes each does not take the %" PRIu64 " bytes that the file holds",
                  bwi_dims_text(text, sizeof text, &h->shape), h->item_bytes, s->size - offset);
    return BW_OK;
  }
  const bwi_value_range range = {"array", h->dtype, offset, bytes};
  return h->refusal.status == BW_OK ? bwi_gate_check_values(g, s, &range, 1, err) : BW_OK;
}

bw_status bwi_inspect_npy(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_npy_header header;
  bwi_source source;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(bwi_source_open(&source, s->bytes, 0, BWI_STORED, err));
  const bw_status status = bwi_npy_read_header(&header, &source, &why);
  const uint64_t offset = bwi_source_offset(&source);
  bwi_source_close(&source);
  if (status != BW_OK) return bwi_gate_find_refusal(g, s, status, &why, err);
  return header.objects ? inspect_objects(g, s, offset, err) : inspect_elements(g, s, &header, offset, err);
}
