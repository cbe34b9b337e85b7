/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS, 2020), as code-scanning services read it: one run, its rules, a result a finding. */
#include <stdio.h>

#include "base/json.h"
#include "report/gate.h"

/* {"text": ...}, the form of every message. */
static void put_message(bwi_json_writer *w, const char *key, const char *text) {
  bwi_json_key(w, key);
  bwi_json_open(w, '{');
  bwi_json_key(w, "text");
  bwi_json_string(w, text);
  bwi_json_close(w, '}');
}

/* ---- the tool ---- */

static void put_rule(bwi_json_writer *w, const bw_gate_rule *rule) {
  bwi_json_open(w, '{');
  bwi_json_text(w, "id", rule->id);
  put_message(w, "shortDescription", rule->summary);
  put_message(w, "fullDescription", rule->help);
  put_message(w, "help", rule->help);
  bwi_json_key(w, "defaultConfiguration");
  bwi_json_open(w, '{');
  bwi_json_text(w, "level", bwi_gate_severity_name(rule->severity));
  bwi_json_close(w, '}');
  bwi_json_close(w, '}');
}

static void put_tool(bwi_json_writer *w) {
  bwi_json_key(w, "tool");
  bwi_json_open(w, '{');
  bwi_json_key(w, "driver");
  bwi_json_open(w, '{');
  bwi_json_text(w, "name", "Bulwark");
  bwi_json_text(w, "version", bw_version());
  bwi_json_key(w, "rules");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < bw_gate_rule_count(); i++) put_rule(w, bw_gate_rule_at(i));
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
  bwi_json_close(w, '}');
}

/* ---- places ---- */

/* A path as a reference (RFC 3986): what may not stand in one is escaped. */
static void put_uri(bwi_json_writer *w, const char *path) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  bwi_buffer uri = {0};
  if (path[0] == '/') bwi_buffer_text(&uri, "file://");
  for (const char *c = path; *c != '\0'; c++) {
    bool keep = false;
    for (const char *p = plain; *p != '\0' && !keep; p++) keep = *p == *c;
    bwi_buffer_format(&uri, keep ? "%c" : "%%%02X", (unsigned char)*c);
  }
  if (uri.failed) w->out->failed = true;
  bwi_json_text(w, "uri", uri.data == NULL ? "" : uri.data);
  bwi_buffer_free(&uri);
}

static void put_artifact_location(bwi_json_writer *w, const char *path) {
  bwi_json_open(w, '{');
  put_uri(w, path);
  bwi_json_close(w, '}');
}

/* A place in a member of an archive is no place in the file, so that only its name is given. */
static void put_location(bwi_json_writer *w, const bw_gate_finding *f) {
  bwi_json_open(w, '{');
  bwi_json_key(w, "physicalLocation");
  bwi_json_open(w, '{');
  bwi_json_key(w, "artifactLocation");
  put_artifact_location(w, f->path);
  if (f->offset != BW_NO_OFFSET && f->member == NULL) {
    bwi_json_key(w, "region");
    bwi_json_open(w, '{');
    bwi_json_key(w, "byteOffset");
    bwi_json_int(w, (int64_t)f->offset);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, '}');
  if (f->member != NULL) {
    bwi_json_key(w, "logicalLocations");
    bwi_json_open(w, '[');
    bwi_json_open(w, '{');
    bwi_json_text(w, "fullyQualifiedName", f->member);
    bwi_json_text(w, "kind", "resource");
    bwi_json_close(w, '}');
    bwi_json_close(w, ']');
  }
  bwi_json_close(w, '}');
}

/* ---- results ---- */

static void put_result(bwi_json_writer *w, const bw_gate_finding *f) {
  char where[48] = "";
  bwi_buffer text = {0};
  if (f->offset != BW_NO_OFFSET)
    (void)snprintf(where, sizeof where, " (byte %llu)", (unsigned long long)f->offset);
  bwi_buffer_format(&text, "%s%s%s%s", f->member == NULL ? "" : f->member, f->member == NULL ? "" : ": ",
                    f->text, where);
  if (text.failed) w->out->failed = true;
  bwi_json_open(w, '{');
  bwi_json_text(w, "ruleId", f->rule->id);
  bwi_json_key(w, "ruleIndex");
  bwi_json_int(w, f->rule - bw_gate_rule_at(0));
  bwi_json_text(w, "level", bwi_gate_severity_name(f->rule->severity));
  put_message(w, "message", text.data == NULL ? "" : text.data);
  bwi_json_key(w, "locations");
  bwi_json_open(w, '[');
  put_location(w, f);
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
  bwi_buffer_free(&text);
}

/* A file that could not be read is no result: nothing is known about it. */
static void put_invocation(bwi_json_writer *w, const bw_gate *g) {
  bool read = true;
  for (uint64_t i = 0; i < bw_gate_file_count(g); i++) read = read && bw_gate_file_at(g, i)->status == BW_OK;
  bwi_json_key(w, "invocations");
  bwi_json_open(w, '[');
  bwi_json_open(w, '{');
  bwi_json_key(w, "executionSuccessful");
  bwi_json_bool(w, read);
  bwi_json_key(w, "toolExecutionNotifications");
  bwi_json_open(w, '[');
  for (uint64_t i = 0; i < bw_gate_file_count(g); i++) {
    const bw_gate_file *file = bw_gate_file_at(g, i);
    if (file->status == BW_OK) continue;
    bwi_json_open(w, '{');
    bwi_json_text(w, "level", "error");
    put_message(w, "message", file->reason);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
  bwi_json_close(w, ']');
}

void bwi_gate_sarif(bwi_buffer *out, const bw_gate *gate) {
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "version", "2.1.0");
  bwi_json_text(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  bwi_json_key(&w, "runs");
  bwi_json_open(&w, '[');
  bwi_json_open(&w, '{');
  put_tool(&w);
  put_invocation(&w, gate);
  bwi_json_key(&w, "artifacts");
  bwi_json_open(&w, '[');
  for (uint64_t i = 0; i < bw_gate_file_count(gate); i++) {
    bwi_json_open(&w, '{');
    bwi_json_key(&w, "location");
    put_artifact_location(&w, bw_gate_file_at(gate, i)->path);
    bwi_json_close(&w, '}');
  }
  bwi_json_close(&w, ']');
  bwi_json_key(&w, "results");
  bwi_json_open(&w, '[');
  for (uint64_t i = 0; i < bw_gate_finding_count(gate); i++) put_result(&w, bw_gate_finding_at(gate, i));
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}
