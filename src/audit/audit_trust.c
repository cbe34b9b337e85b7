/* SPDX-License-Identifier: Apache-2.0 */
/* What a seal and a log say of what is there. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "log/log.h"
#include "seal/seal_paths.h"

#include <bulwark/seal.h>

/* ---- seal ---- */

static bw_status add_seal_problems(bw_audit *a, const bw_verification *v, bw_error *err) {
  for (size_t i = 0; i < bw_verification_count(v); i++) {
    const bw_seal_signer *s = bw_verification_signer(v, i);
    if (s->problem != NULL) BW_TRY(bwi_audit_add(a, "seal", s->bundle, err, "%s", s->problem));
    if (s->n_differences == 0) continue;
    const bw_difference *first = bw_verification_difference(v, i, 0);
    BW_TRY(bwi_audit_add(a, "seal", s->bundle, err,
                         "is stale: %" PRIu64 " differences, the first at %s; bulwark verify names all",
                         s->n_differences, first->path));
  }
  return BW_OK;
}

static bw_status check_seal(bw_audit *a, const char *signature, bw_error *err) {
  bw_verify_options how;
  bw_verification *v = NULL;
  bw_error why = {.offset = BW_NO_OFFSET};
  bw_verify_options_init(&how, sizeof how);
  how.bundles = &signature;
  how.n_bundles = 1;
  how.keys = a->policy.seal.keys.items;
  how.n_keys = a->policy.seal.keys.count;
  const bw_status status = bw_verify(&v, a->path, &how, &why);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "%s", why.text);
  if (status != BW_OK) return bwi_audit_add(a, "seal", signature, err, "%s", why.text);
  const bw_status added = bw_verification_holds(v) ? BW_OK : add_seal_problems(a, v, err);
  bw_verification_free(v);
  return added;
}

static bw_status check_seal_age(bw_audit *a, const char *signature, bw_error *err) {
  struct stat info;
  if (a->policy.seal.max_days < 0 || stat(signature, &info) != 0) return BW_OK;
  const int64_t days = (a->time - (int64_t)info.st_mtime) / 86400;
  if (days <= a->policy.seal.max_days) return BW_OK;
  return bwi_audit_add(a, "seal", signature, err, "is %" PRId64 " days old; %" PRId64 " are allowed", days,
                       a->policy.seal.max_days);
}

bw_status bwi_audit_seal(bw_audit *audit, bw_error *err) {
  if (!audit->policy.seal.wanted) return BW_OK;
  char *signature = NULL;
  BW_TRY(bwi_seal_beside(&signature, audit->path, audit->policy.seal.signature, err));
  bw_status status = check_seal(audit, signature, err);
  if (status == BW_OK) status = check_seal_age(audit, signature, err);
  bwi_free(signature);
  return status;
}

/* ---- log ---- */

/* Which of the policy's events the log has of what is audited. */
typedef struct search {
  const bw_audit *audit;
  const bwi_key *key;
  bool *found;
} search;

static bool is_subject(const bwi_event *event, const char *digest) {
  if (digest[0] == '\0') return false;
  for (size_t i = 0; i < event->n_subjects; i++)
    if (strcmp(event->subjects[i].digest, digest) == 0) return true;
  return false;
}

static bw_status look_at(void *payload, uint64_t index, bwi_bytes entry, bw_error *err) {
  search *s = payload;
  const bwi_texts *events = &s->audit->policy.log.events;
  bwi_event event;
  BW_TRY(bwi_log_event_open(&event, index, entry, s->key, err));
  if (is_subject(&event, s->audit->subject.digest))
    for (size_t i = 0; i < events->count; i++)
      if (strcmp(events->items[i], event.what) == 0) s->found[i] = true;
  bwi_event_clear(&event);
  return BW_OK;
}

/* Every entry is read and checked on the way. */
static bw_status search_log(bw_audit *a, bw_log *log, bool *found, bw_error *why) {
  search s = {a, log->store.key.key, found};
  return bwi_log_visit(log, 0, bw_log_count(log), look_at, &s, why);
}

static bw_status add_missing(bw_audit *a, const bool *found, bw_error *err) {
  const bwi_texts *events = &a->policy.log.events;
  for (size_t i = 0; i < events->count; i++)
    if (!found[i])
      BW_TRY(bwi_audit_add(a, "log", a->policy.log.path, err, "has no event \"%s\" of what is there now",
                           events->items[i]));
  return BW_OK;
}

bw_status bwi_audit_log(bw_audit *audit, bw_error *err) {
  const bwi_policy *p = &audit->policy;
  bw_log *log = NULL;
  bw_log_options how;
  bw_error why = {.offset = BW_NO_OFFSET};
  if (p->log.path == NULL) return BW_OK;
  bool *found = bwi_arena_get(audit->arena, p->log.events.count, sizeof *found);
  if (found == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for events");
  bw_log_options_init(&how, sizeof how);
  how.key = p->log.key;
  how.seen_path = p->log.seen;
  bw_status status = bw_log_open(&log, p->log.path, &how, &why);
  if (status == BW_OK) status = search_log(audit, log, found, &why);
  bw_log_free(log);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "%s", why.text);
  if (status != BW_OK) return bwi_audit_add(audit, "log", p->log.path, err, "%s", why.text);
  return add_missing(audit, found, err);
}
