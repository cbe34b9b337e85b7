/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/options.h"
#include "log/log_seen.h"

/* ---- keys ---- */

bw_status bwi_log_key_read(bwi_note_key *out, const char *text_or_path, bw_error *err) {
  const bwi_bytes text = {(const uint8_t *)text_or_path, strlen(text_or_path)};
  if (bwi_note_key_read(out, text, NULL) == BW_OK) return BW_OK;
  bwi_bytes bytes = {0};
  BW_TRY(bwi_file_read(&bytes, text_or_path, BWI_NOTE_MAX_BYTES, err));
  const bw_status status = bwi_note_key_read(out, bytes, err);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

/* The private key under the log's name. */
static bw_status read_signer(bwi_note_key *out, const char *origin, const char *key_path, int passphrase_fd,
                             bw_error *err) {
  bwi_key *key = NULL;
  BW_TRY(bwi_key_read_private(&key, key_path, passphrase_fd, err));
  return bwi_note_key_create(out, origin, key, err);
}

bw_status bw_log_create(const char *path, const char *origin, const char *key_path, int passphrase_fd,
                        bw_error *err) {
  bwi_note_key key;
  if (path == NULL || origin == NULL || key_path == NULL)
    return BW_FAIL(err, BW_EINVAL, "a log needs a folder, a name and a key");
  BW_TRY(read_signer(&key, origin, key_path, passphrase_fd, err));
  const bw_status status = bwi_log_store_create(path, &key, err);
  bwi_note_key_clear(&key);
  return status;
}

/* ---- opening ---- */

void bw_log_options_init(bw_log_options *options, size_t struct_size) {
  const bw_log_options standard = {.struct_size = struct_size};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

static bw_status keep_texts(bw_log *log, const char *path, const bw_log_options *options,
                            const bwi_note_key *key, bw_error *err) {
  bwi_buffer text = {0}, seen = {0};
  BW_TRY(bwi_note_key_write(&text, key, err));
  text.data[text.size - 1] = '\0'; /* without its line feed */
  log->key_text = text.data;
  bwi_buffer_format(&seen, "%s%s", options->seen_path != NULL ? options->seen_path : path,
                    options->seen_path != NULL ? "" : ".seen");
  log->seen_path = seen.data;
  return seen.failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a path") : BW_OK;
}

static bw_status open_log(bw_log *log, const char *path, const bw_log_options *options, bw_error *err) {
  bwi_note_key key = {0};
  bw_status status = options->key != NULL ? bwi_log_key_read(&key, options->key, err)
                                          : bwi_log_store_own_key(&key, path, err);
  if (status == BW_OK) status = keep_texts(log, path, options, &key, err);
  if (status != BW_OK) {
    bwi_note_key_clear(&key);
    return status;
  }
  BW_TRY(bwi_log_store_open(&log->store, path, &key, err));
  return bwi_log_seen_check(log->seen_path, &log->store, err);
}

bw_status bw_log_open(bw_log **out, const char *path, const bw_log_options *options, bw_error *err) {
  bw_log_options own;
  bw_log_options_init(&own, sizeof own);
  if (options != NULL) bwi_options_take(&own, sizeof own, options, options->struct_size);
  if (out == NULL || path == NULL) return BW_FAIL(err, BW_EINVAL, "a log needs a folder");
  bw_log *log = bwi_alloc(1, sizeof *log);
  if (log == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a log");
  const bw_status status = open_log(log, path, &own, err);
  if (status == BW_OK)
    *out = log;
  else
    bw_log_free(log);
  return status;
}

void bw_log_free(bw_log *log) {
  if (log == NULL) return;
  bwi_log_store_close(&log->store);
  bwi_free(log->key_text);
  bwi_free(log->seen_path);
  bwi_free(log);
}

uint64_t bw_log_count(const bw_log *log) {
  return log->store.checkpoint.size;
}

const char *bw_log_origin(const bw_log *log) {
  return log->store.key.name;
}

const char *bw_log_key(const bw_log *log) {
  return log->key_text;
}

void bw_log_head(const bw_log *log, char hex[65]) {
  bwi_hex_encode(hex, log->store.checkpoint.head.bytes, sizeof log->store.checkpoint.head.bytes);
}

/* ---- entries ---- */

bw_status bwi_log_entry_seal(bwi_buffer *out, bwi_bytes statement, const bwi_key *key, bw_error *err) {
  bwi_envelope envelope;
  bwi_json_writer w = {.out = out};
  BW_TRY(bwi_envelope_sign(&envelope, BWI_DSSE_IN_TOTO, statement, key, err));
  bwi_envelope_write(&w, &envelope);
  bwi_envelope_clear(&envelope);
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for an entry") : BW_OK;
}

enum { MAX_ENVELOPE_NODES = 64 };

bw_status bwi_log_entry_open(bwi_envelope *out, bwi_bytes entry, const bwi_key *key, bw_error *err) {
  bwi_json *d = NULL;
  bwi_envelope envelope;
  bool holds = false;
  BW_TRY(bwi_json_parse(&d, entry, MAX_ENVELOPE_NODES, err));
  bw_status status = bwi_envelope_read(&envelope, d, 0, err);
  bwi_json_free(d);
  if (status != BW_OK) return status;
  if (strcmp(envelope.type, BWI_DSSE_IN_TOTO) != 0)
    status =
        BW_FAIL(err, BW_EUNSUPPORTED, "an entry of type %.80s; known is " BWI_DSSE_IN_TOTO, envelope.type);
  else
    status = bwi_envelope_check(&holds, &envelope, key, err);
  if (status == BW_OK && !holds)
    status = BW_FAIL(err, BW_EUNTRUSTED, "the signature of the event does not hold");
  if (status == BW_OK)
    *out = envelope;
  else
    bwi_envelope_clear(&envelope);
  return status;
}

static bw_status open_event(bwi_event *out, bwi_bytes entry, const bwi_key *key, bw_error *err) {
  bwi_envelope envelope;
  BW_TRY(bwi_log_entry_open(&envelope, entry, key, err));
  const bw_status status = bwi_event_read(out, envelope.payload, err);
  bwi_envelope_clear(&envelope);
  return status;
}

bw_status bwi_log_event_open(bwi_event *out, uint64_t index, bwi_bytes entry, const bwi_key *key,
                             bw_error *err) {
  bw_error why = {.offset = BW_NO_OFFSET};
  const bw_status status = open_event(out, entry, key, &why);
  if (status == BW_OK) return BW_OK;
  return BW_FAIL_AT(err, status, why.offset, "entry %" PRIu64 ": %s", index, why.text);
}

static bw_status visit_bundle(bw_log *log, uint64_t n, uint64_t first, uint64_t end, bwi_log_visit_fn visit,
                              void *payload, bw_error *err) {
  bwi_bytes bytes = {0}, spans[BWI_TILE_WIDTH];
  uint32_t count = 0;
  BW_TRY(bwi_log_store_bundle(&bytes, spans, &count, &log->store, n, err));
  bw_status status = BW_OK;
  for (uint32_t i = 0; i < count && status == BW_OK; i++) {
    const uint64_t index = n * BWI_TILE_WIDTH + i;
    if (index >= first && index < end) status = visit(payload, index, spans[i], err);
  }
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

bw_status bwi_log_visit(bw_log *log, uint64_t first, uint64_t count, bwi_log_visit_fn visit, void *payload,
                        bw_error *err) {
  const uint64_t size = log->store.checkpoint.size;
  if (first > size || count > size - first)
    return BW_FAIL(err, BW_EINVAL, "there is no entry %" PRIu64 "; the log has %" PRIu64, first, size);
  for (uint64_t n = first / BWI_TILE_WIDTH; n * BWI_TILE_WIDTH < first + count; n++)
    BW_TRY(visit_bundle(log, n, first, first + count, visit, payload, err));
  return BW_OK;
}
