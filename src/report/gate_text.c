/* SPDX-License-Identifier: Apache-2.0 */
/* The table on the terminal: what there is to say about files, then one line over all. */
#include "base/utf8.h"
#include "report/gate.h"

typedef struct style {
  const char *severity[3], *bold, *off;
} style;

static const style plain = {{"", "", ""}, "", ""};
static const style coloured = {{"\033[2m", "\033[33m", "\033[31m"}, "\033[1m", "\033[0m"};

/* Paths and names of members come from who made the files. */
static void put_name(bwi_buffer *out, const char *name) {
  const size_t start = out->size;
  bwi_buffer_text(out, name);
  if (!out->failed) bwi_utf8_make_plain(out->data + start);
}

static void put_finding(bwi_buffer *out, const bw_gate_finding *f, const style *s) {
  const bw_gate_severity severity = f->rule->severity;
  bwi_buffer_format(out, "  %s%-8s%s %-24s ", s->severity[severity], bwi_gate_severity_name(severity), s->off,
                    f->rule->id);
  if (f->member != NULL) {
    put_name(out, f->member);
    bwi_buffer_text(out, ": ");
  }
  bwi_buffer_text(out, f->text);
  if (f->offset != BW_NO_OFFSET) bwi_buffer_format(out, " (byte %llu)", (unsigned long long)f->offset);
  bwi_buffer_text(out, "\n");
}

/* A file's line and those of its findings, which begin at *next. */
static void put_file(bwi_buffer *out, const bw_gate *g, const bw_gate_file *file, uint64_t *next,
                     const style *s) {
  const uint64_t end = *next + file->n_findings + file->n_notes;
  if (file->status == BW_OK && end == *next) return;
  bwi_buffer_text(out, s->bold);
  put_name(out, file->path);
  if (file->status != BW_OK)
    bwi_buffer_format(out, "%s: %s\n", s->off, file->reason);
  else
    bwi_buffer_format(out, "%s: %s, %llu bytes\n", s->off, file->type, (unsigned long long)file->bytes);
  for (; *next < end; (*next)++) put_finding(out, bw_gate_finding_at(g, *next), s);
}

static void put_sum(bwi_buffer *out, const bw_gate *g, const style *s) {
  uint64_t n_bad = 0, n_unread = 0;
  const uint64_t n = bw_gate_file_count(g);
  for (uint64_t i = 0; i < n; i++) {
    const bw_gate_file *file = bw_gate_file_at(g, i);
    n_bad += file->n_findings > 0;
    n_unread += file->n_findings == 0 && file->status != BW_OK;
  }
  bwi_buffer_text(out, s->bold);
  if (n == 1 && n_bad + n_unread == 0) {
    put_name(out, bw_gate_file_at(g, 0)->path);
    bwi_buffer_format(out, ": clean (%s)", bw_gate_file_at(g, 0)->type);
  } else {
    bwi_buffer_format(out, "%llu file%s: %llu clean, %llu with findings, %llu not read",
                      (unsigned long long)n, n == 1 ? "" : "s", (unsigned long long)(n - n_bad - n_unread),
                      (unsigned long long)n_bad, (unsigned long long)n_unread);
  }
  bwi_buffer_format(out, "%s\n", s->off);
}

void bwi_gate_text(bwi_buffer *out, const bw_gate *gate, int colour) {
  const style *s = colour ? &coloured : &plain;
  uint64_t next = 0;
  for (uint64_t i = 0; i < bw_gate_file_count(gate); i++)
    put_file(out, gate, bw_gate_file_at(gate, i), &next, s);
  put_sum(out, gate, s);
}
