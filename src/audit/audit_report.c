/* SPDX-License-Identifier: Apache-2.0 */
/* An audit as text, and as an in-toto statement with the predicate test-result v0.1
 * (github.com/in-toto/attestation, spec/predicates/test-result.md), which may be signed. */
#include <string.h>

#include "audit/audit.h"
#include "base/file.h"
#include "crypto/key.h"
#include "log/log.h"

static const char *const checks[] = {"owner",    "group",   "mode", "acl", "parents",
                                     "symlinks", "special", "seal", "log"};
enum { N_CHECKS = sizeof checks / sizeof *checks };

static bool has_failed(const bw_audit *a, const char *check) {
  for (size_t i = 0; i < a->count; i++)
    if (strcmp(a->items[i].check, check) == 0) return true;
  return false;
}

/* Whether the policy asks for the check. */
static bool is_wanted(const bw_audit *a, size_t check) {
  const bwi_policy *p = &a->policy;
  const bool wanted[N_CHECKS] = {p->owners.items != NULL,
                                 p->groups.items != NULL,
                                 p->mode >= 0 || p->folder_mode >= 0,
                                 p->no_acl,
                                 p->parents,
                                 p->symlinks != BWI_SYMLINKS_ANY,
                                 true,
                                 p->seal.wanted,
                                 p->log.path != NULL};
  return wanted[check];
}

/* ---- text ---- */

static void put_text(bwi_buffer *out, const bw_audit *a) {
  for (size_t i = 0; i < a->count; i++) {
    bwi_buffer_format(out, "  %-8s ", a->items[i].check);
    bwi_buffer_plain(out, a->items[i].path);
    bwi_buffer_text(out, ": ");
    bwi_buffer_plain(out, a->items[i].text);
    bwi_buffer_text(out, "\n");
  }
}

static void put_summary(bwi_buffer *out, const bw_audit *a) {
  bwi_buffer_text(out, a->count == 0 ? "PASSES " : "FAILS ");
  bwi_buffer_plain(out, a->name);
  if (a->count > 0) bwi_buffer_format(out, ", %zu findings", a->count);
  bwi_buffer_text(out, ": checked");
  for (size_t i = 0; i < N_CHECKS; i++)
    if (is_wanted(a, i)) bwi_buffer_format(out, " %s", checks[i]);
  bwi_buffer_text(out, "\n");
}

/* ---- statement ---- */

static void put_checks(bwi_json_writer *w, const char *key, const bw_audit *a, bool failed) {
  bwi_json_key(w, key);
  bwi_json_open(w, '[');
  for (size_t i = 0; i < N_CHECKS; i++)
    if (is_wanted(a, i) && has_failed(a, checks[i]) == failed) bwi_json_string(w, checks[i]);
  bwi_json_close(w, ']');
}

static void put_findings(bwi_json_writer *w, const bw_audit *a) {
  bwi_json_key(w, "findings");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < a->count; i++) {
    bwi_json_open(w, '{');
    bwi_json_text(w, "check", a->items[i].check);
    bwi_json_text(w, "path", a->items[i].path);
    bwi_json_text(w, "text", a->items[i].text);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

static void put_statement(bwi_json_writer *w, const bw_audit *a) {
  char when[BWI_TIME_BYTES];
  bwi_json_open(w, '{');
  bwi_json_text(w, "_type", BWI_STATEMENT_TYPE);
  bwi_event_put_artifacts(w, "subject", &a->subject, 1);
  bwi_json_text(w, "predicateType", "https://in-toto.io/attestation/test-result/v0.1");
  bwi_json_key(w, "predicate");
  bwi_json_open(w, '{');
  bwi_json_text(w, "result", a->count == 0 ? "PASSED" : "FAILED");
  bwi_event_put_artifacts(w, "configuration", &a->rules, 1);
  put_checks(w, "passedTests", a, false);
  put_checks(w, "failedTests", a, true);
  bwi_json_text(w, "time", bwi_time_text(when, a->time) ? when : "");
  put_findings(w, a);
  bwi_json_close(w, '}');
  bwi_json_close(w, '}');
}

bw_status bw_audit_text(char **out, const bw_audit *audit, int json, bw_error *err) {
  if (out == NULL || audit == NULL) return BW_FAIL(err, BW_EINVAL, "no audit");
  bwi_buffer text = {0};
  if (json != 0) {
    put_statement(&(bwi_json_writer){.out = &text}, audit);
    bwi_buffer_text(&text, "\n");
  } else {
    put_summary(&text, audit);
    put_text(&text, audit);
  }
  return bwi_buffer_take(out, &text, err);
}

/* ---- signed ---- */

bw_status bw_audit_sign(char **out, const bw_audit *audit, const char *key_path, int passphrase_fd,
                        bw_error *err) {
  if (out == NULL || audit == NULL || key_path == NULL) return BW_FAIL(err, BW_EINVAL, "no audit or key");
  bwi_key *key = NULL;
  bwi_buffer statement = {0}, envelope = {0};
  put_statement(&(bwi_json_writer){.out = &statement}, audit);
  bw_status status = statement.failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a report") : BW_OK;
  if (status == BW_OK) status = bwi_key_read_private(&key, key_path, passphrase_fd, err);
  if (status == BW_OK)
    status =
        bwi_log_entry_seal(&envelope, (bwi_bytes){(const uint8_t *)statement.data, statement.size}, key, err);
  bwi_key_free(key);
  bwi_buffer_free(&statement);
  if (status == BW_OK) return bwi_buffer_take(out, &envelope, err);
  bwi_buffer_free(&envelope);
  return status;
}

static bw_status read_report(bwi_buffer *out, bwi_bytes report, bwi_bytes pem, bw_error *err) {
  bwi_key *key = NULL;
  bwi_envelope envelope = {0};
  BW_TRY(bwi_key_read_public(&key, pem, err));
  const bw_status status = bwi_log_entry_open(&envelope, report, key, err);
  bwi_key_free(key);
  if (status != BW_OK) return status;
  bwi_buffer_put(out, envelope.payload.data, envelope.payload.size);
  bwi_envelope_clear(&envelope);
  return BW_OK;
}

enum { MAX_KEY_BYTES = 16384, MAX_REPORT_BYTES = 1 << 30 };

bw_status bw_audit_read(char **out, const char *report_path, const char *key_path, bw_error *err) {
  if (out == NULL || report_path == NULL || key_path == NULL)
    return BW_FAIL(err, BW_EINVAL, "no report or key");
  bwi_bytes report = {0}, pem = {0};
  bwi_buffer text = {0};
  bw_status status = bwi_file_read(&report, report_path, MAX_REPORT_BYTES, err);
  if (status == BW_OK) status = bwi_file_read(&pem, key_path, MAX_KEY_BYTES, err);
  if (status == BW_OK) status = read_report(&text, report, pem, err);
  bwi_free((void *)(uintptr_t)report.data);
  bwi_free((void *)(uintptr_t)pem.data);
  if (status == BW_OK) return bwi_buffer_take(out, &text, err);
  bwi_buffer_free(&text);
  return status;
}
