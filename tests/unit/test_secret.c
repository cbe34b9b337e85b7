/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#include "crypto/secret.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_blocks(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 4095, 4096, 70000};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    uint8_t *block = bwi_secret_alloc(sizes[i]);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(block[k], 0);
    memset(block, 0xA5, sizes[i]);
    bwi_secret_free(block);
  }
  bwi_secret_free(NULL);
  assert_null(bwi_secret_alloc(SIZE_MAX));
  assert_null(bwi_secret_alloc(SIZE_MAX - 4096));
}

/* Kilobytes that this process has locked, or -1. */
static long locked_kilobytes(void) {
  char line[128];
  long found = -1;
  FILE *file = fopen("/proc/self/status", "re");
  if (file == NULL) return -1;
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "VmLck:", 6) == 0) found = strtol(line + 6, NULL, 10);
  (void)fclose(file);
  return found;
}

static void test_blocks_are_locked(void **state) {
  (void)state;
  const long before = locked_kilobytes();
  void *block = bwi_secret_alloc(10000);
  const long during = locked_kilobytes();
  bwi_secret_free(block);
#ifdef __SANITIZE_ADDRESS__
  (void)before;
  (void)during;
  printf("SKIP test_blocks_are_locked: the sanitizer locks nothing\n");
#else
  if (before < 0) {
    printf("SKIP test_blocks_are_locked: no /proc/self/status\n");
    return;
  }
  assert_true(during >= before + 10);
  assert_int_equal(locked_kilobytes(), before);
#endif
}

static void test_wiping_and_comparing(void **state) {
  (void)state;
  uint8_t a[32], b[32];
  memset(a, 7, sizeof a);
  memset(b, 7, sizeof b);
  assert_true(bwi_secret_equal(a, b, sizeof a));
  b[31] = 6;
  assert_false(bwi_secret_equal(a, b, sizeof a));
  assert_true(bwi_secret_equal(a, b, 31));
  bwi_wipe(a, sizeof a);
  for (size_t i = 0; i < sizeof a; i++) assert_int_equal(a[i], 0);
}

/* ---- passphrases from a pipe ---- */

static int pipe_with(const char *text, size_t size) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], text, size), size);
  assert_int_equal(close(ends[1]), 0);
  return ends[0];
}

static void test_from_a_pipe(void **state) {
  (void)state;
  static const struct {
    const char *text, *passphrase;
    bw_status status;
  } rows[] = {
      {"open sesame\n", "open sesame", BW_OK},
      {"no newline", "no newline", BW_OK},
      {" spaces \n", " spaces ", BW_OK},
      {"\xC3\xA4\x03\x04\x7F\n", "\xC3\xA4\x03\x04\x7F", BW_OK},
      {"first\nsecond\n", "first", BW_OK},
      {"\n", NULL, BW_EINVAL},
      {"", NULL, BW_EINVAL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *got = NULL;
    size_t size = 0;
    const int from = pipe_with(rows[i].text, strlen(rows[i].text));
    assert_int_equal(bwi_secret_read_passphrase(&got, &size, from, true, NULL), rows[i].status);
    if (rows[i].status == BW_OK) {
      assert_int_equal(size, strlen(rows[i].passphrase));
      assert_memory_equal(got, rows[i].passphrase, size);
    }
    bwi_secret_free(got);
    assert_int_equal(close(from), 0);
  }
}

/* What follows the line is left for the next reader. */
static void test_takes_one_line(void **state) {
  (void)state;
  char *got = NULL;
  size_t size = 0;
  const int from = pipe_with("one\ntwo\n", 8);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(bwi_secret_read_passphrase(&got, &size, from, false, NULL), BW_OK);
    assert_memory_equal(got, i == 0 ? "one" : "two", 3);
    bwi_secret_free(got);
  }
  assert_int_equal(close(from), 0);
}

