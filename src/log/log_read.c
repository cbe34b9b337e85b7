/* SPDX-License-Identifier: Apache-2.0 */
/* Entries on their way out of the log. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "log/croissant.h"
#include "log/log.h"

/* ---- text ---- */

static void put_artifacts(bwi_buffer *out, const char *label, const bwi_artifact *artifacts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bwi_buffer_format(out, "  %-9s ", label);
    bwi_buffer_plain(out, artifacts[i].name);
    bwi_buffer_format(out, "%s%s\n", artifacts[i].digest[0] != '\0' ? "  sha256:" : "", artifacts[i].digest);
  }
}

static void put_line(bwi_buffer *out, const char *label, const char *text) {
  if (text[0] == '\0') return;
  bwi_buffer_format(out, "  %-9s ", label);
  bwi_buffer_plain(out, text);
  bwi_buffer_text(out, "\n");
}

static void put_text(bwi_buffer *out, uint64_t index, const bwi_event *e) {
  bwi_buffer_format(out, "%" PRIu64 ": ", index);
  bwi_buffer_plain(out, e->what);
  bwi_buffer_text(out, "\n");
  put_line(out, "time", e->time);
  put_line(out, "by", e->by);
  put_artifacts(out, "subject", e->subjects, e->n_subjects);
  put_artifacts(out, "material", e->materials, e->n_materials);
  for (size_t i = 0; i < e->n_parameters; i++) {
    bwi_buffer_format(out, "  %-9s ", "with");
    bwi_buffer_plain(out, e->parameters[i].name);
    bwi_buffer_text(out, " = ");
    bwi_buffer_plain(out, e->parameters[i].value);
    bwi_buffer_text(out, "\n");
  }
}

/* Where the text of entries goes: as lines for people, or as objects of a list. */
typedef struct telling {
  bwi_buffer *out;
  bwi_json_writer *json; /* NULL: lines */
  const bwi_key *key;
} telling;

static bw_status tell_entry(void *payload, uint64_t index, bwi_bytes entry, bw_error *err) {
  telling *t = payload;
  bwi_event event;
  BW_TRY(bwi_log_event_open(&event, index, entry, t->key, err));
  if (t->json != NULL)
    bwi_event_put_json(t->json, index, &event);
  else
    put_text(t->out, index, &event);
  bwi_event_clear(&event);
  return BW_OK;
}

static void open_json(bwi_json_writer *w, const bw_log *log) {
  char head[65];
  bw_log_head(log, head);
  bwi_json_open(w, '{');
  bwi_json_text(w, "origin", bw_log_origin(log));
  bwi_json_key(w, "size");
  bwi_json_int(w, (int64_t)bw_log_count(log));
  bwi_json_text(w, "head", head);
  bwi_json_key(w, "entries");
  bwi_json_open(w, '[');
}

bw_status bw_log_text(char **out, bw_log *log, uint64_t first, uint64_t count, int json, bw_error *err) {
  if (out == NULL || log == NULL) return BW_FAIL(err, BW_EINVAL, "no log");
  bwi_buffer text = {0};
  bwi_json_writer w = {.out = &text};
  telling t = {&text, json != 0 ? &w : NULL, log->store.key.key};
  if (json != 0) open_json(&w, log);
  const bw_status status = bwi_log_visit(log, first, count, tell_entry, &t, err);
  if (json != 0) {
    bwi_json_close(&w, ']');
    bwi_json_close(&w, '}');
    bwi_buffer_text(&text, "\n");
  }
  if (status == BW_OK) return bwi_buffer_take(out, &text, err);
  bwi_buffer_free(&text);
  return status;
}

/* ---- one entry for others ---- */

static bw_status keep_entry(void *payload, uint64_t index, bwi_bytes entry, bw_error *err) {
  (void)index;
  bwi_buffer *kept = payload;
  bwi_buffer_put(kept, entry.data, entry.size);
  return kept->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for an entry") : BW_OK;
}

static bw_status put_statement(bwi_buffer *out, bwi_bytes entry, const bwi_key *key, bw_error *err) {
  bwi_envelope envelope;
  BW_TRY(bwi_log_entry_open(&envelope, entry, key, err));
  bwi_buffer_put(out, envelope.payload.data, envelope.payload.size);
  bwi_envelope_clear(&envelope);
  return BW_OK;
}

static bw_status put_proof(bwi_buffer *out, bw_log *log, uint64_t index, bw_error *err) {
  const bwi_merkle_tree tree = bwi_tiles_tree(log->store.tiles);
  bwi_log_proof proof = {.index = index, .checkpoint = log->store.note};
  BW_TRY(bwi_merkle_inclusion(&proof.path, &tree, index, log->store.checkpoint.size, err));
  bwi_log_proof_write(out, &proof);
  return BW_OK;
}

static bw_status put_form(bwi_buffer *out, bw_log *log, uint64_t index, bwi_bytes entry, bw_log_form form,
                          bw_error *err) {
  bwi_event event;
  BW_TRY(bwi_log_event_open(&event, index, entry, log->store.key.key, err));
  bw_status status = BW_OK;
  switch (form) {
    case BW_LOG_ENVELOPE: bwi_buffer_put(out, entry.data, entry.size); break;
    case BW_LOG_STATEMENT: status = put_statement(out, entry, log->store.key.key, err); break;
    case BW_LOG_CROISSANT: status = bwi_croissant_write(out, &event, err); break;
    case BW_LOG_PROOF: status = put_proof(out, log, index, err); break;
    default: status = BW_FAIL(err, BW_EINVAL, "there is no form %d", (int)form);
  }
  bwi_event_clear(&event);
  return status;
}

bw_status bw_log_export(char **out, bw_log *log, uint64_t index, bw_log_form form, bw_error *err) {
  if (out == NULL || log == NULL) return BW_FAIL(err, BW_EINVAL, "no log");
  bwi_buffer entry = {0}, text = {0};
  bw_status status = bwi_log_visit(log, index, 1, keep_entry, &entry, err);
  const bwi_bytes bytes = {(const uint8_t *)entry.data, entry.size};
  if (status == BW_OK) status = put_form(&text, log, index, bytes, form, err);
  bwi_buffer_free(&entry);
  if (status == BW_OK) return bwi_buffer_take(out, &text, err);
  bwi_buffer_free(&text);
  return status;
}
