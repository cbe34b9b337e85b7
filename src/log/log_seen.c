/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log_seen.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

static bw_status check_consistency(const bwi_checkpoint *seen, bwi_log_store *s, bw_error *err) {
  const bwi_merkle_tree tree = bwi_tiles_tree(s->tiles);
  bwi_merkle_proof proof;
  bool holds = false;
  BW_TRY(bwi_merkle_consistency(&proof, &tree, seen->size, s->checkpoint.size, err));
  BW_TRY(bwi_merkle_check_consistency(&holds, tree.sha256, seen->size, &seen->head, s->checkpoint.size,
                                      &s->checkpoint.head, &proof, err));
  if (!holds)
    return BW_FAIL(err, BW_EUNTRUSTED,
                   "the log was forked: its first %" PRIu64 " entries are not those that were seen before",
                   seen->size);
  return BW_OK;
}

static bw_status compare(bool *is_newer, bwi_bytes note, bwi_log_store *s, bw_error *err) {
  bwi_checkpoint seen;
  BW_TRY(bwi_checkpoint_open(&seen, note, &s->key, err));
  if (seen.size > s->checkpoint.size)
    return BW_FAIL(err, BW_EUNTRUSTED,
                   "the log was rolled back: it has %" PRIu64 " entries, and %" PRIu64 " were seen before",
                   s->checkpoint.size, seen.size);
  *is_newer = seen.size < s->checkpoint.size;
  return check_consistency(&seen, s, err);
}

bw_status bwi_log_seen_check(const char *path, bwi_log_store *store, bw_error *err) {
  struct stat info;
  bool is_newer = true;
  if (stat(path, &info) == 0) {
    bwi_bytes note = {0};
    bw_error why = {.offset = BW_NO_OFFSET};
    BW_TRY(bwi_file_read(&note, path, BWI_NOTE_MAX_BYTES, err));
    const bw_status status = compare(&is_newer, note, store, &why);
    bwi_free((void *)(uintptr_t)note.data);
    if (status != BW_OK) return BW_FAIL_AT(err, status, why.offset, "%s (%s)", why.text, path);
  }
  return is_newer ? bwi_file_write(path, store->note.data, store->note.size, err) : BW_OK;
}
