/* SPDX-License-Identifier: Apache-2.0 */
#include "log/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/memory.h"

/* ---- lines ---- */

/* The next line without its line feed; false at the end of the text. */
static bool next_line(bwi_bytes *line, bwi_bytes text, size_t *at) {
  if (*at >= text.size) return false;
  const uint8_t *end = memchr(text.data + *at, '\n', text.size - *at);
  if (end == NULL) return false;
  *line = (bwi_bytes){text.data + *at, (size_t)(end - text.data) - *at};
  *at += line->size + 1;
  return true;
}

/* Digits without a zero in front, below 2^63. */
static bool read_number(uint64_t *out, bwi_bytes digits) {
  uint64_t value = 0;
  if (digits.size == 0 || digits.size > 19 || (digits.size > 1 && digits.data[0] == '0')) return false;
  for (size_t i = 0; i < digits.size; i++) {
    if (digits.data[i] < '0' || digits.data[i] > '9') return false;
    value = value * 10 + (uint64_t)(digits.data[i] - '0');
  }
  *out = value;
  return value <= BWI_MERKLE_MAX_SIZE;
}

static bw_status read_hash(bwi_merkle_hash *out, bwi_bytes line, size_t offset, bw_error *err) {
  bwi_bytes raw = {0};
  const bw_status status = bwi_base64_decode(&raw, line, BWI_BASE64, NULL);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "no memory for a hash");
  const bool fits = status == BW_OK && raw.size == sizeof out->bytes;
  if (fits) memcpy(out->bytes, raw.data, sizeof out->bytes);
  bwi_free((void *)(uintptr_t)raw.data);
  return fits ? BW_OK : BW_FAIL_AT(err, BW_EFORMAT, offset, "here should be 32 bytes in base64");
}

static void write_hash(bwi_buffer *out, const bwi_merkle_hash *hash) {
  bwi_base64_encode(out, (bwi_bytes){hash->bytes, sizeof hash->bytes}, BWI_BASE64);
  bwi_buffer_text(out, "\n");
}

/* ---- checkpoints ---- */

bw_status bwi_checkpoint_read(bwi_checkpoint *out, bwi_bytes text, bw_error *err) {
  bwi_checkpoint c;
  bwi_bytes line = {0};
  size_t at = 0;
  if (!next_line(&c.origin, text, &at) || c.origin.size == 0)
    return BW_FAIL_AT(err, BW_EFORMAT, 0, "a checkpoint must begin with the log's origin");
  size_t start = at;
  if (!next_line(&line, text, &at) || !read_number(&c.size, line))
    return BW_FAIL_AT(err, BW_EFORMAT, start, "the second line of a checkpoint must be the number of leaves");
  start = at;
  if (!next_line(&line, text, &at))
    return BW_FAIL_AT(err, BW_EFORMAT, start, "the third line of a checkpoint must be the head");
  BW_TRY(read_hash(&c.head, line, start, err));
  for (start = at; next_line(&line, text, &at); start = at)
    if (line.size == 0) return BW_FAIL_AT(err, BW_EFORMAT, start, "an empty line in a checkpoint");
  if (start != text.size) return BW_FAIL_AT(err, BW_EFORMAT, start, "a checkpoint must end with a line feed");
  *out = c;
  return BW_OK;
}

void bwi_checkpoint_write(bwi_buffer *out, const char *origin, uint64_t size, const bwi_merkle_hash *head) {
  bwi_buffer_format(out, "%s\n%" PRIu64 "\n", origin, size);
  write_hash(out, head);
}

bw_status bwi_checkpoint_open(bwi_checkpoint *out, bwi_bytes note, const bwi_note_key *key, bw_error *err) {
  bwi_note n;
  bwi_checkpoint c;
  BW_TRY(bwi_note_read(&n, note, err));
  BW_TRY(bwi_note_check(&n, key, err));
  BW_TRY(bwi_checkpoint_read(&c, n.text, err));
  if (c.origin.size != strlen(key->name) || memcmp(c.origin.data, key->name, c.origin.size) != 0)
    return BW_FAIL(err, BW_EUNTRUSTED, "the checkpoint is of another log than %s", key->name);
  *out = c;
  return BW_OK;
}

/* ---- proofs ---- */

static const char proof_magic[] = "c2sp.org/tlog-proof@v1", index_word[] = "index ", extra_word[] = "extra ";

static bool begins_with(bwi_bytes line, const char *word) {
  const size_t n = strlen(word);
  return line.data != NULL && line.size >= n && memcmp(line.data, word, n) == 0;
}

/* Behind a word at the beginning of the line. */
static bwi_bytes behind(bwi_bytes line, const char *word) {
  return (bwi_bytes){line.data + strlen(word), line.size - strlen(word)};
}

static bw_status check_extra(bwi_bytes base64, size_t offset, bw_error *err) {
  bwi_bytes raw = {0};
  const bw_status status = bwi_base64_decode(&raw, base64, BWI_BASE64, NULL);
  bwi_free((void *)(uintptr_t)raw.data);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "no memory for extra data");
  return status == BW_OK ? BW_OK : BW_FAIL_AT(err, BW_EFORMAT, offset, "the extra data must be base64");
}

static bw_status read_path(bwi_merkle_proof *out, bwi_bytes text, size_t *at, bw_error *err) {
  bwi_bytes line = {0};
  size_t start = *at;
  out->count = 0;
  for (; next_line(&line, text, at) && line.size > 0; start = *at) {
    if (out->count == BWI_MERKLE_MAX_PROOF)
      return BW_FAIL_AT(err, BW_ELIMIT, start, "more than %d hashes in a proof", BWI_MERKLE_MAX_PROOF);
    BW_TRY(read_hash(&out->hashes[out->count++], line, start, err));
  }
  return *at > start ? BW_OK
                     : BW_FAIL_AT(err, BW_EFORMAT, start, "an empty line must end the hashes of a proof");
}

bw_status bwi_log_proof_read(bwi_log_proof *out, bwi_bytes text, bw_error *err) {
  bwi_log_proof proof;
  bwi_bytes line = {0};
  size_t at = 0, start = 0;
  if (!next_line(&line, text, &at) || line.size != strlen(proof_magic) || !begins_with(line, proof_magic))
    return BW_FAIL_AT(err, BW_EFORMAT, 0, "a proof must begin with the line %s", proof_magic);
  start = at;
  if (next_line(&line, text, &at) && begins_with(line, extra_word)) {
    BW_TRY(check_extra(behind(line, extra_word), start, err));
    start = at;
    if (!next_line(&line, text, &at)) line = (bwi_bytes){NULL, 0};
  }
  if (!begins_with(line, index_word) || !read_number(&proof.index, behind(line, index_word)))
    return BW_FAIL_AT(err, BW_EFORMAT, start, "here should be \"index\" and the number of the entry");
  BW_TRY(read_path(&proof.path, text, &at, err));
  proof.checkpoint = (bwi_bytes){text.data + at, text.size - at};
  *out = proof;
  return BW_OK;
}

void bwi_log_proof_write(bwi_buffer *out, const bwi_log_proof *proof) {
  bwi_buffer_format(out, "%s\n%s%" PRIu64 "\n", proof_magic, index_word, proof->index);
  for (uint32_t i = 0; i < proof->path.count; i++) write_hash(out, &proof->path.hashes[i]);
  bwi_buffer_text(out, "\n");
  bwi_buffer_put(out, proof->checkpoint.data, proof->checkpoint.size);
}
