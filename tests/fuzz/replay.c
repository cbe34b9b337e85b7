/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a target over a folder of inputs, for builds without libFuzzer. The start of a file's name (see
 * make_corpus.py) must be the answer. Counts the distinct answers, numbers left out, so that a reader that
 * refuses everything for one reason does not look healthy.
 * Usage: fuzz_x FOLDER FEWEST_DISTINCT_ANSWERS */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "fuzz.h"

#define MAX_ANSWERS 512

typedef struct tally {
  char answers[MAX_ANSWERS][BW_ERROR_TEXT_BYTES];
  int n_answers, n_files, n_accepted, n_wrong;
} tally;

static const char *answer_name(bw_status status) {
  switch (status) {
    case BW_OK: return "ok";
    case BW_EFORMAT: return "format";
    case BW_EUNSUPPORTED: return "unsupported";
    case BW_ELIMIT: return "limit";
    case BW_EUNTRUSTED: return "untrusted";
    default: return "neither";
  }
}

/* The text without its digits. */
static void add_answer(tally *t, const char *text) {
  char kind[BW_ERROR_TEXT_BYTES];
  size_t n = 0;
  for (; *text != '\0'; text++)
    if (!isdigit((unsigned char)*text)) kind[n++] = *text;
  kind[n] = '\0';
  for (int i = 0; i < t->n_answers; i++)
    if (strcmp(t->answers[i], kind) == 0) return;
  if (t->n_answers < MAX_ANSWERS) memcpy(t->answers[t->n_answers++], kind, n + 1);
}

static int run_file(tally *t, const char *folder, const char *name) {
  char path[1024];
  bwi_bytes bytes;
  bw_error err;
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  if (bwi_file_read(&bytes, path, (size_t)64 << 20, &err) != BW_OK) {
    fprintf(stderr, "%s\n", err.text);
    return 1;
  }
  (void)LLVMFuzzerTestOneInput(bytes.data, bytes.size);
  bwi_free((void *)bytes.data);
  const char *answer = answer_name(fuzz_answer.status);
  t->n_files++;
  t->n_accepted += fuzz_answer.status == BW_OK;
  add_answer(t, fuzz_answer.status == BW_OK ? "accepted" : fuzz_answer.text);
  if (strncmp(name, answer, strlen(answer)) != 0 || name[strlen(answer)] != '-') {
    printf("WRONG %s: %s at %lld: %s\n", name, answer, (long long)fuzz_answer.offset, fuzz_answer.text);
    t->n_wrong++;
  }
  return 0;
}

static int not_hidden(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
  static tally t;
  struct dirent **entries = NULL;
  if (argc != 3) return 2;
  const int n = scandir(argv[1], &entries, not_hidden, alphasort);
  if (n < 0) {
    perror(argv[1]);
    return 2;
  }
  int failed = 0;
  for (int i = 0; i < n; i++) {
    failed |= run_file(&t, argv[1], entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  const long fewest = strtol(argv[2], NULL, 10);
  printf("%d inputs, %d accepted, %d distinct answers (at least %ld wanted), %d wrong\n", t.n_files,
         t.n_accepted, t.n_answers, fewest, t.n_wrong);
  return failed || t.n_wrong > 0 || t.n_accepted == 0 || t.n_answers < fewest;
}
