/* SPDX-License-Identifier: Apache-2.0 */
/* Audits: each rule finds what breaks it, and nothing else. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#include <bulwark/audit.h>
#include <bulwark/log.h>
#include <bulwark/seal.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void check_ok(bw_status status, const bw_error *err) {
  if (status != BW_OK) fail_msg("%s", err->text);
}

static void make_key(const char *name, const char *public_name) {
  bw_key_options how;
  bw_error err;
  bw_key_options_init(&how, sizeof how);
  how.kind = BW_KEY_ED25519;
  check_ok(bw_key_create(scratch(name), scratch(public_name), &how, &err), &err);
}

static void log_event(const char *what) {
  bw_log *log = NULL;
  bw_log_event event;
  uint64_t index = 0;
  bw_error err;
  const char *const subject[] = {scratch("data")};
  check_ok(bw_log_open(&log, scratch("events"), NULL, &err), &err);
  bw_log_event_init(&event, sizeof event);
  event.what = what;
  event.subjects = subject;
  event.n_subjects = 1;
  check_ok(bw_log_add(&index, log, &event, scratch("key"), -1, &err), &err);
  bw_log_free(log);
}

static int set_up(void **state) {
  bw_seal_options how;
  bw_error err;
  if (scratch_make(state) != 0) return -1;
  make_key("key", "key.pub");
  scratch_put("data/a", "a", 1);
  scratch_put("data/b", "b", 1);
  bw_seal_options_init(&how, sizeof how);
  how.key_path = scratch("key");
  check_ok(bw_seal(NULL, scratch("data"), &how, &err), &err);
  check_ok(bw_log_create(scratch("events"), "example.org/data", scratch("key"), -1, &err), &err);
  log_event("ingest");
  return 0;
}

static bw_audit *audited(const char *policy) {
  bw_audit *audit = NULL;
  bw_error err;
  scratch_put("policy.json", policy, strlen(policy));
  check_ok(bw_audit_data(&audit, scratch("data"), scratch("policy.json"), &err), &err);
  return audit;
}

/* "check path: text" of each finding, '|' between them. */
static void told(char *out, size_t size, const char *policy) {
  bw_audit *audit = audited(policy);
  out[0] = '\0';
  for (size_t i = 0; i < bw_audit_count(audit); i++) {
    const bw_audit_finding *f = bw_audit_at(audit, i);
    const size_t used = strlen(out);
    (void)snprintf(out + used, size - used, "%s%s %s: %s", used > 0 ? "|" : "", f->check, f->path, f->text);
  }
  bw_audit_free(audit);
}

static void check_told(const char *policy, const char *wanted) {
  char text[2048];
  told(text, sizeof text, policy);
  if (strcmp(text, wanted) != 0) fail_msg("%s: %s, wanted %s", policy, text, wanted);
}

static void check_begins(const char *policy, const char *wanted) {
  char text[2048];
  told(text, sizeof text, policy);
  if (strncmp(text, wanted, strlen(wanted)) != 0) fail_msg("%s: %s, wanted %s", policy, text, wanted);
}

static void asks_nothing_unasked(void **state) {
  (void)state;
  assert_int_equal(chmod(scratch("data/a"), 0777), 0);
  check_told("{}", "");
  assert_int_equal(chmod(scratch("data/a"), 0644), 0);
}

static void looks_at_owners(void **state) {
  (void)state;
  char policy[128], wanted[512];
  const unsigned user = (unsigned)getuid(), other = user + 1;
  (void)snprintf(policy, sizeof policy, "{\"owners\": [%u]}", user);
  check_told(policy, "");
  (void)snprintf(policy, sizeof policy, "{\"owners\": [%u]}", other);
  (void)snprintf(wanted, sizeof wanted,
                 "owner .: belongs to user %u|owner a: belongs to user %u|owner b: belongs to user %u", user,
                 user, user);
  check_told(policy, wanted);
  struct stat info;
  assert_int_equal(stat(scratch("data/a"), &info), 0);
  (void)snprintf(policy, sizeof policy, "{\"groups\": [%u]}", (unsigned)info.st_gid + 1);
  check_begins(policy, "group .: belongs to group ");
}

