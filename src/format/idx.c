/* SPDX-License-Identifier: Apache-2.0 */
/* IDX, the format of MNIST (yann.lecun.com/exdb/mnist): two zero bytes, a type, a rank, big-endian
 * extents, big-endian elements. Often gzipped, which the first two bytes tell. */
#include <string.h>

#include "format/elements.h"
#include "format/formats.h"
#include "format/source.h"

static const struct {
  uint8_t code;
  bw_dtype dtype;
} types[] = {{0x08, BW_U8}, {0x09, BW_I8}, {0x0B, BW_I16}, {0x0C, BW_I32}, {0x0D, BW_F32}, {0x0E, BW_F64}};

static bw_status read_header(bw_dtype *dtype, bwi_dims *shape, bwi_source *s, bw_error *err) {
  uint8_t raw[4 * BW_MAX_RANK] = {0};
  const uint64_t start = bwi_source_offset(s);
  BW_TRY(bwi_source_read(s, raw, 4, "IDX magic number", err));
  if (raw[0] != 0 || raw[1] != 0) return BW_FAIL_AT(err, BW_EFORMAT, start, "no IDX file");
  size_t k = 0;
  while (k < sizeof types / sizeof *types && types[k].code != raw[2]) k++;
  if (k == sizeof types / sizeof *types)
    return BW_FAIL_AT(err, BW_EFORMAT, start, "IDX type 0x%02x is unknown", raw[2]);
  if (raw[3] > BW_MAX_RANK)
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, start, "%u dimensions; at most %d are supported", raw[3],
                      BW_MAX_RANK);
  *dtype = types[k].dtype;
  shape->n = raw[3];
  BW_TRY(bwi_source_read(s, raw, 4 * (size_t)shape->n, "IDX extents", err));
  bwi_cursor c = bwi_cursor_over((bwi_bytes){raw, sizeof raw}, err);
  for (uint32_t i = 0; i < shape->n; i++) shape->v[i] = bwi_cursor_u32be(&c, "extent");
  return c.status;
}

static bw_status read_array(bw_array **out, bwi_source *s, size_t max_bytes, bw_error *err) {
  bw_dtype dtype = BW_U8;
  bwi_dims shape = {0};
  size_t bytes = 0;
  bw_array *array = NULL;
  BW_TRY(read_header(&dtype, &shape, s, err));
  const uint64_t offset = bwi_source_offset(s);
  BW_TRY(bwi_elements_bytes(&bytes, dtype, &shape, offset, err));
  if (bytes > bwi_source_most(s->encoding, s->bytes.size))
    return BW_FAIL_AT(err, BW_EFORMAT, offset, "truncated: the shape takes %zu bytes, more than can follow",
                      bytes);
  BW_TRY(bwi_elements_create(&array, dtype, &shape, &max_bytes, offset, err));
  bw_status status = bwi_source_read(s, bw_array_data(array), bytes, "IDX elements", err);
  if (status == BW_OK) status = bwi_source_end(s, err);
  if (status != BW_OK) {
    bw_array_free(array);
    return status;
  }
  bwi_elements_swap(array);
  *out = array;
  return BW_OK;
}

bw_status bwi_idx_read(bw_array **out, bwi_bytes bytes, size_t max_bytes, bw_error *err) {
  const bool gzipped = bytes.size >= 2 && bytes.data[0] == 0x1F && bytes.data[1] == 0x8B;
  bwi_source s;
  BW_TRY(bwi_source_open(&s, bytes, 0, gzipped ? BWI_GZIPPED : BWI_STORED, err));
  const bw_status status = read_array(out, &s, max_bytes, err);
  bwi_source_close(&s);
  return status;
}
