/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes (c2sp.org/signed-note) with Ed25519 (signature type 1): a text, an empty line, and a line for
 * each who signed. */
#ifndef LOG_NOTE_H
#define LOG_NOTE_H

#include "base/buffer.h"
#include "crypto/key.h"

#define BWI_NOTE_MAX_BYTES ((size_t)1 << 20)
#define BWI_NOTE_MAX_SIGNATURES 64

typedef struct bwi_note_signature {
  bwi_bytes name;
  bwi_bytes base64; /* of four bytes that name the key, and the signature */
} bwi_note_signature;

/* What it points to is the bytes that it was read from. */
typedef struct bwi_note {
  bwi_bytes text; /* what is signed, its last line feed included */
  size_t n_signatures;
  bwi_note_signature signatures[BWI_NOTE_MAX_SIGNATURES];
} bwi_note;

/* Reads a note; whether a signature holds is another question. BW_EFORMAT with the offset, BW_ELIMIT. */
bw_status bwi_note_read(bwi_note *out, bwi_bytes bytes, bw_error *err);

/* Who signs notes: a key under a name. */
typedef struct bwi_note_key {
  char *name;
  uint8_t id[4];
  bwi_key *key;
} bwi_note_key;

/* Takes the key over, also on failure. BW_EINVAL for a name that is empty or holds a space, a plus or a
 * control character, and for keys that are not Ed25519; BW_ENOMEM. */
bw_status bwi_note_key_create(bwi_note_key *out, const char *name, bwi_key *key, bw_error *err);
/* From its text, "name+1a2b3c4d+base64", with or without a line feed behind it. BW_EFORMAT, BW_ENOMEM. */
bw_status bwi_note_key_read(bwi_note_key *out, bwi_bytes text, bw_error *err);
void bwi_note_key_clear(bwi_note_key *key);
/* Its text, with a line feed. BW_ENOMEM. */
bw_status bwi_note_key_write(bwi_buffer *out, const bwi_note_key *key, bw_error *err);

/* Appends the note of a text that ends with a line feed. BW_EINVAL if the text has not the form, or the key
 * no private part; BW_ENOMEM. */
bw_status bwi_note_sign(bwi_buffer *out, bwi_bytes text, const bwi_note_key *key, bw_error *err);
/* BW_EUNTRUSTED if the note has no signature by the key, or one that does not hold. BW_ENOMEM. */
bw_status bwi_note_check(const bwi_note *note, const bwi_note_key *key, bw_error *err);

#endif
