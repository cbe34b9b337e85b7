/* SPDX-License-Identifier: Apache-2.0 */
/* The log as its users have it: events go in and come out in every form, and proofs are checked without it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "support/refusals.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#include <bulwark/log.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void make_key(const char *name, bwi_key_kind kind) {
  bwi_key *key = NULL;
  bw_error err;
  assert_int_equal(bwi_key_generate(&key, kind, NULL), BW_OK);
  if (bwi_key_write_private(key, scratch(name), NULL, 0, &err) != BW_OK) fail_msg("%s", err.text);
  bwi_key_free(key);
}

static int set_up(void **state) {
  if (scratch_make(state) != 0) return -1;
  make_key("key", BWI_ED25519);
  make_key("other", BWI_ED25519);
  make_key("p256", BWI_P256);
  scratch_put("data.csv", "a,b\n", 4);
  scratch_put("folder/x", "x", 1);
  scratch_put("folder/y", "y", 1);
  scratch_put("model", "weights", 7);
  return 0;
}

static void check_ok(bw_status status, const bw_error *err) {
  if (status != BW_OK) fail_msg("%s", err->text);
}

static bw_log *opened(const char *name) {
  bw_log *log = NULL;
  bw_error err;
  check_ok(bw_log_open(&log, scratch(name), NULL, &err), &err);
  return log;
}

static bw_log *created(const char *name) {
  bw_error err;
  check_ok(bw_log_create(scratch(name), "example.org/data", scratch("key"), -1, &err), &err);
  return opened(name);
}

/* "data.csv" is ingested, with "folder" it becomes "model", which is approved. */
static void tell_story(bw_log *log) {
  char data[256], folder[256], model[256];
  (void)snprintf(data, sizeof data, "%s", scratch("data.csv"));
  (void)snprintf(folder, sizeof folder, "%s", scratch("folder"));
  (void)snprintf(model, sizeof model, "%s", scratch("model"));
  const char *const sources[] = {"https://example.org/data.csv"}, *const inputs[] = {data, folder};
  const char *const outputs[] = {model}, *const settings[] = {"epochs=3", "note=a=b"};
  const char *const first[] = {data};
  const struct {
    const char *what;
    const char *const *subjects, *const *materials, *const *parameters;
    size_t n_subjects, n_materials, n_parameters;
  } rows[] = {{"ingest", first, sources, NULL, 1, 1, 0},
              {"train", outputs, inputs, settings, 1, 2, 2},
              {"approve", outputs, NULL, NULL, 1, 0, 0}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_log_event event;
    uint64_t index = 77;
    bw_error err;
    bw_log_event_init(&event, sizeof event);
    event.what = rows[k].what;
    event.by = "me";
    event.time = 1767323045;
    event.subjects = rows[k].subjects;
    event.n_subjects = rows[k].n_subjects;
    event.materials = rows[k].materials;
    event.n_materials = rows[k].n_materials;
    event.parameters = rows[k].parameters;
    event.n_parameters = rows[k].n_parameters;
    check_ok(bw_log_add(&index, log, &event, scratch("key"), -1, &err), &err);
    assert_int_equal(index, k);
    assert_int_equal(bw_log_count(log), k + 1);
  }
}

