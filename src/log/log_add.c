/* SPDX-License-Identifier: Apache-2.0 */
/* Events on their way into the log. */
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/options.h"
#include "log/artifact.h"
#include "log/croissant.h"
#include "log/log.h"
#include "log/log_seen.h"

void bw_log_event_init(bw_log_event *event, size_t struct_size) {
  const bw_log_event standard = {.struct_size = struct_size};
  bwi_options_init(event, struct_size, &standard, sizeof standard);
}

/* ---- statements ---- */

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory for an event");
}

static bw_status find_artifacts(const bwi_artifact **out, bwi_arena *arena, const char *const *list,
                                size_t count, bw_error *err) {
  bwi_artifact *artifacts = bwi_arena_get(arena, count, sizeof *artifacts);
  if (artifacts == NULL) return no_memory(err);
  for (size_t i = 0; i < count; i++) BW_TRY(bwi_artifact_find(&artifacts[i], arena, list[i], err));
  *out = artifacts;
  return BW_OK;
}

/* Those of the user behind those that the metadata has. */
static bw_status add_parameters(bwi_event *event, const bw_log_event *given, bw_error *err) {
  const size_t count = event->n_parameters + given->n_parameters;
  bwi_parameter *all = bwi_arena_get(event->arena, count, sizeof *all);
  if (all == NULL) return no_memory(err);
  if (event->n_parameters > 0) memcpy(all, event->parameters, event->n_parameters * sizeof *all);
  for (size_t i = 0; i < given->n_parameters; i++) {
    char *name = bwi_arena_strdup(event->arena, given->parameters[i]);
    if (name == NULL) return no_memory(err);
    char *equals = strchr(name, '=');
    if (equals == NULL || equals == name)
      return BW_FAIL(err, BW_EINVAL, "a parameter must be name=value, not %.80s", given->parameters[i]);
    *equals = '\0';
    all[event->n_parameters + i] = (bwi_parameter){name, equals + 1};
  }
  event->parameters = all;
  event->n_parameters = count;
  return BW_OK;
}

static bw_status put_time(bwi_event *event, int64_t seconds, bw_error *err) {
  char text[BWI_TIME_BYTES];
  if (!bwi_time_text(text, seconds != 0 ? seconds : (int64_t)time(NULL)))
    return BW_FAIL(err, BW_EINVAL, "the time %lld is in no year", (long long)seconds);
  event->time = bwi_arena_strdup(event->arena, text);
  return event->time == NULL ? no_memory(err) : BW_OK;
}

static bw_status read_croissant(bwi_event *out, const char *path, bw_error *err) {
  bwi_bytes text = {0};
  bw_error why = {.offset = BW_NO_OFFSET};
  BW_TRY(bwi_file_read(&text, path, (size_t)64 << 20, err));
  const bw_status status = bwi_croissant_read(out, text, &why);
  bwi_free((void *)(uintptr_t)text.data);
  return status == BW_OK ? BW_OK : BW_FAIL_AT(err, status, why.offset, "%s: %s", path, why.text);
}

static bw_status fill_event(bwi_event *event, const bw_log_event *given, bw_error *err) {
  if (given->croissant_path == NULL) {
    event->arena = bwi_arena_create(0);
    if (event->arena == NULL) return no_memory(err);
    BW_TRY(find_artifacts(&event->subjects, event->arena, given->subjects, given->n_subjects, err));
    event->n_subjects = given->n_subjects;
  } else {
    BW_TRY(read_croissant(event, given->croissant_path, err));
  }
  event->what = given->what;
  event->by = given->by != NULL ? given->by : "";
  BW_TRY(find_artifacts(&event->materials, event->arena, given->materials, given->n_materials, err));
  event->n_materials = given->n_materials;
  BW_TRY(put_time(event, given->time, err));
  return add_parameters(event, given, err);
}

static bw_status write_statement(bwi_buffer *out, const bw_log_event *given, bw_error *err) {
  bwi_event event = {0};
  bw_status status = fill_event(&event, given, err);
  if (status == BW_OK) status = bwi_event_write(out, &event, err);
  bwi_event_clear(&event);
  return status;
}

