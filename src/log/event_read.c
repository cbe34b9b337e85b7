/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/hex.h"
#include "base/json_fields.h"
#include "log/event.h"

typedef struct reader {
  const bwi_json *d;
  bwi_event e;
  bw_error *err;
} reader;

static bw_status no_memory(const reader *r) {
  return BW_FAIL(r->err, BW_ENOMEM, "no memory for an event");
}

static bw_status fail_at(const reader *r, bwi_json_at at, const char *what) {
  return BW_FAIL_AT(r->err, BW_EFORMAT, bwi_json_offset_of(r->d, at), "%s", what);
}

static bw_status keep(const char **out, reader *r, const char *text) {
  const char *copy = bwi_arena_strdup(r->e.arena, text);
  if (copy == NULL) return no_memory(r);
  *out = copy;
  return BW_OK;
}

/* A member that may be missing, which leaves *out as it is. */
static bw_status keep_member(const char **out, reader *r, bwi_json_at object, const char *name) {
  const char *text = NULL;
  if (bwi_json_find(r->d, object, name) < 0) return BW_OK;
  BW_TRY(bwi_field_text(&text, r->d, object, name, r->err));
  return keep(out, r, text);
}

static size_t count_of(const bwi_json *d, bwi_json_at list) {
  size_t count = 0;
  for (bwi_json_at at = bwi_json_first(d, list); at >= 0; at = bwi_json_next(d, at)) count++;
  return count;
}

/* ---- artifacts ---- */

static bw_status keep_digest(const char **out, reader *r, bwi_json_at at, const char *hex) {
  uint8_t digest[32];
  char plain[2 * sizeof digest + 1];
  if (!bwi_hex_decode(digest, sizeof digest, hex, strlen(hex)))
    return fail_at(r, at, "a sha256 must have 64 hexadecimal digits");
  bwi_hex_encode(plain, digest, sizeof digest);
  return keep(out, r, plain);
}

/* A resource descriptor: {"name" or "uri", "digest": {"sha256"}}. Of OpenSSF Model Signing's resources:
 * {"name", "algorithm", "digest"}. */
static bw_status read_artifact(bwi_artifact *out, reader *r, bwi_json_at at) {
  out->name = out->digest = "";
  if (bwi_json_kind_of(r->d, at) != BWI_JSON_OBJECT) return fail_at(r, at, "here should be an artifact");
  BW_TRY(keep_member(&out->name, r, at, "uri"));
  BW_TRY(keep_member(&out->name, r, at, "name"));
  bwi_json_at digest = bwi_json_find(r->d, at, "digest");
  if (digest < 0) return BW_OK;
  const char *hex = NULL;
  if (bwi_json_kind_of(r->d, digest) == BWI_JSON_STRING) {
    const char *algorithm = NULL;
    BW_TRY(bwi_field_text(&algorithm, r->d, at, "algorithm", r->err));
    if (strcmp(algorithm, "sha256") != 0) return BW_OK;
    BW_TRY(bwi_field_text(&hex, r->d, at, "digest", r->err));
  } else {
    if (bwi_json_kind_of(r->d, digest) != BWI_JSON_OBJECT)
      return fail_at(r, digest, "a digest must be an object");
    if (bwi_json_find(r->d, digest, "sha256") < 0) return BW_OK;
    BW_TRY(bwi_field_text(&hex, r->d, digest, "sha256", r->err));
  }
  return keep_digest(&out->digest, r, digest, hex);
}

static bw_status read_artifacts(const bwi_artifact **out, size_t *count, reader *r, bwi_json_at list) {
  if (bwi_json_kind_of(r->d, list) != BWI_JSON_ARRAY)
    return fail_at(r, list, "here should be a list of artifacts");
  size_t n = 0;
  bwi_artifact *artifacts = bwi_arena_get(r->e.arena, count_of(r->d, list), sizeof *artifacts);
  if (artifacts == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at))
    BW_TRY(read_artifact(&artifacts[n++], r, at));
  *out = artifacts;
  *count = n;
  return BW_OK;
}

/* ---- predicates ---- */