static void looks_at_modes(void **state) {
  (void)state;
  assert_int_equal(chmod(scratch("data"), 0700), 0);
  assert_int_equal(chmod(scratch("data/a"), 0666), 0);
  assert_int_equal(chmod(scratch("data/b"), 0400), 0);
  check_told("{\"mode\": \"0644\"}", "mode a: mode 0666 grants more than 0644");
  check_told("{\"mode\": \"0444\", \"folder_mode\": \"0500\"}",
             "mode .: mode 0700 grants more than 0500|mode a: mode 0666 grants more than 0444");
  assert_int_equal(chmod(scratch("data/a"), 04644), 0);
  check_told("{\"mode\": \"0644\"}", "mode a: mode 4644 grants more than 0644");
  assert_int_equal(chmod(scratch("data/a"), 0644), 0);
  assert_int_equal(chmod(scratch("data/b"), 0644), 0);
}

static void looks_at_the_folders_above(void **state) {
  (void)state;
  char folder[256], text[2048];
  (void)snprintf(folder, sizeof folder, "%s", scratch("data"));
  *strrchr(folder, '/') = '\0';
  assert_int_equal(chmod(folder, 0777), 0);
  told(text, sizeof text, "{\"parents\": true}");
  assert_non_null(strstr(text, "everybody may replace what is in it"));
  assert_int_equal(chmod(folder, 01777), 0);
  told(text, sizeof text, "{\"parents\": true}");
  assert_null(strstr(text, folder));
  assert_int_equal(chmod(folder, 0720), 0);
  told(text, sizeof text, "{\"parents\": true}");
  assert_non_null(strstr(text, " may replace what is in it"));
  assert_int_equal(chmod(folder, 0700), 0);
}

static void looks_at_symlinks(void **state) {
  (void)state;
  static const struct {
    const char *target, *inside, *none;
  } rows[] = {
      {"a", "", "symlinks link: a symlink"},
      {".", "", "symlinks link: a symlink"},
      {"../key", "symlinks link: a symlink that leads out of it", "symlinks link: a symlink"},
      {"/", "symlinks link: a symlink that leads out of it", "symlinks link: a symlink"},
      {"nowhere", "symlinks link: a symlink that leads nowhere", "symlinks link: a symlink"},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    assert_int_equal(symlink(rows[k].target, scratch("data/link")), 0);
    check_told("{\"symlinks\": \"inside\"}", rows[k].inside);
    check_told("{\"symlinks\": \"none\"}", rows[k].none);
    check_told("{\"symlinks\": \"any\"}", "");
    assert_int_equal(unlink(scratch("data/link")), 0);
  }
  assert_int_equal(mkfifo(scratch("data/pipe"), 0600), 0);
  check_told("{}", "special pipe: neither a file nor a folder");
  assert_int_equal(unlink(scratch("data/pipe")), 0);
}

static void looks_at_the_seal(void **state) {
  (void)state;
  char text[2048];
  check_told("{\"seal\": {\"keys\": [\"key.pub\"]}}", "");
  make_key("other", "other.pub");
  told(text, sizeof text, "{\"seal\": {\"keys\": [\"other.pub\"]}}");
  assert_non_null(strstr(text, "not trusted"));
  scratch_put("data/a", "A", 1);
  told(text, sizeof text, "{\"seal\": {\"keys\": [\"key.pub\"]}}");
  assert_non_null(
      strstr(text, "data.sig: is stale: 1 differences, the first at a; bulwark verify names all"));
  scratch_put("data/a", "a", 1);
  told(text, sizeof text, "{\"seal\": {\"keys\": [\"key.pub\"], \"signature\": \"none.sig\"}}");
  assert_non_null(strstr(text, "none.sig"));
}