/* A statement of somebody else is taken as it is, if it is one. */
static bw_status read_statement(bwi_buffer *out, const char *path, bw_error *err) {
  bwi_bytes text = {0};
  bw_error why = {.offset = BW_NO_OFFSET};
  bwi_event event = {0};
  BW_TRY(bwi_file_read(&text, path, BWI_ENTRY_MAX_BYTES, err));
  bw_status status = bwi_event_read(&event, text, &why);
  bwi_event_clear(&event);
  if (status == BW_OK)
    bwi_buffer_put(out, text.data, text.size);
  else
    status = BW_FAIL_AT(err, status, why.offset, "%s: %s", path, why.text);
  bwi_free((void *)(uintptr_t)text.data);
  return status == BW_OK && out->failed ? no_memory(err) : status;
}

/* ---- adding ---- */

/* Under the lock the log is read again, by who may sign it. */
static bw_status add_entry(uint64_t *index, bw_log *log, bwi_note_key *signer, bwi_bytes entry,
                           bw_error *err) {
  bwi_log_store fresh;
  BW_TRY(bwi_log_store_open(&fresh, log->store.path, signer, err));
  bw_status status = bwi_log_seen_check(log->seen_path, &fresh, err);
  if (status == BW_OK) *index = fresh.checkpoint.size;
  if (status == BW_OK) status = bwi_log_store_add(&fresh, entry, err);
  if (status == BW_OK) status = bwi_log_seen_check(log->seen_path, &fresh, err);
  if (status == BW_OK) {
    bwi_log_store old = log->store;
    log->store = fresh;
    fresh = old;
    /* What stays open has no private key. */
    const bwi_note_key private_key = log->store.key;
    log->store.key = fresh.key;
    fresh.key = private_key;
  }
  bwi_log_store_close(&fresh);
  return status;
}

static bw_status seal_and_add(uint64_t *index, bw_log *log, bwi_bytes statement, bwi_note_key *signer,
                              bw_error *err) {
  bwi_buffer entry = {0};
  int lock = -1;
  bw_status status = bwi_log_entry_seal(&entry, statement, signer->key, err);
  if (status == BW_OK) status = bwi_log_store_lock(&lock, log->store.path, err);
  if (status == BW_OK)
    status = add_entry(index, log, signer, (bwi_bytes){(const uint8_t *)entry.data, entry.size}, err);
  if (lock >= 0) bwi_log_store_unlock(lock);
  bwi_buffer_free(&entry);
  return status;
}

static bw_status read_signer(bwi_note_key *out, const bw_log *log, const char *key_path, int passphrase_fd,
                             bw_error *err) {
  bwi_key *key = NULL;
  BW_TRY(bwi_key_read_private(&key, key_path, passphrase_fd, err));
  if (!bwi_key_same(key, log->store.key.key)) {
    bwi_key_free(key);
    return BW_FAIL(err, BW_EINVAL, "%s is not the key of the log %s", key_path, log->store.key.name);
  }
  return bwi_note_key_create(out, log->store.key.name, key, err);
}

bw_status bw_log_add(uint64_t *index, bw_log *log, const bw_log_event *event, const char *key_path,
                     int passphrase_fd, bw_error *err) {
  if (index == NULL || log == NULL || event == NULL || key_path == NULL)
    return BW_FAIL(err, BW_EINVAL, "no log, event or key");
  bw_log_event given;
  bw_log_event_init(&given, sizeof given);
  bwi_options_take(&given, sizeof given, event, event->struct_size);
  if (given.statement_path == NULL && (given.what == NULL || given.what[0] == '\0'))
    return BW_FAIL(err, BW_EINVAL, "an event must have a name such as train");
  if (given.statement_path == NULL && given.croissant_path == NULL && given.n_subjects == 0)
    return BW_FAIL(err, BW_EINVAL, "an event must have a subject: what came to be or was looked at");
  bwi_note_key signer = {0};
  bwi_buffer statement = {0};
  bw_status status = read_signer(&signer, log, key_path, passphrase_fd, err);
  if (status == BW_OK)
    status = given.statement_path != NULL ? read_statement(&statement, given.statement_path, err)
                                          : write_statement(&statement, &given, err);
  if (status == BW_OK)
    status =
        seal_and_add(index, log, (bwi_bytes){(const uint8_t *)statement.data, statement.size}, &signer, err);
  bwi_note_key_clear(&signer);
  bwi_buffer_free(&statement);
  return status;
}
