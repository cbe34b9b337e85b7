/* SPDX-License-Identifier: Apache-2.0 */
/* What is decided before and after a transfer. Transfers themselves: tests/parity/fetch. */
#include <bulwark/fetch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "fetch/partial.h"
#include "support/sweep.h"
#include "support/unit.h"

#define DIGEST "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc" */
#define URL "https://127.0.0.1:1/file"

static char folder[] = "test_fetch-XXXXXX";
static char path[64], part[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  (void)snprintf(path, sizeof path, "%s/file", folder);
  (void)snprintf(part, sizeof part, "%s/.file.part", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder); /* every test leaves it empty */
}

static bool exists(const char *name) {
  struct stat info;
  return lstat(name, &info) == 0;
}

/* ---- options ---- */

static void refuses_what_makes_no_sense(void **state) {
  (void)state;
  static const struct {
    const char *url, *digest, *pin;
    uint64_t max_bytes;
    uint32_t stall_seconds;
    const char *why;
  } rows[] = {
      {"http://127.0.0.1/", DIGEST, NULL, 1, 1, "only https"},
      {"HTTPS://127.0.0.1/", DIGEST, NULL, 1, 1, "only https"},
      {URL, DIGEST, NULL, 0, 1, "above 0"},
      {URL, DIGEST, NULL, UINT64_MAX, 1, "above 0"},
      {URL, DIGEST, NULL, 1, 0, "above 0"},
      {URL, NULL, NULL, 1, 1, "the digest must be"},
      {URL, "sha256:", NULL, 1, 1, "the digest must be"},
      {URL, "sha1:ba78", NULL, 1, 1, "the digest must be"},
      {URL, "a-name-of-a-digest-that-is-long:00", NULL, 1, 1, "the digest must be"},
      {URL, DIGEST, "", 1, 1, "a pin must be"},
      {URL, DIGEST, "sha256//", 1, 1, "a pin must be"},
      {URL, DIGEST, "sha256//AAAA;sha256//AAAA", 1, 1, "a pin must be"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_fetch_options options;
    bw_error err = {.status = BW_OK};
    bw_fetch_options_init(&options, sizeof options);
    options.digest = rows[i].digest;
    options.pins = &rows[i].pin;
    options.n_pins = rows[i].pin != NULL ? 1 : 0;
    options.max_bytes = rows[i].max_bytes;
    options.stall_seconds = rows[i].stall_seconds;
    if (bw_fetch(path, rows[i].url, &options, &err) != BW_EINVAL || strstr(err.text, rows[i].why) == NULL)
      fail_msg("row %zu: \"%s\"", i, err.text);
    assert_false(exists(part));
  }
}

static void fails_where_nobody_listens(void **state) {
  (void)state;
  bw_fetch_options options;
  bw_error err = {.status = BW_OK};
  bw_fetch_options_init(&options, sizeof options);
  options.digest = DIGEST;
  const bw_status status = bw_fetch(path, URL, &options, &err);
  if (status == BW_EUNSUPPORTED) {
    printf("SKIP fails_where_nobody_listens: %s\n", err.text);
  } else {
    assert_int_equal(status, BW_EIO);
  }
  assert_false(exists(part));
  options.digest = DIGEST;
  assert_int_equal(bw_fetch("/nonexistent/file", URL, &options, &err), BW_EIO);
}

/* ---- the partial file ---- */

static void assert_digest(bwi_partial *p, const char *text) {
  uint8_t got[BWI_DIGEST_MAX_BYTES], wanted[BWI_DIGEST_MAX_BYTES];
  assert_int_equal(bwi_partial_digest(p, got, NULL), BW_OK);
  assert_int_equal(bwi_digest(wanted, BWI_SHA256, text, strlen(text), NULL), BW_OK);
  assert_memory_equal(got, wanted, 32);
}

static bwi_partial open_part(uint64_t max_bytes) {
  bwi_partial p;
  assert_int_equal(bwi_partial_open(&p, path, BWI_SHA256, max_bytes, NULL), BW_OK);
  return p;
}

static void gets_its_name_when_committed(void **state) {
  (void)state;
  bwi_partial p = open_part(100);
  assert_string_equal(p.name, part);
  assert_int_equal(bwi_partial_add(&p, "ab", 2, NULL), BW_OK);
  assert_int_equal(bwi_partial_add(&p, "c", 1, NULL), BW_OK);
  assert_digest(&p, "abc");
  assert_false(exists(path));
  assert_int_equal(bwi_partial_commit(&p, NULL), BW_OK);
  assert_true(exists(path));
  assert_false(exists(part));
  (void)unlink(path);
}

static void goes_on_with_what_was_kept(void **state) {
  (void)state;
  bwi_partial p = open_part(100);
  assert_int_equal(bwi_partial_add(&p, "ab", 2, NULL), BW_OK);
  bwi_partial_keep(&p);
  assert_true(exists(part));
  p = open_part(100);
  assert_int_equal(p.size, 2);
  assert_int_equal(bwi_partial_add(&p, "c", 1, NULL), BW_OK);
  assert_digest(&p, "abc");
  assert_int_equal(bwi_partial_restart(&p, NULL), BW_OK);
  assert_int_equal(p.size, 0);
  assert_int_equal(bwi_partial_add(&p, "d", 1, NULL), BW_OK);
  assert_digest(&p, "d");
  bwi_partial_keep(&p);
  p = open_part(100);
  assert_int_equal(p.size, 1);
  bwi_partial_discard(&p);
  assert_false(exists(part));
}

static void forgets_what_is_past_the_limit(void **state) {
  (void)state;
  for (uint64_t max_bytes = 2; max_bytes < 4; max_bytes++) {
    assert_int_equal(bwi_file_write(part, "abc", 3, NULL), BW_OK);
    bwi_partial p = open_part(max_bytes);
    assert_int_equal(p.size, max_bytes < 3 ? 0 : 3);
    bwi_partial_discard(&p);
  }
}

static void keeps_nothing_that_is_empty(void **state) {
  (void)state;
  bwi_partial p = open_part(100);
  bwi_partial_keep(&p);
  assert_false(exists(part));
}

static void refuses_other_kinds_of_file(void **state) {
  (void)state;
  bwi_partial p;
  assert_int_equal(symlink("file", part), 0);
  assert_int_equal(bwi_partial_open(&p, path, BWI_SHA256, 100, NULL), BW_EIO);
  assert_false(exists(path));
  (void)unlink(part);
  assert_int_equal(mkfifo(part, 0600), 0);
  assert_int_equal(bwi_partial_open(&p, path, BWI_SHA256, 100, NULL), BW_EIO);
  (void)unlink(part);
}

static bw_status open_and_discard(void *payload) {
  bwi_partial p;
  (void)payload;
  const bw_status status = bwi_partial_open(&p, path, BWI_SHA256, 100, NULL);
  if (status == BW_OK) bwi_partial_discard(&p);
  (void)unlink(part);
  return status;
}

static void survives_failing_allocations(void **state) {
  (void)state;
  assert_true(sweep_allocations(open_and_discard, NULL) >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_makes_no_sense),    cmocka_unit_test(fails_where_nobody_listens),
      cmocka_unit_test(gets_its_name_when_committed),   cmocka_unit_test(goes_on_with_what_was_kept),
      cmocka_unit_test(forgets_what_is_past_the_limit), cmocka_unit_test(keeps_nothing_that_is_empty),
      cmocka_unit_test(refuses_other_kinds_of_file),    cmocka_unit_test(survives_failing_allocations),
  };
  return cmocka_run_group_tests_name("fetch", tests, make_folder, remove_folder);
}
