/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays as records: those that are equally long stand side by side, and record i is row i of each of them.
 */
#ifndef RECORDS_RECORD_ROWS_H
#define RECORDS_RECORD_ROWS_H

#include "format/formats.h"
#include "records/record_source.h"

/* Takes the arrays over, whatever it returns. An array without axes is one row. */
bw_status bwi_record_rows_open(bwi_record_source *source, bwi_archive *archive, bw_error *err);
bw_status bwi_record_rows_get(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source, uint64_t i,
                              bw_error *err);
void bwi_record_rows_place(bwi_buffer *out, const bwi_record_source *source, uint64_t i);
void bwi_record_rows_close(void *state);

#endif
