/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints (c2sp.org/tlog-checkpoint): which log, how many leaves, the head of their tree; and proofs of
 * inclusion that carry one (c2sp.org/tlog-proof). */
#ifndef LOG_CHECKPOINT_H
#define LOG_CHECKPOINT_H

#include "crypto/merkle.h"
#include "log/note.h"

typedef struct bwi_checkpoint {
  bwi_bytes origin; /* in the note's text */
  uint64_t size;
  bwi_merkle_hash head;
} bwi_checkpoint;

/* From the text of a note. Lines behind the third are let pass, as the specification wants. BW_EFORMAT with
 * the offset, BW_ENOMEM. */
bw_status bwi_checkpoint_read(bwi_checkpoint *out, bwi_bytes text, bw_error *err);
void bwi_checkpoint_write(bwi_buffer *out, const char *origin, uint64_t size, const bwi_merkle_hash *head);

/* Reads a note and its text and checks that the key signed it as the log of its own name. BW_EUNTRUSTED, and
 * as above. */
bw_status bwi_checkpoint_open(bwi_checkpoint *out, bwi_bytes note, const bwi_note_key *key, bw_error *err);

typedef struct bwi_log_proof {
  uint64_t index;
  bwi_merkle_proof path;
  bwi_bytes checkpoint; /* the note, in what was read */
} bwi_log_proof;

/* BW_EFORMAT with the offset, BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_log_proof_read(bwi_log_proof *out, bwi_bytes text, bw_error *err);
void bwi_log_proof_write(bwi_buffer *out, const bwi_log_proof *proof);

#endif