static void test_too_long_and_unreadable(void **state) {
  (void)state;
  char text[BWI_PASSPHRASE_MAX_BYTES + 1], *got = NULL;
  size_t size = 0;
  memset(text, 'x', sizeof text);
  int from = pipe_with(text, sizeof text);
  assert_int_equal(bwi_secret_read_passphrase(&got, &size, from, false, NULL), BW_EINVAL);
  assert_int_equal(close(from), 0);
  from = pipe_with(text, sizeof text - 1);
  assert_int_equal(bwi_secret_read_passphrase(&got, &size, from, false, NULL), BW_OK);
  assert_int_equal(size, BWI_PASSPHRASE_MAX_BYTES);
  bwi_secret_free(got);
  assert_int_equal(close(from), 0);
  got = NULL;
  assert_int_equal(bwi_secret_read_passphrase(&got, &size, -1, false, NULL), BW_EIO);
  assert_null(got);
}

/* ---- passphrases from a terminal ---- */

typedef struct typist {
  int master;
  const char *answers[2]; /* to one prompt after another; NULL: none is expected */
  char seen[256];         /* what the terminal showed */
  size_t n_seen;
} typist;

/* Waits until a prompt stands there, for echo is off only then. */
static void *type(void *argument) {
  typist *t = argument;
  for (int i = 0; i < 2 && t->answers[i] != NULL; i++) {
    size_t colons = 0;
    while (colons <= (size_t)i && t->n_seen + 1 < sizeof t->seen) {
      if (read(t->master, t->seen + t->n_seen, 1) != 1) return NULL;
      colons = 0;
      t->n_seen++;
      for (size_t k = 0; k + 1 < t->n_seen; k++) colons += memcmp(t->seen + k, ": ", 2) == 0;
    }
    if (write(t->master, t->answers[i], strlen(t->answers[i])) < 0) return NULL;
  }
  return NULL;
}

static bool echoes(int terminal) {
  struct termios now;
  assert_int_equal(tcgetattr(terminal, &now), 0);
  return (now.c_lflag & ECHO) != 0;
}

static void check_terminal(const char *first, const char *second, bw_status wanted, const char *passphrase) {
  typist t = {.answers = {first, second}};
  pthread_t thread;
  t.master = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(t.master >= 0 && grantpt(t.master) == 0 && unlockpt(t.master) == 0);
  const int terminal = open(ptsname(t.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(terminal >= 0);
  assert_int_equal(pthread_create(&thread, NULL, type, &t), 0);
  char *got = NULL;
  size_t size = 0;
  const bw_status status = bwi_secret_read_passphrase(&got, &size, terminal, second != NULL, NULL);
  assert_int_equal(pthread_join(thread, NULL), 0);
  if (status != wanted) fail_msg("%s: %s", first, bw_status_text(status));
  if (wanted == BW_OK) {
    assert_int_equal(size, strlen(passphrase));
    assert_memory_equal(got, passphrase, size);
  }
  assert_null(strstr(t.seen, "sesame"));
  assert_true(echoes(terminal));
  bwi_secret_free(got);
  assert_int_equal(close(terminal), 0);
  assert_int_equal(close(t.master), 0);
}

static void test_from_a_terminal(void **state) {
  (void)state;
  static const struct {
    const char *first, *second;
    bw_status status;
    const char *passphrase;
  } rows[] = {
      {"sesame\r", NULL, BW_OK, "sesame"},
      {"sesame\n", "sesame\n", BW_OK, "sesame"},
      {"sesame\n", "sesame!\n", BW_EINVAL, NULL},
      {"sesame\n", "seslam\n", BW_EINVAL, NULL},
      {"sex\x7Fsa\x08\x7F\xC3\xA4\x7Fsame\n", NULL, BW_OK, "sesame"},
      {"\x7F\x7Fsesame\x04", NULL, BW_OK, "sesame"},
      {"sesame\x03", NULL, BW_ECANCEL, NULL},
      {"\n", NULL, BW_EINVAL, NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++)
    check_terminal(rows[i].first, rows[i].second, rows[i].status, rows[i].passphrase);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blocks),
      cmocka_unit_test(test_blocks_are_locked),
      cmocka_unit_test(test_wiping_and_comparing),
      cmocka_unit_test(test_from_a_pipe),
      cmocka_unit_test(test_takes_one_line),
      cmocka_unit_test(test_too_long_and_unreadable),
      cmocka_unit_test(test_from_a_terminal),
  };
  return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
