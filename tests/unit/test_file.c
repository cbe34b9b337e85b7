/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <stdlib.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

static char folder[] = "test_file-XXXXXX";
static char path[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  (void)snprintf(path, sizeof path, "%s/file", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  (void)unlink(path);
  return rmdir(folder);
}

static void assert_holds(const char *text) {
  bwi_bytes bytes = {NULL, 0};
  bw_error err = {BW_OK, 0, ""};
  assert_int_equal(bwi_file_read(&bytes, path, 1000000, &err), BW_OK);
  assert_int_equal(bytes.size, strlen(text));
  assert_memory_equal(bytes.data, text, bytes.size);
  bwi_free((void *)bytes.data);
}

static void test_write_then_read(void **state) {
  (void)state;
  assert_int_equal(bwi_file_write(path, "one", 3, NULL), BW_OK);
  assert_holds("one");
  assert_int_equal(bwi_file_write(path, "a longer one", 12, NULL), BW_OK);
  assert_holds("a longer one");
  assert_int_equal(bwi_file_write(path, NULL, 0, NULL), BW_OK);
  assert_holds("");
}

static void test_permissions_follow_the_umask(void **state) {
  (void)state;
  const mode_t before = umask(027);
  assert_int_equal(bwi_file_write(path, "x", 1, NULL), BW_OK);
  (void)umask(before);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
}

static void test_size_limit(void **state) {
  (void)state;
  bwi_bytes bytes = {NULL, 99};
  bw_error err = {BW_OK, 0, ""};
  assert_int_equal(bwi_file_write(path, "12345", 5, NULL), BW_OK);
  assert_int_equal(bwi_file_read(&bytes, path, 4, &err), BW_ELIMIT);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(bytes.size, 99); /* untouched */
  assert_int_equal(bwi_file_read(&bytes, path, 5, &err), BW_OK);
  bwi_free((void *)bytes.data);
}

static void test_unreadable(void **state) {
  (void)state;
  char pipe[64], absent[64];
  (void)snprintf(pipe, sizeof pipe, "%s/pipe", folder);
  (void)snprintf(absent, sizeof absent, "%s/absent", folder);
  assert_int_equal(mkfifo(pipe, 0600), 0);
  const struct {
    const char *path, *reason;
  } rows[] = {
      {absent, "No such file"},
      {folder, "not a regular file"},
      {pipe, "not a regular file"}, /* and does not wait for a writer */
      {"/dev/zero", "not a regular file"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_bytes bytes = {NULL, 99};
    bw_error err = {BW_OK, 0, ""};
    assert_int_equal(bwi_file_read(&bytes, rows[i].path, 100, &err), BW_EIO);
    if (strstr(err.text, rows[i].path) == NULL || strstr(err.text, rows[i].reason) == NULL)
      fail_msg("%s", err.text);
    assert_int_equal(bytes.size, 99);
  }
  assert_int_equal(unlink(pipe), 0);
}

static size_t files_in_folder(void) {
  DIR *open_folder = opendir(folder);
  assert_non_null(open_folder);
  size_t count = 0;
  while (readdir(open_folder) != NULL) count++;
  (void)closedir(open_folder);
  return count;
}

static void test_failed_write_leaves_nothing(void **state) {
  (void)state;
  char inside[64], occupied[80];
  bw_error err = {BW_OK, 0, ""};
  (void)snprintf(inside, sizeof inside, "%s/no/such", folder);
  assert_int_equal(bwi_file_write(inside, "x", 1, &err), BW_EIO);
  assert_non_null(strstr(err.text, inside));

  /* A folder in the way fails at the last step, the rename. */
  (void)snprintf(occupied, sizeof occupied, "%s/occupied", folder);
  assert_int_equal(mkdir(occupied, 0700), 0);
  const size_t before = files_in_folder();
  assert_int_equal(bwi_file_write(occupied, "x", 1, &err), BW_EIO);
  assert_int_equal(files_in_folder(), before);
  assert_int_equal(rmdir(occupied), 0);
}

static bw_status write_and_read(void *payload) {
  (void)payload;
  bwi_bytes bytes = {NULL, 0};
  bw_status status = bwi_file_write(path, "text", 4, NULL);
  if (status == BW_OK) status = bwi_file_read(&bytes, path, 100, NULL);
  if (status == BW_OK) bwi_free((void *)bytes.data);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(write_and_read, NULL), 2);
}

/* ---- in parts, into memory that is there, and private ---- */

static bool exists(const char *name) {
  struct stat info;
  return stat(name, &info) == 0;
}

static void test_write_in_parts(void **state) {
  (void)state;
  bwi_file_writer w;
  (void)unlink(path);
  assert_int_equal(bwi_file_begin(&w, path, NULL), BW_OK);
  assert_int_equal(bwi_file_append(&w, "one ", 4, NULL), BW_OK);
  assert_int_equal(bwi_file_append(&w, "two", 3, NULL), BW_OK);
  assert_false(exists(path));
  assert_int_equal(bwi_file_commit(&w, NULL), BW_OK);
  assert_holds("one two");
}

static void test_discard_leaves_what_was_there(void **state) {
  (void)state;
  bwi_file_writer w;
  char name[128];
  assert_int_equal(bwi_file_write(path, "old", 3, NULL), BW_OK);
  assert_int_equal(bwi_file_begin(&w, path, NULL), BW_OK);
  (void)snprintf(name, sizeof name, "%s", w.name);
  assert_int_equal(bwi_file_append(&w, "new", 3, NULL), BW_OK);
  assert_true(exists(name));
  bwi_file_discard(&w);
  assert_false(exists(name));
  assert_holds("old");
  assert_int_equal(bwi_file_begin(&w, "/nonexistent/file", NULL), BW_EIO);
}

static void test_read_into(void **state) {
  (void)state;
  uint8_t room[5];
  size_t size = 99;
  bw_error err = {BW_OK, 0, ""};
  assert_int_equal(bwi_file_write(path, "12345", 5, NULL), BW_OK);
  assert_int_equal(bwi_file_read_into(room, 4, &size, path, &err), BW_ELIMIT);
  assert_non_null(strstr(err.text, "more than 4 bytes"));
  assert_int_equal(size, 99);
  assert_int_equal(bwi_file_read_into(room, 5, &size, path, &err), BW_OK);
  assert_int_equal(size, 5);
  assert_memory_equal(room, "12345", 5);
  assert_int_equal(bwi_file_read_into(room, 5, &size, "/nonexistent/file", &err), BW_EIO);
  assert_int_equal(bwi_file_read_into(room, 5, &size, folder, &err), BW_EIO);
}

static void test_create_private(void **state) {
  (void)state;
  struct stat info;
  (void)unlink(path);
  assert_int_equal(bwi_file_create_private(path, "key", 3, NULL), BW_OK);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_int_equal(bwi_file_create_private(path, "other", 5, NULL), BW_EIO);
  assert_holds("key");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_write_then_read),
      cmocka_unit_test(test_permissions_follow_the_umask),
      cmocka_unit_test(test_size_limit),
      cmocka_unit_test(test_unreadable),
      cmocka_unit_test(test_failed_write_leaves_nothing),
      cmocka_unit_test(test_allocation_failures),
      cmocka_unit_test(test_write_in_parts),
      cmocka_unit_test(test_discard_leaves_what_was_there),
      cmocka_unit_test(test_read_into),
      cmocka_unit_test(test_create_private),
  };
  return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
