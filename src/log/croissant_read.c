/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "base/json_fields.h"
#include "log/croissant.h"

typedef struct reader {
  const bwi_json *d;
  bwi_arena *arena;
  bwi_artifact *subjects;
  bwi_parameter *parameters;
  size_t n_subjects, n_parameters;
  bw_error *err;
} reader;

static bw_status no_memory(const reader *r) {
  return BW_FAIL(r->err, BW_ENOMEM, "no memory for metadata");
}

static bw_status fail_at(const reader *r, bwi_json_at at, const char *file, const char *what) {
  return BW_FAIL_AT(r->err, BW_EFORMAT, bwi_json_offset_of(r->d, at), "%.80s: %s", file, what);
}

/* The text of the first member there is; NULL if there is none or it is no text. */
static const char *text_of(const reader *r, bwi_json_at object, const char *name, const char *other_name) {
  const char *text = NULL;
  const bwi_json_at at = bwi_json_find(r->d, object, name);
  if (bwi_field_text(&text, r->d, object, at >= 0 ? name : other_name, NULL) != BW_OK) return NULL;
  return text;
}

static bool is_any(const char *text, const char *const *list) {
  for (; text != NULL && *list != NULL; list++)
    if (strcmp(text, *list) == 0) return true;
  return false;
}

static bw_status add_parameter(reader *r, const char *name, const char *file, const char *value) {
  bwi_buffer whole = {0};
  bwi_buffer_format(&whole, "%s%s%s", name, file[0] != '\0' ? " " : "", file);
  bwi_parameter *p = &r->parameters[r->n_parameters++];
  p->name = whole.failed ? NULL : bwi_arena_strdup(r->arena, whole.data);
  p->value = bwi_arena_strdup(r->arena, value);
  bwi_buffer_free(&whole);
  return p->name == NULL || p->value == NULL ? no_memory(r) : BW_OK;
}

/* ---- files ---- */

static bw_status check_address(reader *r, bwi_json_at at, const char *file, const char *url) {
  if (strncasecmp(url, "http://", 7) != 0) return BW_OK;
  return fail_at(r, at, file,
                 "a contentUrl must not begin with http://, where anybody on the way can change it");
}

static bw_status add_subject(reader *r, bwi_json_at at, const char *file) {
  static const char need[] = "a file must have a sha256 of 64 hexadecimal digits";
  uint8_t digest[32];
  char hex[2 * sizeof digest + 1];
  const char *given = text_of(r, at, "sha256", "sha256");
  if (given == NULL || !bwi_hex_decode(digest, sizeof digest, given, strlen(given)))
    return fail_at(r, at, file, need);
  bwi_hex_encode(hex, digest, sizeof digest);
  bwi_artifact *subject = &r->subjects[r->n_subjects++];
  subject->name = bwi_arena_strdup(r->arena, file);
  subject->digest = bwi_arena_strdup(r->arena, hex);
  return subject->name == NULL || subject->digest == NULL ? no_memory(r) : BW_OK;
}

static bw_status read_file(reader *r, bwi_json_at at) {
  static const char *const sets[] = {"cr:FileSet", "sc:FileSet", "FileSet", NULL};
  static const char *const files[] = {"cr:FileObject", "sc:FileObject", "FileObject", NULL};
  const char *type = text_of(r, at, "@type", "@type"), *file = text_of(r, at, "@id", "name");
  if (file == NULL) return fail_at(r, at, "distribution", "a file must have an @id");
  if (is_any(type, sets)) return BW_OK;
  if (!is_any(type, files)) return fail_at(r, at, file, "its @type must be cr:FileObject or cr:FileSet");
  const char *url = text_of(r, at, "contentUrl", "contentUrl");
  if (url != NULL) BW_TRY(check_address(r, at, file, url));
  if (bwi_json_find(r->d, at, "containedIn") >= 0 && bwi_json_find(r->d, at, "sha256") < 0) return BW_OK;
  BW_TRY(add_subject(r, at, file));
  if (url != NULL) BW_TRY(add_parameter(r, "contentUrl", file, url));
  const char *format = text_of(r, at, "encodingFormat", "encodingFormat");
  return format == NULL ? BW_OK : add_parameter(r, "encodingFormat", file, format);
}

static bw_status read_files(reader *r, bwi_json_at list) {
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at))
    BW_TRY(read_file(r, at));
  return r->n_subjects > 0 ? BW_OK : fail_at(r, list, "distribution", "no file has a digest");
}

/* ---- the data set ---- */

const char *const bwi_croissant_about[] = {"name",    "description",   "license", "url",
                                           "version", "datePublished", "citeAs",  NULL};
#define N_ABOUT (sizeof bwi_croissant_about / sizeof *bwi_croissant_about - 1)

static bw_status make_room(reader *r, bwi_json_at list) {
  size_t n = 0;
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at)) n++;
  r->subjects = bwi_arena_get(r->arena, n, sizeof *r->subjects);
  r->parameters = bwi_arena_get(r->arena, N_ABOUT + 2 * n, sizeof *r->parameters);
  return r->subjects == NULL || r->parameters == NULL ? no_memory(r) : BW_OK;
}

static bw_status check_version(const reader *r) {
  static const char *const types[] = {"sc:Dataset", "Dataset", "https://schema.org/Dataset", NULL};
  static const char *const versions[] = {
      "http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/1.1",
      "https://mlcommons.org/croissant/1.0", "https://mlcommons.org/croissant/1.1", NULL};
  if (bwi_json_kind_of(r->d, 0) != BWI_JSON_OBJECT || !is_any(text_of(r, 0, "@type", "@type"), types))
    return BW_FAIL_AT(r->err, BW_EFORMAT, 0, "no Croissant metadata: its @type must be sc:Dataset");
  const char *version = text_of(r, 0, "conformsTo", "dct:conformsTo");
  if (!is_any(version, versions))
    return BW_FAIL_AT(r->err, BW_EUNSUPPORTED, 0, "conformsTo is %.60s; known are Croissant 1.0 and 1.1",
                      version == NULL ? "missing" : version);
  return BW_OK;
}

static bw_status read_dataset(reader *r) {
  bwi_json_at files = -1;
  BW_TRY(check_version(r));
  BW_TRY(bwi_field(&files, r->d, 0, "distribution", BWI_JSON_ARRAY, r->err));
  BW_TRY(make_room(r, files));
  for (size_t i = 0; i < N_ABOUT; i++) {
    const char *text = text_of(r, 0, bwi_croissant_about[i], bwi_croissant_about[i]);
    if (text != NULL) BW_TRY(add_parameter(r, bwi_croissant_about[i], "", text));
  }
  return read_files(r, files);
}

bw_status bwi_croissant_read(bwi_event *out, bwi_bytes text, bw_error *err) {
  bwi_json *d = NULL;
  BW_TRY(bwi_json_parse(&d, text, BWI_CROISSANT_MAX_NODES, err));
  reader r = {.d = d, .arena = bwi_arena_create(0), .err = err};
  const bw_status status = r.arena == NULL ? no_memory(&r) : read_dataset(&r);
  bwi_json_free(d);
  if (status != BW_OK) {
    bwi_arena_free(r.arena);
    return status;
  }
  *out = (bwi_event){r.arena, BWI_EVENT_TYPE, "ingest",      "", "", r.subjects, NULL, r.n_subjects,
                     0,       r.parameters,   r.n_parameters};
  return BW_OK;
}
