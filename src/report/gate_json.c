/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, for programs. Keys are stable; new ones may be added. */
#include "base/json.h"
#include "report/gate.h"

static void put_finding(bwi_json_writer *w, const bw_gate_finding *f) {
  bwi_json_open(w, '{');
  bwi_json_text(w, "rule", f->rule->id);
  bwi_json_text(w, "severity", bwi_gate_severity_name(f->rule->severity));
  bwi_json_text(w, "member", f->member);
  bwi_json_key(w, "offset");
  if (f->offset != BW_NO_OFFSET)
    bwi_json_int(w, (int64_t)f->offset);
  else
    bwi_json_null(w);
  bwi_json_text(w, "symbol", f->symbol);
  bwi_json_text(w, "text", f->text);
  bwi_json_close(w, '}');
}

static const char *verdict_of(const bw_gate_file *file) {
  if (file->n_findings > 0) return "finding";
  return file->status == BW_OK ? "clean" : "not read";
}

static void put_file(bwi_json_writer *w, const bw_gate *g, const bw_gate_file *file, uint64_t *next) {
  const uint64_t end = *next + file->n_findings + file->n_notes;
  bwi_json_open(w, '{');
  bwi_json_text(w, "path", file->path);
  bwi_json_text(w, "verdict", verdict_of(file));
  bwi_json_text(w, "type", file->type);
  bwi_json_key(w, "bytes");
  bwi_json_int(w, (int64_t)file->bytes);
  bwi_json_text(w, "reason", file->reason);
  bwi_json_key(w, "findings");
  bwi_json_open(w, '[');
  for (; *next < end; (*next)++) put_finding(w, bw_gate_finding_at(g, *next));
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
}

void bwi_gate_json(bwi_buffer *out, const bw_gate *gate) {
  bwi_json_writer w = {.out = out};
  uint64_t next = 0;
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "bulwark", bw_version());
  bwi_json_key(&w, "files");
  bwi_json_open(&w, '[');
  for (uint64_t i = 0; i < bw_gate_file_count(gate); i++) put_file(&w, gate, bw_gate_file_at(gate, i), &next);
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}
