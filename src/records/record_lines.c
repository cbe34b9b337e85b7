/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_lines.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* ---- splitting ---- */

static bw_status push(bwi_lines *lines, size_t *capacity, uint64_t start, bw_error *err) {
  if (lines->count == *capacity) {
    const size_t more = *capacity == 0 ? 256 : 2 * *capacity;
    uint64_t *starts = bwi_realloc(lines->starts, *capacity, more, sizeof *starts);
    if (starts == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu lines", more);
    lines->starts = starts;
    *capacity = more;
  }
  lines->starts[lines->count++] = start;
  return BW_OK;
}

typedef enum csv_state { FIELD_BEGINS, PLAIN, QUOTED, QUOTE_IN_QUOTED } csv_state;

static bool ends_field(uint8_t c) {
  return c == ',' || c == ';' || c == '|' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the record that begins at `at`. */
static bw_status end_of_quoting(size_t *end, bwi_bytes text, size_t at, bw_error *err) {
  csv_state s = FIELD_BEGINS;
  size_t opened = at;
  for (; at < text.size; at++) {
    const uint8_t c = text.data[at];
    if (s == QUOTED) {
      if (c == '"') s = QUOTE_IN_QUOTED;
    } else if (c == '"' && s == PLAIN) {
      return BW_FAIL_AT(err, BW_EFORMAT, at,
                        "a quote inside a field that does not begin with one (RFC 4180, 2.5)");
    } else if (c == '"') {
      if (s == FIELD_BEGINS) opened = at;
      s = QUOTED;
    } else if (ends_field(c)) {
      s = FIELD_BEGINS;
      if (c == '\n') break;
    } else if (s == QUOTE_IN_QUOTED) {
      return BW_FAIL_AT(err, BW_EFORMAT, at, "text behind a closing quote (RFC 4180, 2.5)");
    } else {
      s = PLAIN;
    }
  }
  if (s == QUOTED) return BW_FAIL_AT(err, BW_EFORMAT, opened, "this quoted field has no end");
  *end = at < text.size ? at + 1 : at;
  return BW_OK;
}

static size_t end_of_line(bwi_bytes text, size_t at) {
  const uint8_t *feed = memchr(text.data + at, '\n', text.size - at);
  return feed == NULL ? text.size : (size_t)(feed - text.data) + 1;
}

bw_status bwi_lines_split(bwi_lines *out, bwi_bytes text, bool quotes, bw_error *err) {
  bwi_lines lines = {0};
  size_t capacity = 0;
  bw_status status = push(&lines, &capacity, 0, err);
  for (size_t at = 0; at < text.size && status == BW_OK;) {
    if (quotes)
      status = end_of_quoting(&at, text, at, err);
    else
      at = end_of_line(text, at);
    if (status == BW_OK) status = push(&lines, &capacity, at, err);
  }
  if (status != BW_OK) {
    bwi_lines_clear(&lines);
    return status;
  }
  lines.count--;
  *out = lines;
  return BW_OK;
}

void bwi_lines_clear(bwi_lines *lines) {
  bwi_free(lines->starts);
  *lines = (bwi_lines){0};
}

/* ---- records ---- */

bool bwi_path_ends_with(const char *path, const char *suffix) {
  const size_t n = strlen(path), m = strlen(suffix);
  return n >= m && strcasecmp(path + n - m, suffix) == 0;
}

typedef struct text_records {
  bwi_lines lines;
  bwi_bytes part; /* the one handed out */
} text_records;

bw_status bwi_record_lines_open(bwi_record_source *source, bool quotes, bw_error *err) {
  text_records *r = bwi_alloc(1, sizeof *r);
  if (r == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for records");
  source->state = r;
  BW_TRY(bwi_lines_split(&r->lines, source->bytes, quotes, err));
  return bwi_record_add_group(source, r->lines.count, "", err);
}

bw_status bwi_record_lines_get(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source,
                               uint64_t i, bw_error *err) {
  (void)err;
  text_records *r = source->state;
  const uint64_t start = r->lines.starts[i];
  r->part = (bwi_bytes){source->bytes.data + start, (size_t)(r->lines.starts[i + 1] - start)};
  *parts = &r->part;
  *n_parts = 1;
  return BW_OK;
}

/* Fields may hold line feeds, so lines are counted. */
void bwi_record_lines_place(bwi_buffer *out, const bwi_record_source *source, uint64_t i) {
  const text_records *r = source->state;
  uint64_t line = 1;
  for (size_t at = 0; at < r->lines.starts[i];) {
    at = end_of_line((bwi_bytes){source->bytes.data, (size_t)r->lines.starts[i]}, at);
    line++;
  }
  bwi_buffer_format(out, "line %" PRIu64, line);
}

void bwi_record_lines_close(void *state) {
  text_records *r = state;
  bwi_lines_clear(&r->lines);
  bwi_free(r);
}