static void looks_at_the_log(void **state) {
  (void)state;
  char text[2048], path[256];
  check_told("{\"log\": {\"path\": \"events\", \"events\": [\"ingest\"]}}", "");
  told(text, sizeof text, "{\"log\": {\"path\": \"events\", \"events\": [\"ingest\", \"approve\"]}}");
  assert_non_null(strstr(text, "events: has no event \"approve\" of what is there now"));
  scratch_put("data/a", "A", 1);
  told(text, sizeof text, "{\"log\": {\"path\": \"events\", \"events\": [\"ingest\"]}}");
  assert_non_null(strstr(text, "has no event \"ingest\" of what is there now"));
  scratch_put("data/a", "a", 1);
  told(text, sizeof text, "{\"log\": {\"path\": \"none\"}}");
  assert_non_null(strstr(text, "none: cannot open"));
  /* A replayed old head: the log as it was before an entry that was seen. */
  (void)snprintf(path, sizeof path, "%s", scratch("events/checkpoint"));
  assert_int_equal(link(path, scratch("old")), 0);
  log_event("approve");
  check_told("{\"log\": {\"path\": \"events\", \"events\": [\"approve\"]}}", "");
  assert_int_equal(rename(scratch("old"), path), 0);
  told(text, sizeof text, "{\"log\": {\"path\": \"events\"}}");
  assert_non_null(strstr(text, "rolled back: it has 1 entries, and 2 were seen before"));
}

static void signs_its_report(void **state) {
  (void)state;
  char *report = NULL, *text = NULL;
  bw_error err;
  bw_audit *audit = audited("{\"mode\": \"0600\"}");
  check_ok(bw_audit_sign(&report, audit, scratch("key"), -1, &err), &err);
  scratch_put("report", report, strlen(report));
  check_ok(bw_audit_read(&text, scratch("report"), scratch("key.pub"), &err), &err);
  bwi_json *d = NULL;
  assert_int_equal(bwi_json_parse(&d, (bwi_bytes){(const uint8_t *)text, strlen(text)}, 200, NULL), BW_OK);
  const bwi_json_at predicate = bwi_json_find(d, 0, "predicate");
  assert_string_equal(bwi_json_text_of(d, bwi_json_find(d, predicate, "result"), NULL), "FAILED");
  bwi_json_free(d);
  bwi_free(text);
  make_key("third", "third.pub");
  assert_int_equal(bw_audit_read(&text, scratch("report"), scratch("third.pub"), &err), BW_EUNTRUSTED);
  report[20] ^= 1;
  scratch_put("report", report, strlen(report));
  assert_int_not_equal(bw_audit_read(&text, scratch("report"), scratch("key.pub"), &err), BW_OK);
  bwi_free(report);
  check_ok(bw_audit_text(&text, audit, 0, &err), &err);
  assert_non_null(strstr(text, ", 2 findings: checked mode special\n"));
  bwi_free(text);
  bw_audit_free(audit);
}

static bw_status audit_all(void *payload) {
  bw_audit *audit = NULL;
  char *text = NULL, *report = NULL;
  (void)payload;
  bw_status status = bw_audit_data(&audit, scratch("data"), scratch("policy.json"), NULL);
  if (status == BW_OK) status = bw_audit_text(&text, audit, 1, NULL);
  if (status == BW_OK) status = bw_audit_sign(&report, audit, scratch("key"), -1, NULL);
  bwi_free(text);
  bwi_free(report);
  bw_audit_free(audit);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  static const char policy[] =
      "{\"mode\": \"0600\", \"parents\": true, \"acl\": false, \"symlinks\": \"inside\","
      "\"seal\": {\"keys\": [\"key.pub\"]}, \"log\": {\"path\": \"events\", \"events\": [\"scan\"]}}";
  scratch_put("policy.json", policy, sizeof policy - 1);
  assert_true(sweep_allocations(audit_all, NULL) > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(asks_nothing_unasked), cmocka_unit_test(looks_at_owners),
      cmocka_unit_test(looks_at_modes),       cmocka_unit_test(looks_at_the_folders_above),
      cmocka_unit_test(looks_at_symlinks),    cmocka_unit_test(looks_at_the_seal),
      cmocka_unit_test(signs_its_report),     cmocka_unit_test(survives_every_failing_allocation),
      cmocka_unit_test(looks_at_the_log),
  };
  return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