static void says_what_was_logged(void **state) {
  (void)state;
  bw_log *log = created("told");
  char *text = NULL, head[65];
  assert_int_equal(bw_log_count(log), 0);
  assert_string_equal(bw_log_origin(log), "example.org/data");
  assert_non_null(strstr(bw_log_key(log), "example.org/data+"));
  bw_log_head(log, head);
  assert_string_equal(head, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  tell_story(log);
  bw_log_free(log);
  log = opened("told");
  assert_int_equal(bw_log_verify(log, NULL), BW_OK);
  assert_int_equal(bw_log_text(&text, log, 1, 1, 0, NULL), BW_OK);
  assert_non_null(strstr(text, "1: train\n  time      2026-01-02T03:04:05Z\n  by        me\n  subject   "));
  assert_non_null(strstr(text, "/model  sha256:"));
  assert_non_null(strstr(text, "  with      epochs = 3\n  with      note = a=b\n"));
  bwi_free(text);
  assert_int_equal(bw_log_text(&text, log, 0, 3, 1, NULL), BW_OK);
  bwi_json *d = NULL;
  assert_int_equal(bwi_json_parse(&d, (bwi_bytes){(const uint8_t *)text, strlen(text)}, 100, NULL), BW_OK);
  const bwi_json_at first = bwi_json_first(d, bwi_json_find(d, 0, "entries"));
  assert_string_equal(bwi_json_text_of(d, bwi_json_find(d, first, "event"), NULL), "ingest");
  assert_string_equal(bwi_json_text_of(d, bwi_json_find(d, bwi_json_next(d, first), "event"), NULL), "train");
  bwi_json_free(d);
  bwi_free(text);
  bw_error err;
  assert_int_equal(bw_log_text(&text, log, 3, 1, 0, &err), BW_EINVAL);
  assert_string_equal(err.text, "there is no entry 3; the log has 3");
  bw_log_free(log);
}

static void traces_back_to_every_source(void **state) {
  (void)state;
  bw_log *log = created("traced");
  char *text = NULL;
  uint64_t n = 0;
  bw_error err;
  tell_story(log);
  check_ok(bw_log_lineage(&text, &n, log, scratch("model"), BW_LINEAGE_TREE, &err), &err);
  assert_int_equal(n, 3);
  assert_non_null(strstr(text, "├─ train #1  2026-01-02T03:04:05Z  by me\n"));
  assert_non_null(strstr(text, "│  │     └─ https://example.org/data.csv\n"));
  assert_non_null(strstr(text, "/folder  sha256:"));
  assert_non_null(strstr(text, "└─ approve #2"));
  bwi_free(text);
  static const bw_lineage_form forms[] = {BW_LINEAGE_JSON, BW_LINEAGE_DOT};
  for (size_t k = 0; k < COUNT(forms); k++) {
    check_ok(bw_log_lineage(&text, &n, log, scratch("data.csv"), forms[k], &err), &err);
    assert_int_equal(n, 1);
    bwi_free(text);
  }
  check_ok(bw_log_lineage(&text, &n, log, scratch("folder/x"), BW_LINEAGE_TREE, &err), &err);
  assert_int_equal(n, 0);
  assert_string_equal(text, "");
  bwi_free(text);
  assert_int_equal(bw_log_lineage(&text, &n, log, "https://example.org/data.csv", BW_LINEAGE_TREE, &err),
                   BW_EINVAL);
  assert_int_equal(bw_log_lineage(&text, &n, log, scratch("none"), BW_LINEAGE_TREE, &err), BW_EIO);
  bw_log_free(log);
}

static void put_export(const char *name, bw_log *log, uint64_t index, bw_log_form form) {
  char *text = NULL;
  bw_error err;
  check_ok(bw_log_export(&text, log, index, form, &err), &err);
  scratch_put(name, text, strlen(text));
  bwi_free(text);
}

static void proves_without_the_log(void **state) {
  (void)state;
  bw_log *log = created("proved");
  uint64_t index = 0;
  bw_error err;
  tell_story(log);
  for (uint64_t i = 0; i < 3; i++) {
    put_export("entry", log, i, BW_LOG_ENVELOPE);
    put_export("proof", log, i, BW_LOG_PROOF);
    check_ok(bw_log_check_proof(&index, scratch("proof"), scratch("entry"), bw_log_key(log), &err), &err);
    assert_int_equal(index, i);
  }
  check_ok(bw_log_check_proof(&index, scratch("proof"), scratch("entry"), scratch("proved/key"), &err), &err);
  put_export("entry", log, 0, BW_LOG_ENVELOPE);
  assert_int_equal(bw_log_check_proof(&index, scratch("proof"), scratch("entry"), bw_log_key(log), &err),
                   BW_EUNTRUSTED);
  assert_string_equal(err.text, "the proof does not hold: this is not entry 2 of 3");
  assert_int_equal(
      bw_log_check_proof(&index, scratch("proof"), scratch("entry"),
                         "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", &err),
      BW_EUNTRUSTED);
  assert_int_equal(bw_log_check_proof(&index, scratch("proof"), scratch("entry"), "nonsense", &err), BW_EIO);
  bw_log_free(log);
}

static uint64_t add_from(bw_log *log, const char *statement, const char *croissant, bw_error *err) {
  bw_log_event event;
  uint64_t index = UINT64_MAX;
  bw_log_event_init(&event, sizeof event);
  event.what = "ingest";
  event.statement_path = statement;
  event.croissant_path = croissant;
  return bw_log_add(&index, log, &event, scratch("key"), -1, err) == BW_OK ? index : UINT64_MAX;
}

static void takes_and_gives_what_others_write(void **state) {
  (void)state;
  bw_log *log = created("foreign");
  bw_error err;
  char *text = NULL;
  bwi_bytes statement = tests_file("fuzz/corpus/event/ok-slsa-1");
  bwi_bytes croissant = tests_file("fuzz/corpus/croissant/ok-1.0");
  scratch_put("statement", statement.data, statement.size);
  scratch_put("croissant", croissant.data, croissant.size);
  assert_int_equal(add_from(log, scratch("statement"), NULL, &err), 0);
  assert_int_equal(bw_log_export(&text, log, 0, BW_LOG_STATEMENT, NULL), BW_OK);
  assert_int_equal(strlen(text), statement.size);
  assert_memory_equal(text, statement.data, statement.size);
  bwi_free(text);
  assert_int_equal(add_from(log, NULL, scratch("croissant"), &err), 1);
  assert_int_equal(bw_log_export(&text, log, 1, BW_LOG_CROISSANT, NULL), BW_OK);
  assert_non_null(strstr(text, "\"contentUrl\":\"https://example.org/data.csv\""));
  bwi_free(text);
  scratch_put("statement", "{}", 2);
  assert_int_equal(add_from(log, scratch("statement"), NULL, &err), UINT64_MAX);
  assert_non_null(strstr(err.text, "/statement: there is no \"_type\""));
  assert_int_equal(bw_log_count(log), 2);
  bwi_free((void *)statement.data);
  bwi_free((void *)croissant.data);
  bw_log_free(log);
}

static void refuses_what_cannot_be_added(void **state) {
  (void)state;
  bw_log *log = created("refused");
  const char *const subject[] = {"0000000000000000000000000000000000000000000000000000000000000000"};
  const char *const missing[] = {"no-such-file"}, *const bare[] = {"epochs"}, *const nameless[] = {"=3"};
  const struct {
    const char *what, *key, *text;
    const char *const *subjects, *const *parameters;
    bw_status status;
  } rows[] = {
      {NULL, "key", "an event must have a name", subject, NULL, BW_EINVAL},
      {"train", "key", "an event must have a subject", NULL, NULL, BW_EINVAL},
      {"train", "key", "no-such-file", missing, NULL, BW_EIO},
      {"train", "key", "a parameter must be name=value, not epochs", subject, bare, BW_EINVAL},
      {"train", "key", "a parameter must be name=value, not =3", subject, nameless, BW_EINVAL},
      {"train", "other", "is not the key of the log example.org/data", subject, NULL, BW_EINVAL},
      {"train", "none", "none", subject, NULL, BW_EIO},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_log_event event;
    bw_error err;
    uint64_t index = 0;
    bw_log_event_init(&event, sizeof event);
    event.what = rows[k].what;
    event.subjects = rows[k].subjects;
    event.n_subjects = rows[k].subjects != NULL;
    event.parameters = rows[k].parameters;
    event.n_parameters = rows[k].parameters != NULL;
    const bw_status status = bw_log_add(&index, log, &event, scratch(rows[k].key), -1, &err);
    if (status != rows[k].status || strstr(err.text, rows[k].text) == NULL)
      fail_msg("row %zu: %s", k, err.text);
  }
  assert_int_equal(bw_log_count(log), 0);
  bw_error err;
  assert_int_equal(bw_log_create(scratch("p"), "a", scratch("p256"), -1, &err), BW_EINVAL);
  assert_int_equal(bw_log_create(scratch("p"), "a b", scratch("key"), -1, &err), BW_EINVAL);
  bw_log_free(log);
}

/* Two processes, or here two handles, add in turn: neither loses what the other added. */
static void adds_behind_what_others_added(void **state) {
  (void)state;
  bw_log *one = created("both"), *two = opened("both");
  tell_story(one);
  bw_error err;
  assert_int_equal(add_from(two, NULL, scratch("croissant"), &err), 3);
  assert_int_equal(bw_log_count(two), 4);
  assert_int_equal(add_from(one, NULL, scratch("croissant"), &err), 4);
  assert_int_equal(bw_log_verify(one, NULL), BW_OK);
  bw_log_free(one);
  bw_log_free(two);
}

/* A forger with a key of his own makes a log of the same name: it is not the one that was seen. */
static void sees_another_log_in_its_place(void **state) {
  (void)state;
  bw_log *log = created("real");
  bw_error err;
  tell_story(log);
  char key[256];
  (void)snprintf(key, sizeof key, "%s", bw_log_key(log));
  bw_log_free(log);
  assert_int_equal(rename(scratch("real"), scratch("aside")), 0);
  check_ok(bw_log_create(scratch("real"), "example.org/data", scratch("other"), -1, &err), &err);
  assert_int_equal(bw_log_open(&log, scratch("real"), NULL, &err), BW_EUNTRUSTED);
  bw_log_options options;
  bw_log_options_init(&options, sizeof options);
  options.key = key;
  options.seen_path = scratch("elsewhere");
  assert_int_equal(bw_log_open(&log, scratch("real"), &options, &err), BW_EUNTRUSTED);
  check_ok(bw_log_open(&log, scratch("aside"), &options, &err), &err);
  bw_log_free(log);
}

/* An entry that somebody else signed, put into the log by its keeper, is no event of the log. */
static void names_the_entry_that_is_wrong(void **state) {
  (void)state;
  bw_log *log = created("wrong");
  tell_story(log);
  bwi_bytes bytes;
  bw_error err;
  assert_int_equal(bwi_file_read(&bytes, scratch("wrong/tile/entries/000.p/3"), 1 << 20, NULL), BW_OK);
  ((uint8_t *)bytes.data)[bytes.size - 30] ^= 1;
  scratch_put("wrong/tile/entries/000.p/3", bytes.data, bytes.size);
  bwi_free((void *)bytes.data);
  assert_int_equal(bw_log_verify(log, &err), BW_EUNTRUSTED);
  assert_string_equal(err.text, "entry 2 is not the one that was logged");
  bw_log_free(log);
}

/* A log of its own each time: one that grows would not need the same memory twice. */
static bw_status use_log(void *payload) {
  unsigned *round = payload;
  char name[32];
  (void)snprintf(name, sizeof name, "swept-%u", (*round)++);
  bw_log *log = NULL;
  char *text = NULL, *told = NULL, *lineage = NULL;
  uint64_t n = 0;
  bw_log_event event;
  const char *const subject[] = {scratch("folder")};
  bw_log_event_init(&event, sizeof event);
  event.what = "scan";
  event.subjects = subject;
  event.n_subjects = 1;
  bw_status status = bw_log_create(scratch(name), "a", scratch("key"), -1, NULL);
  if (status == BW_OK) status = bw_log_open(&log, scratch(name), NULL, NULL);
  if (status == BW_OK) status = bw_log_add(&n, log, &event, scratch("key"), -1, NULL);
  if (status == BW_OK) status = bw_log_verify(log, NULL);
  if (status == BW_OK) status = bw_log_export(&text, log, 0, BW_LOG_PROOF, NULL);
  if (status == BW_OK) status = bw_log_text(&told, log, 0, 1, 1, NULL);
  if (status == BW_OK) status = bw_log_lineage(&lineage, &n, log, subject[0], BW_LINEAGE_TREE, NULL);
  bwi_free(text);
  bwi_free(told);
  bwi_free(lineage);
  bw_log_free(log);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  unsigned round = 0;
  assert_true(sweep_allocations(use_log, &round) > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(says_what_was_logged),
      cmocka_unit_test(traces_back_to_every_source),
      cmocka_unit_test(proves_without_the_log),
      cmocka_unit_test(takes_and_gives_what_others_write),
      cmocka_unit_test(refuses_what_cannot_be_added),
      cmocka_unit_test(adds_behind_what_others_added),
      cmocka_unit_test(sees_another_log_in_its_place),
      cmocka_unit_test(names_the_entry_that_is_wrong),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
