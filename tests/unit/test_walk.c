/* SPDX-License-Identifier: Apache-2.0 */
#include "base/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "test_walk-XXXXXX";
static int root = -1;

static void put_file(const char *path, const char *text, mode_t mode) {
  const int file = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), strlen(text));
  assert_int_equal(fchmod(file, mode), 0);
  assert_int_equal(close(file), 0);
}

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL || bwi_walk_open_root(&root, folder, NULL) != BW_OK) return -1;
  assert_int_equal(mkdirat(root, "a", 0750), 0);
  assert_int_equal(mkdirat(root, "a/empty", 0700), 0);
  put_file("a/one", "1", 0640);
  put_file("a-b", "22", 0600);
  put_file("\xC3\xA4", "333", 0604);
  put_file("z", "", 0600);
  assert_int_equal(symlinkat("a/one", root, "link"), 0);
  assert_int_equal(symlinkat("a", root, "door"), 0);
  assert_int_equal(mkfifoat(root, "pipe", 0600), 0);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const files[] = {"a/one", "a-b", "\xC3\xA4", "z", "link", "door", "pipe"};
  for (size_t i = 0; i < COUNT(files); i++) (void)unlinkat(root, files[i], 0);
  (void)unlinkat(root, "a/empty", AT_REMOVEDIR);
  (void)unlinkat(root, "a", AT_REMOVEDIR);
  (void)close(root);
  return rmdir(folder);
}

static void test_lists_in_order_and_follows_nothing(void **state) {
  (void)state;
  static const bwi_walk_entry wanted[] = {
      {"a", BWI_WALK_FOLDER, 0750, 0},       {"a-b", BWI_WALK_FILE, 0600, 2},
      {"a/empty", BWI_WALK_FOLDER, 0700, 0}, {"a/one", BWI_WALK_FILE, 0640, 1},
      {"door", BWI_WALK_SYMLINK, 0, 0},      {"link", BWI_WALK_SYMLINK, 0, 0},
      {"pipe", BWI_WALK_SPECIAL, 0600, 0},   {"z", BWI_WALK_FILE, 0600, 0},
      {"\xC3\xA4", BWI_WALK_FILE, 0604, 3},
  };
  bwi_walk walk = {0};
  bw_error err;
  if (bwi_walk_below(&walk, root, NULL, NULL, &err) != BW_OK) fail_msg("%s", err.text);
  assert_int_equal(walk.count, COUNT(wanted));
  for (size_t i = 0; i < COUNT(wanted); i++) {
    assert_string_equal(walk.entries[i].path, wanted[i].path);
    assert_int_equal(walk.entries[i].kind, wanted[i].kind);
    assert_int_equal(walk.entries[i].n_bytes, wanted[i].n_bytes);
    if (wanted[i].kind != BWI_WALK_SYMLINK) assert_int_equal(walk.entries[i].mode, wanted[i].mode);
  }
  bwi_walk_clear(&walk);
}

static bool is_named(const bwi_walk_entry *entry, void *payload) {
  return strcmp(entry->path, payload) == 0;
}

static void test_skips(void **state) {
  (void)state;
  bwi_walk walk = {0};
  assert_int_equal(bwi_walk_below(&walk, root, is_named, (void *)"a", NULL), BW_OK);
  assert_int_equal(walk.count, 6);
  assert_string_equal(walk.entries[0].path, "a-b");
  bwi_walk_clear(&walk);
}

static void test_opens_only_what_lies_below(void **state) {
  (void)state;
  static const struct {
    const char *path;
    bw_status status;
  } rows[] = {
      {"a/one", BW_OK},       {"a", BW_OK},         {"", BW_OK},       {"pipe", BW_OK},
      {"link", BW_EIO},       {"door/one", BW_EIO}, {"../x", BW_EIO},  {"a/../a-b", BW_EIO},
      {"/etc/hosts", BW_EIO}, {"absent", BW_EIO},   {"z/one", BW_EIO}, {"a/absent", BW_EIO},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    int file = -2;
    bw_error err = {BW_OK, 0, ""};
    if (bwi_walk_open_below(&file, root, rows[i].path, &err) != rows[i].status)
      fail_msg("%s: %s", rows[i].path, err.text);
    if (rows[i].status == BW_OK) {
      assert_int_equal(close(file), 0);
    } else {
      assert_int_equal(file, -2);
      assert_non_null(strstr(err.text, rows[i].path));
    }
  }
}

/* Deeper than may be: refused, not followed for ever. */
static void test_depth_is_bounded(void **state) {
  (void)state;
  char path[2 * BWI_WALK_MAX_DEPTH + 8] = "";
  bwi_walk walk = {0};
  bw_error err;
  for (int depth = 1; depth <= BWI_WALK_MAX_DEPTH; depth++) {
    if (depth == BWI_WALK_MAX_DEPTH) {
      assert_int_equal(bwi_walk_below(&walk, root, NULL, NULL, NULL), BW_OK);
      bwi_walk_clear(&walk);
    }
    strncat(path, depth == 1 ? "d" : "/d", 3);
    assert_int_equal(mkdirat(root, path, 0700), 0);
  }
  assert_int_equal(bwi_walk_below(&walk, root, NULL, NULL, &err), BW_ELIMIT);
  assert_non_null(strstr(err.text, "64 folders deep"));
  assert_null(walk.entries);
  while (path[0] != '\0') {
    assert_int_equal(unlinkat(root, path, AT_REMOVEDIR), 0);
    path[strlen(path) > 1 ? strlen(path) - 2 : 0] = '\0';
  }
}

static void test_no_folder(void **state) {
  (void)state;
  int none = -2;
  char file[64];
  (void)snprintf(file, sizeof file, "%s/z", folder);
  assert_int_equal(bwi_walk_open_root(&none, file, NULL), BW_EIO);
  assert_int_equal(bwi_walk_open_root(&none, "absent", NULL), BW_EIO);
  assert_int_equal(none, -2);
}

static bw_status attempt(void *payload) {
  (void)payload;
  bwi_walk walk = {0};
  const bw_status status = bwi_walk_below(&walk, root, NULL, NULL, NULL);
  bwi_walk_clear(&walk);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(attempt, NULL), 10); /* nine paths and the list */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lists_in_order_and_follows_nothing),
      cmocka_unit_test(test_skips),
      cmocka_unit_test(test_opens_only_what_lies_below),
      cmocka_unit_test(test_depth_is_bounded),
      cmocka_unit_test(test_no_folder),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests_name("walk", tests, make_folder, remove_folder);
}
