/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs that are checked without the log, and the whole log. */
#include <inttypes.h>

#include "base/file.h"
#include "log/log.h"

/* ---- proofs ---- */

static bw_status check_leaf(const bwi_log_proof *proof, const bwi_checkpoint *c, bwi_bytes entry,
                            bwi_hash *sha256, bw_error *err) {
  bwi_merkle_hash leaf;
  bool holds = false;
  BW_TRY(bwi_merkle_leaf(&leaf, sha256, entry, err));
  BW_TRY(
      bwi_merkle_check_inclusion(&holds, sha256, &leaf, proof->index, c->size, &proof->path, &c->head, err));
  if (!holds)
    return BW_FAIL(err, BW_EUNTRUSTED, "the proof does not hold: this is not entry %" PRIu64 " of %" PRIu64,
                   proof->index, c->size);
  return BW_OK;
}

static bw_status check_proof(uint64_t *index, bwi_bytes text, bwi_bytes entry, const bwi_note_key *key,
                             bw_error *err) {
  bwi_log_proof proof;
  bwi_checkpoint c;
  bwi_envelope envelope;
  bwi_hash *sha256 = NULL;
  BW_TRY(bwi_log_proof_read(&proof, text, err));
  BW_TRY(bwi_checkpoint_open(&c, proof.checkpoint, key, err));
  BW_TRY(bwi_log_entry_open(&envelope, entry, key->key, err));
  bwi_envelope_clear(&envelope);
  BW_TRY(bwi_hash_create(&sha256, BWI_SHA256, err));
  const bw_status status = check_leaf(&proof, &c, entry, sha256, err);
  bwi_hash_free(sha256);
  if (status == BW_OK) *index = proof.index;
  return status;
}

bw_status bw_log_check_proof(uint64_t *index, const char *proof_path, const char *entry_path, const char *key,
                             bw_error *err) {
  if (index == NULL || proof_path == NULL || entry_path == NULL || key == NULL)
    return BW_FAIL(err, BW_EINVAL, "no proof, entry or key");
  bwi_note_key named = {0};
  bwi_bytes proof = {0}, entry = {0};
  bw_status status = bwi_log_key_read(&named, key, err);
  if (status == BW_OK) status = bwi_file_read(&proof, proof_path, BWI_NOTE_MAX_BYTES, err);
  if (status == BW_OK) status = bwi_file_read(&entry, entry_path, BWI_ENTRY_MAX_BYTES, err);
  if (status == BW_OK) status = check_proof(index, proof, entry, &named, err);
  bwi_note_key_clear(&named);
  bwi_free((void *)(uintptr_t)proof.data);
  bwi_free((void *)(uintptr_t)entry.data);
  return status;
}

/* ---- the whole log ---- */

static bw_status check_entry(void *payload, uint64_t index, bwi_bytes entry, bw_error *err) {
  const bw_log *log = payload;
  bwi_event event;
  BW_TRY(bwi_log_event_open(&event, index, entry, log->store.key.key, err));
  bwi_event_clear(&event);
  return BW_OK;
}

/* Reading all entries takes every tile of the lowest level, and these take the full ones above; partial ones
 * are the edge, which opening checks. */
bw_status bw_log_verify(bw_log *log, bw_error *err) {
  if (log == NULL) return BW_FAIL(err, BW_EINVAL, "no log");
  return bwi_log_visit(log, 0, log->store.checkpoint.size, check_entry, log, err);
}
