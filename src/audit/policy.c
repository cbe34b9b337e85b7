/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/policy.h"

#include <inttypes.h>
#include <string.h>

#include "base/account.h"
#include "base/json_fields.h"
#include "base/path.h"

enum { MAX_NODES = 4096 };

typedef struct reader {
  const bwi_json *d;
  const char *folder;
  bwi_policy p;
  bw_error *err;
} reader;

static bw_status no_memory(const reader *r) {
  return BW_FAIL(r->err, BW_ENOMEM, "no memory for a policy");
}

static bw_status fail_at(const reader *r, bwi_json_at at, const char *what) {
  return BW_FAIL_AT(r->err, BW_EFORMAT, bwi_json_offset_of(r->d, at), "%s", what);
}

/* ---- values ---- */

/* NULL if it is no text, or one with NUL. */
static const char *text_at(const reader *r, bwi_json_at at) {
  size_t size = 0;
  if (bwi_json_kind_of(r->d, at) != BWI_JSON_STRING) return NULL;
  const char *text = bwi_json_text_of(r->d, at, &size);
  return strlen(text) == size ? text : NULL;
}

static bw_status keep_text(const char **out, reader *r, bwi_json_at at) {
  const char *text = text_at(r, at);
  if (text == NULL) return fail_at(r, at, "here should be a text");
  *out = bwi_arena_strdup(r->p.arena, text);
  return *out == NULL ? no_memory(r) : BW_OK;
}

static bw_status keep_path(const char **out, reader *r, bwi_json_at at) {
  const char *text = text_at(r, at);
  if (text == NULL || text[0] == '\0') return fail_at(r, at, "here should be a path");
  char *path = bwi_path_join(text[0] == '/' ? "" : r->folder, text);
  *out = path == NULL ? NULL : bwi_arena_strdup(r->p.arena, path);
  bwi_free(path);
  return *out == NULL ? no_memory(r) : BW_OK;
}

static bw_status keep_flag(bool *out, reader *r, bwi_json_at at) {
  if (bwi_json_kind_of(r->d, at) != BWI_JSON_BOOL) return fail_at(r, at, "here should be true or false");
  *out = bwi_json_number_of(r->d, at) != 0;
  return BW_OK;
}

static bw_status keep_mode(int32_t *out, reader *r, bwi_json_at at) {
  const char *digits = text_at(r, at);
  int32_t mode = 0;
  for (size_t i = 0; digits != NULL && digits[i] != '\0'; i++) {
    if (digits[i] < '0' || digits[i] > '7' || i > 4) return fail_at(r, at, "a mode must be as \"0640\"");
    mode = mode * 8 + (digits[i] - '0');
  }
  if (digits == NULL || digits[0] == '\0' || mode > 07777)
    return fail_at(r, at, "a mode must be as \"0640\"");
  *out = mode;
  return BW_OK;
}

static bw_status begin_list(size_t *count, reader *r, bwi_json_at list) {
  *count = 0;
  if (bwi_json_kind_of(r->d, list) != BWI_JSON_ARRAY || bwi_json_first(r->d, list) < 0)
    return fail_at(r, list, "here should be a list with something in it");
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at)) ++*count;
  return BW_OK;
}

static bw_status keep_texts(bwi_texts *out, reader *r, bwi_json_at list,
                            bw_status (*keep)(const char **out, reader *r, bwi_json_at at)) {
  size_t count = 0;
  BW_TRY(begin_list(&count, r, list));
  out->items = bwi_arena_get(r->p.arena, count, sizeof *out->items);
  if (out->items == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at))
    BW_TRY(keep(&out->items[out->count++], r, at));
  return BW_OK;
}

typedef bw_status (*find_fn)(uint32_t *out, const char *name, bw_error *err);

static bw_status find_id(uint32_t *out, reader *r, bwi_json_at at, const char *name, find_fn find) {
  bw_error why = {.offset = BW_NO_OFFSET};
  const bw_status status = find(out, name, &why);
  if (status == BW_OK) return BW_OK;
  return status == BW_EINVAL ? fail_at(r, at, why.text) : BW_FAIL(r->err, status, "%s", why.text);
}

/* Names, or numbers. */
static bw_status keep_ids(bwi_ids *out, reader *r, bwi_json_at list, find_fn find) {
  size_t count = 0;
  BW_TRY(begin_list(&count, r, list));
  out->items = bwi_arena_get(r->p.arena, count, sizeof *out->items);
  if (out->items == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at)) {
    int64_t number = 0;
    uint32_t *id = &out->items[out->count++];
    const char *name = text_at(r, at);
    if (name != NULL) {
      BW_TRY(find_id(id, r, at, name, find));
    } else if (bwi_json_int_of(r->d, at, &number) && number >= 0 && number < UINT32_MAX) {
      *id = (uint32_t)number;
    } else {
      return fail_at(r, at, "here should be a name or its number");
    }
  }
  return BW_OK;
}

/* ---- rules ---- */

typedef struct rule {
  const char *name;
  bw_status (*read)(reader *r, bwi_json_at at);
} rule;