static bw_status read_parameters(reader *r, bwi_json_at object) {
  if (bwi_json_kind_of(r->d, object) != BWI_JSON_OBJECT)
    return fail_at(r, object, "parameters must be an object");
  bwi_parameter *parameters = bwi_arena_get(r->e.arena, count_of(r->d, object), sizeof *parameters);
  if (parameters == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, object); at >= 0; at = bwi_json_next(r->d, at)) {
    bwi_parameter *p = &parameters[r->e.n_parameters++];
    BW_TRY(keep(&p->name, r, bwi_json_key_of(r->d, at)));
    p->value = "";
    BW_TRY(keep_member(&p->value, r, object, bwi_json_key_of(r->d, at)));
  }
  r->e.parameters = parameters;
  return BW_OK;
}

static bw_status read_own(reader *r, bwi_json_at predicate) {
  const char *what = NULL;
  BW_TRY(bwi_field_text(&what, r->d, predicate, "event", r->err));
  BW_TRY(keep(&r->e.what, r, what));
  BW_TRY(keep_member(&r->e.time, r, predicate, "time"));
  BW_TRY(keep_member(&r->e.by, r, predicate, "by"));
  const bwi_json_at parameters = bwi_json_find(r->d, predicate, "parameters");
  return parameters < 0 ? BW_OK : read_parameters(r, parameters);
}

/* Where the predicates that are known name what the subjects were made from: the path to a list. */
static const struct {
  const char *type, *member, *list;
} known[] = {
    {BWI_EVENT_TYPE, NULL, "materials"},
    {"https://slsa.dev/provenance/v1", "buildDefinition", "resolvedDependencies"},
    {"https://slsa.dev/provenance/v0.2", NULL, "materials"},
    {"https://in-toto.io/attestation/link/v0.3", NULL, "materials"},
    {"https://model_signing/signature/v1.0", NULL, "resources"},
};

static bw_status read_materials(reader *r, bwi_json_at predicate) {
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    if (strcmp(r->e.type, known[k].type) != 0) continue;
    bwi_json_at at = predicate;
    if (known[k].member != NULL)
      BW_TRY(bwi_field(&at, r->d, predicate, known[k].member, BWI_JSON_OBJECT, r->err));
    const bwi_json_at list = bwi_json_find(r->d, at, known[k].list);
    return list < 0 ? BW_OK : read_artifacts(&r->e.materials, &r->e.n_materials, r, list);
  }
  return BW_OK;
}

static bw_status read_statement(reader *r) {
  const char *text = NULL;
  bwi_json_at subjects = -1;
  BW_TRY(bwi_field_text(&text, r->d, 0, "_type", r->err));
  if (strcmp(text, BWI_STATEMENT_TYPE) != 0)
    return BW_FAIL_AT(r->err, BW_EUNSUPPORTED, 0, "_type is %.80s; known is " BWI_STATEMENT_TYPE, text);
  BW_TRY(bwi_field_text(&text, r->d, 0, "predicateType", r->err));
  BW_TRY(keep(&r->e.type, r, text));
  BW_TRY(bwi_field(&subjects, r->d, 0, "subject", BWI_JSON_ARRAY, r->err));
  BW_TRY(read_artifacts(&r->e.subjects, &r->e.n_subjects, r, subjects));
  if (r->e.n_subjects == 0) return fail_at(r, subjects, "a statement must have a subject");
  r->e.what = r->e.type;
  r->e.time = r->e.by = "";
  const bwi_json_at predicate = bwi_json_find(r->d, 0, "predicate");
  if (predicate >= 0) BW_TRY(read_materials(r, predicate));
  if (strcmp(r->e.type, BWI_EVENT_TYPE) != 0) return BW_OK;
  return predicate < 0 ? fail_at(r, 0, "an event must have a predicate") : read_own(r, predicate);
}

bw_status bwi_event_read(bwi_event *out, bwi_bytes statement, bw_error *err) {
  bwi_json *d = NULL;
  BW_TRY(bwi_json_parse(&d, statement, BWI_EVENT_MAX_NODES, err));
  reader r = {.d = d, .err = err, .e = {.arena = bwi_arena_create(0)}};
  const bw_status status = r.e.arena == NULL ? no_memory(&r) : read_statement(&r);
  bwi_json_free(d);
  if (status == BW_OK)
    *out = r.e;
  else
    bwi_event_clear(&r.e);
  return status;
}

void bwi_event_clear(bwi_event *event) {
  bwi_arena_free(event->arena);
  *event = (bwi_event){0};
}
