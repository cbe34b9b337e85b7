/* SPDX-License-Identifier: Apache-2.0 */
#include "log/artifact.h"
#include "log/lineage.h"
#include "log/log.h"

typedef struct tracing {
  bwi_lineage lineage;
  const bwi_key *key;
} tracing;

static bw_status add_entry(void *payload, uint64_t index, bwi_bytes entry, bw_error *err) {
  tracing *t = payload;
  bwi_event event;
  BW_TRY(bwi_log_event_open(&event, index, entry, t->key, err));
  return bwi_lineage_add(&t->lineage, &event, err);
}

static bw_status find_digest(char digest[65], const char *what, bw_error *err) {
  bwi_artifact found = {"", ""};
  bwi_arena *arena = bwi_arena_create(0);
  if (arena == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a digest");
  const bw_status status = bwi_artifact_find(&found, arena, what, err);
  for (size_t i = 0; i < 65; i++)
    digest[i] = status == BW_OK && found.digest[0] != '\0' ? found.digest[i] : '\0';
  bwi_arena_free(arena);
  if (status == BW_OK && digest[0] == '\0')
    return BW_FAIL(err, BW_EINVAL, "%s has no digest: give a file, a folder or a SHA-256", what);
  return status;
}

static bw_status write_lineage(bwi_buffer *out, const bwi_lineage *lineage, bw_lineage_form form,
                               bw_error *err) {
  if (lineage->root == lineage->n_artifacts)
    bwi_buffer_text(out, "");
  else if (form == BW_LINEAGE_TREE)
    bwi_lineage_write_tree(out, lineage);
  else if (form == BW_LINEAGE_JSON)
    bwi_lineage_write_json(out, lineage);
  else
    bwi_lineage_write_dot(out, lineage);
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a lineage") : BW_OK;
}

bw_status bw_log_lineage(char **out, uint64_t *n_events, bw_log *log, const char *what, bw_lineage_form form,
                         bw_error *err) {
  if (out == NULL || n_events == NULL || log == NULL || what == NULL)
    return BW_FAIL(err, BW_EINVAL, "no log, or nothing to trace");
  char digest[65];
  tracing t = {.key = log->store.key.key};
  bwi_buffer text = {0};
  BW_TRY(find_digest(digest, what, err));
  bw_status status = bwi_log_visit(log, 0, log->store.checkpoint.size, add_entry, &t, err);
  if (status == BW_OK) status = bwi_lineage_trace(&t.lineage, digest, err);
  if (status == BW_OK) status = write_lineage(&text, &t.lineage, form, err);
  uint64_t count = 0;
  for (size_t i = 0; status == BW_OK && i < t.lineage.n_events; i++) count += t.lineage.event_leads[i];
  bwi_lineage_clear(&t.lineage);
  if (status == BW_OK) {
    *out = text.data;
    *n_events = count;
  } else {
    bwi_buffer_free(&text);
  }
  return status;
}