/* Each member of the object by the rule of its name. */
static bw_status read_rules(reader *r, bwi_json_at object, const rule *rules, size_t count) {
  if (bwi_json_kind_of(r->d, object) != BWI_JSON_OBJECT)
    return fail_at(r, object, "here should be an object");
  for (bwi_json_at at = bwi_json_first(r->d, object); at >= 0; at = bwi_json_next(r->d, at)) {
    size_t i = 0;
    while (i < count && strcmp(rules[i].name, bwi_json_key_of(r->d, at)) != 0) i++;
    if (i == count)
      return BW_FAIL_AT(r->err, BW_EFORMAT, bwi_json_offset_of(r->d, at), "there is no rule \"%.40s\" here",
                        bwi_json_key_of(r->d, at));
    BW_TRY(rules[i].read(r, at));
  }
  return BW_OK;
}

static bw_status seal_signature(reader *r, bwi_json_at at) {
  return keep_path(&r->p.seal.signature, r, at);
}
static bw_status seal_keys(reader *r, bwi_json_at at) {
  return keep_texts(&r->p.seal.keys, r, at, keep_path);
}
static bw_status seal_max_days(reader *r, bwi_json_at at) {
  if (!bwi_json_int_of(r->d, at, &r->p.seal.max_days) || r->p.seal.max_days < 0)
    return fail_at(r, at, "here should be a number of days");
  return BW_OK;
}

static bw_status read_seal(reader *r, bwi_json_at at) {
  static const rule rules[] = {
      {"signature", seal_signature}, {"keys", seal_keys}, {"max_days", seal_max_days}};
  r->p.seal.wanted = true;
  BW_TRY(read_rules(r, at, rules, sizeof rules / sizeof *rules));
  return r->p.seal.keys.count > 0 ? BW_OK : fail_at(r, at, "a seal needs \"keys\" that are trusted");
}

static bw_status log_path(reader *r, bwi_json_at at) {
  return keep_path(&r->p.log.path, r, at);
}
static bw_status log_key(reader *r, bwi_json_at at) {
  return keep_path(&r->p.log.key, r, at);
}
static bw_status log_seen(reader *r, bwi_json_at at) {
  return keep_path(&r->p.log.seen, r, at);
}
static bw_status log_events(reader *r, bwi_json_at at) {
  return keep_texts(&r->p.log.events, r, at, keep_text);
}

static bw_status read_log(reader *r, bwi_json_at at) {
  static const rule rules[] = {
      {"path", log_path}, {"key", log_key}, {"seen", log_seen}, {"events", log_events}};
  BW_TRY(read_rules(r, at, rules, sizeof rules / sizeof *rules));
  return r->p.log.path != NULL ? BW_OK : fail_at(r, at, "a log needs a \"path\"");
}

static bw_status read_owners(reader *r, bwi_json_at at) {
  return keep_ids(&r->p.owners, r, at, bwi_user_id);
}
static bw_status read_groups(reader *r, bwi_json_at at) {
  return keep_ids(&r->p.groups, r, at, bwi_group_id);
}
static bw_status read_mode(reader *r, bwi_json_at at) {
  return keep_mode(&r->p.mode, r, at);
}
static bw_status read_folder_mode(reader *r, bwi_json_at at) {
  return keep_mode(&r->p.folder_mode, r, at);
}
static bw_status read_parents(reader *r, bwi_json_at at) {
  return keep_flag(&r->p.parents, r, at);
}
static bw_status read_acl(reader *r, bwi_json_at at) {
  bool allowed = true;
  BW_TRY(keep_flag(&allowed, r, at));
  r->p.no_acl = !allowed;
  return BW_OK;
}

static bw_status read_symlinks(reader *r, bwi_json_at at) {
  static const char *const words[] = {
      [BWI_SYMLINKS_ANY] = "any", [BWI_SYMLINKS_INSIDE] = "inside", [BWI_SYMLINKS_NONE] = "none"};
  const char *text = text_at(r, at);
  for (size_t i = 0; text != NULL && i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], text) == 0) {
      r->p.symlinks = (bwi_symlinks)i;
      return BW_OK;
    }
  return fail_at(r, at, "here should be \"any\", \"inside\" or \"none\"");
}

bw_status bwi_policy_read(bwi_policy *out, bwi_bytes text, const char *folder, bw_error *err) {
  static const rule rules[] = {
      {"owners", read_owners},           {"groups", read_groups}, {"mode", read_mode},
      {"folder_mode", read_folder_mode}, {"acl", read_acl},       {"parents", read_parents},
      {"symlinks", read_symlinks},       {"seal", read_seal},     {"log", read_log}};
  bwi_json *d = NULL;
  BW_TRY(bwi_json_parse(&d, text, MAX_NODES, err));
  reader r = {.d = d, .folder = folder, .err = err};
  r.p = (bwi_policy){.arena = bwi_arena_create(0), .mode = -1, .folder_mode = -1, .seal.max_days = -1};
  const bw_status status =
      r.p.arena == NULL ? no_memory(&r) : read_rules(&r, 0, rules, sizeof rules / sizeof *rules);
  bwi_json_free(d);
  if (status == BW_OK)
    *out = r.p;
  else
    bwi_policy_clear(&r.p);
  return status;
}

void bwi_policy_clear(bwi_policy *policy) {
  bwi_arena_free(policy->arena);
  *policy = (bwi_policy){0};
}
