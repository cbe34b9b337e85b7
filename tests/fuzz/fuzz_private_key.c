/* SPDX-License-Identifier: Apache-2.0 */
/* Files of private keys: deterministic, frees all, and a key that was read is the same after it was written
 * and read again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "fuzz.h"

/* The reader takes a path; the file goes when the process ends. */
static char path[] = "/tmp/fuzz_private_key-XXXXXX";

static void remove_file(void) {
  (void)unlink(path);
}

static void make_file(void) {
  const int file = mkstemp(path);
  fuzz_assert(file >= 0 && close(file) == 0 && atexit(remove_file) == 0, "a file to read from");
}

static void check_written(const bwi_key *key) {
  bwi_key *again = NULL;
  fuzz_assert(unlink(path) == 0, "a name for the key");
  fuzz_assert(bwi_key_write_private(key, path, NULL, 0, NULL) == BW_OK, "a key that was read can be written");
  fuzz_assert(bwi_key_read_private(&again, path, -1, NULL) == BW_OK, "and read");
  fuzz_assert(bwi_key_same(key, again), "the same key");
  bwi_key_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool made;
  const uint64_t blocks = bwi_memory_live_blocks();
  bwi_key *key = NULL, *again = NULL;
  bw_error why = {0}, why_again = {0};
  if (!made) make_file();
  made = true;
  fuzz_assert(bwi_file_write(path, data, size, NULL) == BW_OK, "a file to read from");
  const bw_status status = bwi_key_read_private(&key, path, -1, &why);
  const bw_status status_again = bwi_key_read_private(&again, path, -1, &why_again);
  /* An encrypted key, for which there is no passphrase, is the caller's fault. */
  if (status == BW_EINVAL)
    fuzz_assert(status_again == BW_EINVAL, "the same bytes get the same status");
  else
    fuzz_check_answers(status, &why, status_again, &why_again, size);
  if (status == BW_OK) check_written(key);
  bwi_key_free(key);
  bwi_key_free(again);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
