/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_stream.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aead.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define NONCE_BYTES 16
#define SEALED_BYTES (BWI_AGE_CHUNK_BYTES + BWI_AEAD_TAG_BYTES)

/* How far around its place a chunk that does not open is looked for: 16 MiB, some tens of milliseconds. */
#define SEARCH_CHUNKS 256

typedef struct stream {
  bwi_aead *aead;
  bw_age_writer output;
  bwi_age_input *input;
  uint8_t *chunk; /* room for SEALED_BYTES */
  uint64_t index; /* of the chunk */
  const bw_progress *progress;
} stream;

static void make_nonce(uint8_t nonce[BWI_AEAD_NONCE_BYTES], uint64_t index, bool last) {
  memset(nonce, 0, BWI_AEAD_NONCE_BYTES);
  for (size_t i = 0; i < 8; i++) nonce[BWI_AEAD_NONCE_BYTES - 2 - i] = (uint8_t)(index >> (8 * i));
  nonce[BWI_AEAD_NONCE_BYTES - 1] = last ? 1 : 0;
}

static bw_status start(stream *s, const uint8_t nonce[NONCE_BYTES], bwi_age_secrets *secrets, bw_error *err) {
  const bwi_bytes file_key = {secrets->file_key, sizeof secrets->file_key};
  BW_TRY(bwi_hkdf(secrets->derived, file_key, (bwi_bytes){nonce, NONCE_BYTES}, "payload", err));
  s->chunk = bwi_alloc(SEALED_BYTES, 1);
  if (s->chunk == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a chunk");
  return bwi_aead_create(&s->aead, secrets->derived, err);
}

static void stop(stream *s) {
  bwi_aead_free(s->aead);
  if (s->chunk != NULL) bwi_wipe(s->chunk, SEALED_BYTES);
  bwi_free(s->chunk);
}

static bw_status report(const stream *s, const char *phase, bw_error *err) {
  const bw_tick tick = {.phase = phase, .done = s->input->offset, .robust = NAN};
  if (s->progress->call == NULL || s->progress->call(&tick, s->progress->payload) == 0) return BW_OK;
  return BW_FAIL(err, BW_ECANCEL, "cancelled at byte %" PRIu64, tick.done);
}

static bw_status write_chunk(const stream *s, size_t size, bw_error *err) {
  return size > 0 ? s->output.write(s->output.payload, s->chunk, size, err) : BW_OK;
}

/* The next chunk, of at most `most` bytes, and whether it is the last: nothing follows it. */
static bw_status peek_chunk(bwi_bytes *out, bool *last, const stream *s, size_t most, bw_error *err) {
  BW_TRY(bwi_age_input_peek(out, s->input, most + 1, err));
  *last = out->size <= most;
  if (!*last) out->size = most;
  return BW_OK;
}

/* ---- encrypting ---- */

static bw_status seal_chunk(stream *s, bool *last, bw_error *err) {
  bwi_bytes plain;
  uint8_t nonce[BWI_AEAD_NONCE_BYTES];
  BW_TRY(peek_chunk(&plain, last, s, BWI_AGE_CHUNK_BYTES, err));
  make_nonce(nonce, s->index++, *last);
  BW_TRY(bwi_aead_seal(s->chunk, s->aead, nonce, plain, err));
  bwi_age_input_skip(s->input, plain.size);
  BW_TRY(write_chunk(s, plain.size + BWI_AEAD_TAG_BYTES, err));
  return report(s, "encrypting", err);
}

bw_status bwi_age_stream_seal(bw_age_writer output, bwi_age_input *plain, bwi_age_secrets *secrets,
                              const bw_progress *progress, bw_error *err) {
  stream s = {.output = output, .input = plain, .progress = progress};
  uint8_t nonce[NONCE_BYTES];
  BW_TRY(bwi_random_bytes(nonce, sizeof nonce, err));
  BW_TRY(output.write(output.payload, nonce, sizeof nonce, err));
  bw_status status = start(&s, nonce, secrets, err);
  for (bool last = false; !last && status == BW_OK;) status = seal_chunk(&s, &last, err);
  stop(&s);
  return status;
}

/* ---- decrypting ---- */

static bw_status try_chunk(bool *authentic, const stream *s, bwi_bytes sealed, uint64_t index, bool last,
                           bw_error *err) {
  uint8_t nonce[BWI_AEAD_NONCE_BYTES];
  make_nonce(nonce, index, last);
  return bwi_aead_open(s->chunk, authentic, s->aead, nonce, sealed, err);
}

/* Where else the chunk would open: whoever moves or repeats chunks cannot change their numbers. */
static bw_status find_place(uint64_t *place, bool *found, const stream *s, bwi_bytes sealed, bw_error *err) {
  const uint64_t first = s->index > SEARCH_CHUNKS ? s->index - SEARCH_CHUNKS : 0;
  for (*place = first; *place <= s->index + SEARCH_CHUNKS; ++*place)
    for (int last = 0; last < 2; last++) {
      BW_TRY(try_chunk(found, s, sealed, *place, last != 0, err));
      if (*found) return BW_OK;
    }
  return BW_OK;
}

/* Says what happened to a chunk that does not open where it is. */
static bw_status name_failure(const stream *s, bwi_bytes sealed, bw_error *err) {
  uint64_t place = 0;
  bool found = false;
  BW_TRY(find_place(&place, &found, s, sealed, err));
  if (found && place != s->index)
    return BW_FAIL_AT(err, BW_EUNTRUSTED, s->input->offset,
                      "chunks were moved, repeated or removed: here should be chunk %" PRIu64
                      " and is %" PRIu64,
                      s->index, place);
  return BW_FAIL_AT(err, BW_EUNTRUSTED, s->input->offset,
                    "chunk %" PRIu64 " was altered, cut short or added to", s->index);
}

/* Opens the next chunk, which `ends` the input or not. A full chunk tells whether it was made as the last, so
 * that one with something missing or added behind it is authentic all the same: *fits is then false. */
static bw_status open_next(bool *fits, const stream *s, bwi_bytes sealed, bool ends, bw_error *err) {
  bool authentic = false;
  BW_TRY(try_chunk(&authentic, s, sealed, s->index, ends, err));
  *fits = authentic;
  if (!authentic && sealed.size == SEALED_BYTES)
    BW_TRY(try_chunk(&authentic, s, sealed, s->index, !ends, err));
  return authentic ? BW_OK : name_failure(s, sealed, err);
}

static bw_status open_chunk(stream *s, bool *ends, bw_error *err) {
  bwi_bytes sealed;
  bool fits = false;
  BW_TRY(peek_chunk(&sealed, ends, s, SEALED_BYTES, err));
  if (sealed.size < BWI_AEAD_TAG_BYTES)
    return BW_FAIL_AT(err, BW_EUNTRUSTED, s->input->offset, "truncated: chunk %" PRIu64 " is missing",
                      s->index);
  BW_TRY(open_next(&fits, s, sealed, *ends, err));
  if (sealed.size == BWI_AEAD_TAG_BYTES && s->index > 0)
    return BW_FAIL_AT(err, BW_EFORMAT, s->input->offset, "the last chunk is empty, and not the only one");
  bwi_age_input_skip(s->input, sealed.size);
  BW_TRY(write_chunk(s, sealed.size - BWI_AEAD_TAG_BYTES, err));
  if (!fits)
    return BW_FAIL_AT(err, BW_EUNTRUSTED, s->input->offset, "%s: chunk %" PRIu64 " %s",
                      *ends ? "truncated" : "something was appended", s->index,
                      *ends ? "is not the last one" : "is the last one");
  s->index++;
  return report(s, "decrypting", err);
}

bw_status bwi_age_stream_open(bw_age_writer output, bwi_age_input *sealed, bwi_age_secrets *secrets,
                              const bw_progress *progress, bw_error *err) {
  stream s = {.output = output, .input = sealed, .progress = progress};
  bwi_bytes nonce;
  BW_TRY(bwi_age_input_peek(&nonce, sealed, NONCE_BYTES, err));
  if (nonce.size < NONCE_BYTES)
    return BW_FAIL_AT(err, BW_EUNTRUSTED, sealed->offset, "truncated: the payload lacks its nonce");
  bwi_age_input_skip(sealed, NONCE_BYTES);
  bw_status status = start(&s, nonce.data, secrets, err);
  for (bool last = false; !last && status == BW_OK;) status = open_chunk(&s, &last, err);
  stop(&s);
  return status;
}
