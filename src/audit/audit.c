/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/path.h"
#include "crypto/digest.h"
#include "log/artifact.h"

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory for an audit");
}

static bw_status make_room(bw_audit *a, bw_error *err) {
  if (a->count < a->capacity) return BW_OK;
  const size_t more = a->capacity == 0 ? 16 : 2 * a->capacity;
  bw_audit_finding *items = bwi_realloc(a->items, a->capacity, more, sizeof *items);
  if (items == NULL) return no_memory(err);
  a->items = items;
  a->capacity = more;
  return BW_OK;
}

bw_status bwi_audit_add(bw_audit *audit, const char *check, const char *path, bw_error *err,
                        const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  BW_TRY(make_room(audit, err));
  const bw_audit_finding finding = {check, bwi_arena_strdup(audit->arena, path),
                                    bwi_arena_strdup(audit->arena, text)};
  if (finding.path == NULL || finding.text == NULL) return no_memory(err);
  audit->items[audit->count++] = finding;
  return BW_OK;
}

/* ---- policy ---- */

static bw_status digest_rules(bw_audit *a, const char *path, bwi_bytes text, bw_error *err) {
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
  char hex[65];
  BW_TRY(bwi_digest(digest, BWI_SHA256, text.data, text.size, err));
  bwi_hex_encode(hex, digest, 32);
  a->rules = (bwi_artifact){bwi_arena_strdup(a->arena, path), bwi_arena_strdup(a->arena, hex)};
  return a->rules.name == NULL || a->rules.digest == NULL ? no_memory(err) : BW_OK;
}

static bw_status read_policy(bw_audit *a, const char *path, bw_error *err) {
  bwi_bytes text = {0};
  char *folder = NULL, *name = NULL;
  bw_error why = {.offset = BW_NO_OFFSET};
  BW_TRY(bwi_path_split(&folder, &name, path, err));
  bw_status status = bwi_file_read(&text, path, BWI_POLICY_MAX_BYTES, &why);
  if (status == BW_OK) {
    status = bwi_policy_read(&a->policy, text, folder, &why);
    if (status != BW_OK) status = BW_FAIL_AT(err, status, why.offset, "%s: %s", path, why.text);
  } else {
    status = BW_FAIL(err, status, "%s", why.text);
  }
  if (status == BW_OK) status = digest_rules(a, path, text, err);
  bwi_free((void *)(uintptr_t)text.data);
  bwi_free(folder);
  bwi_free(name);
  return status;
}

/* ---- */

/* What holds symlinks or special files, or nothing at all, has no digest: no log knows it. */
static bw_status find_subject(bw_audit *a, bw_error *err) {
  bw_error why = {.offset = BW_NO_OFFSET};
  a->subject = (bwi_artifact){a->name, ""};
  const bw_status status = bwi_artifact_find(&a->subject, a->arena, a->name, &why);
  return status == BW_OK || status == BW_EINVAL ? BW_OK : BW_FAIL(err, status, "%s", why.text);
}

static bw_status audit(bw_audit *a, const char *path, const char *policy_path, bw_error *err) {
  a->arena = bwi_arena_create(0);
  if (a->arena == NULL) return no_memory(err);
  a->name = bwi_arena_strdup(a->arena, path);
  a->time = (int64_t)time(NULL);
  if (a->name == NULL) return no_memory(err);
  BW_TRY(read_policy(a, policy_path, err));
  BW_TRY(bwi_path_resolve(&a->path, path, err));
  BW_TRY(bwi_audit_access(a, err));
  BW_TRY(find_subject(a, err));
  BW_TRY(bwi_audit_seal(a, err));
  return bwi_audit_log(a, err);
}

bw_status bw_audit_data(bw_audit **out, const char *path, const char *policy_path, bw_error *err) {
  if (out == NULL || path == NULL || policy_path == NULL)
    return BW_FAIL(err, BW_EINVAL, "nothing to audit, or no policy");
  bw_audit *a = bwi_alloc(1, sizeof *a);
  if (a == NULL) return no_memory(err);
  const bw_status status = audit(a, path, policy_path, err);
  if (status == BW_OK)
    *out = a;
  else
    bw_audit_free(a);
  return status;
}

void bw_audit_free(bw_audit *audit) {
  if (audit == NULL) return;
  bwi_policy_clear(&audit->policy);
  bwi_arena_free(audit->arena);
  bwi_free(audit->path);
  bwi_free(audit->items);
  bwi_free(audit);
}

size_t bw_audit_count(const bw_audit *audit) {
  return audit->count;
}

const bw_audit_finding *bw_audit_at(const bw_audit *audit, size_t finding) {
  return &audit->items[finding];
}
