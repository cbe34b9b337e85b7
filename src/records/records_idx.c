/* SPDX-License-Identifier: Apache-2.0 */
/* IDX: a record is a row of the array. */
#include "base/memory.h"
#include "records/record_rows.h"

static bool fits(const char *path, bwi_bytes bytes) {
  (void)path;
  const uint8_t *b = bytes.data;
  const bool gzipped = bytes.size >= 2 && b[0] == 0x1F && b[1] == 0x8B;
  return gzipped || (bytes.size >= 4 && b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14 && b[3] > 0);
}

static bw_status open_idx(bwi_record_source *source, const char *path, bw_error *err) {
  (void)path;
  bwi_archive archive = {0};
  BW_TRY(bwi_archive_create(&archive, 1, err));
  bw_status status = bwi_idx_read(&archive.arrays[0], source->bytes, BWI_RECORD_MAX_BYTES, err);
  archive.names[0] = status == BW_OK ? bwi_strdup("array") : NULL;
  if (status == BW_OK && archive.names[0] == NULL)
    status = BW_FAIL(err, BW_ENOMEM, "no memory for an array's name");
  if (status != BW_OK) {
    bwi_archive_clear(&archive);
    return status;
  }
  bwi_record_drop_bytes(source);
  return bwi_record_rows_open(source, &archive, err);
}

const bwi_record_format bwi_records_idx = {
    "idx", fits, open_idx, bwi_record_rows_get, bwi_record_rows_place, bwi_record_rows_close,
};
