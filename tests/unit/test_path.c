/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "test_path-XXXXXX";

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) return -1;
  return mkdir("a", 0700) == 0 && mkdir("a/b", 0700) == 0 && symlink("a/b", "link") == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  (void)unlink("link");
  (void)rmdir("a/b");
  (void)rmdir("a");
  return chdir("..") == 0 ? rmdir(folder) : -1;
}

static void test_split(void **state) {
  (void)state;
  static const struct {
    const char *path, *folder, *name;
  } rows[] = {
      {"x", ".", "x"},        {"x/", ".", "x"},      {"x//", ".", "x"},   {"a/x", "a", "x"},
      {"a/b/x/", "a/b", "x"}, {"/x", "/", "x"},      {"/a/x", "/a", "x"}, {".x", ".", ".x"},
      {"..x", ".", "..x"},    {"a/...", "a", "..."}, {"./x", ".", "x"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *before = NULL, *name = NULL;
    assert_int_equal(bwi_path_split(&before, &name, rows[i].path, NULL), BW_OK);
    if (strcmp(before, rows[i].folder) != 0 || strcmp(name, rows[i].name) != 0)
      fail_msg("%s: %s and %s", rows[i].path, before, name);
    bwi_free(before);
    bwi_free(name);
  }
}

static void test_split_resolves_dots(void **state) {
  (void)state;
  static const char *const paths[] = {".", "a/..", "a/b/../..", "./."};
  for (size_t i = 0; i < COUNT(paths); i++) {
    char *before = NULL, *name = NULL;
    assert_int_equal(bwi_path_split(&before, &name, paths[i], NULL), BW_OK);
    assert_string_equal(name, folder);
    assert_int_equal(before[0], '/');
    bwi_free(before);
    bwi_free(name);
  }
}

static void test_below(void **state) {
  (void)state;
  static const struct {
    const char *folder, *path, *below;
  } rows[] = {
      {"a", "a/x", "x"},    {"a", "a/b/x", "b/x"}, {"a", "link/x", "b/x"}, {"link", "a/b/x", "x"},
      {"a", "x", NULL},     {"a/b", "a/x", NULL},  {"a", "ax", NULL},      {".", "x", "x"},
      {".", "a/../x", "x"}, {"a", "a", NULL},      {"a/b", "a/b", NULL},   {"a", "a/b", "b"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *below = NULL;
    assert_int_equal(bwi_path_below(&below, rows[i].folder, rows[i].path, NULL), BW_OK);
    const bool same =
        below == NULL || rows[i].below == NULL ? below == rows[i].below : strcmp(below, rows[i].below) == 0;
    if (!same) fail_msg("%s in %s: %s", rows[i].path, rows[i].folder, below == NULL ? "not" : below);
    bwi_free(below);
  }
  char *below = NULL;
  assert_int_equal(bwi_path_below(&below, "absent", "x", NULL), BW_EIO);
  assert_int_equal(bwi_path_below(&below, "a", "absent/x", NULL), BW_EIO);
  assert_null(below);
}

static bw_status attempt(void *payload) {
  (void)payload;
  char *below = NULL;
  const bw_status status = bwi_path_below(&below, "a", "a/b/x", NULL);
  bwi_free(below);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(attempt, NULL), 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_split_resolves_dots),
      cmocka_unit_test(test_below),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests_name("path", tests, make_folder, remove_folder);
}
