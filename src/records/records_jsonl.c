/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines: a record is a line; JSON has no line feed inside a text. */
#include "records/record_lines.h"

static bool fits(const char *path, bwi_bytes bytes) {
  return bytes.data != NULL && (bwi_path_ends_with(path, ".jsonl") || bwi_path_ends_with(path, ".ndjson"));
}

static bw_status open_jsonl(bwi_record_source *source, const char *path, bw_error *err) {
  (void)path;
  return bwi_record_lines_open(source, false, err);
}

const bwi_record_format bwi_records_jsonl = {
    "jsonl", fits, open_jsonl, bwi_record_lines_get, bwi_record_lines_place, bwi_record_lines_close,
};
