/* SPDX-License-Identifier: Apache-2.0 */
/* npz: record i is row i of all arrays of one length, such as an image and its label. */
#include <string.h>

#include "records/record_rows.h"

static bool fits(const char *path, bwi_bytes bytes) {
  (void)path;
  return bytes.size >= 4 && memcmp(bytes.data, "PK\x03\x04", 4) == 0;
}

static bw_status open_npz(bwi_record_source *source, const char *path, bw_error *err) {
  (void)path;
  bwi_archive archive = {0};
  BW_TRY(bwi_npz_read(&archive, source->bytes, BWI_RECORD_MAX_BYTES, err));
  bwi_record_drop_bytes(source);
  return bwi_record_rows_open(source, &archive, err);
}

const bwi_record_format bwi_records_npz = {
    "npz", fits, open_npz, bwi_record_rows_get, bwi_record_rows_place, bwi_record_rows_close,
};
