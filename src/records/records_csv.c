/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: a record is a line as RFC 4180 has it; a header, if there is one, is record 0. */
#include "records/record_lines.h"

static bool fits(const char *path, bwi_bytes bytes) {
  return bytes.data != NULL && bwi_path_ends_with(path, ".csv");
}

static bw_status open_csv(bwi_record_source *source, const char *path, bw_error *err) {
  (void)path;
  return bwi_record_lines_open(source, true, err);
}

const bwi_record_format bwi_records_csv = {
    "csv", fits, open_csv, bwi_record_lines_get, bwi_record_lines_place, bwi_record_lines_close,
};
