/* SPDX-License-Identifier: Apache-2.0 */
/* Text as records: lines with what ends them, so that all of them together are the file. */
#ifndef RECORDS_RECORD_LINES_H
#define RECORDS_RECORD_LINES_H

#include "records/record_source.h"

typedef struct bwi_lines {
  uint64_t *starts; /* of the records, and behind the last one where the text ends */
  size_t count;
} bwi_lines;

/* A record ends behind a line feed, or at the end of the text. With `quotes` (RFC 4180, with ',', ';', '|' or
 * a tab between fields) not behind one that stands in a quoted field; BW_EFORMAT with the offset for a quote
 * where none may stand, or one that is not closed. BW_ENOMEM. */
bw_status bwi_lines_split(bwi_lines *out, bwi_bytes text, bool quotes, bw_error *err);
void bwi_lines_clear(bwi_lines *lines);

bool bwi_path_ends_with(const char *path, const char *suffix); /* whatever the case of its letters */

/* What formats of lines have in common. */
bw_status bwi_record_lines_open(bwi_record_source *source, bool quotes, bw_error *err);
bw_status bwi_record_lines_get(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source,
                               uint64_t i, bw_error *err);
void bwi_record_lines_place(bwi_buffer *out, const bwi_record_source *source, uint64_t i);
void bwi_record_lines_close(void *state);

#endif
