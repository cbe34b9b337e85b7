/* SPDX-License-Identifier: Apache-2.0 */
/* A statement is read only once its signature holds, and is doubted all the same: a name that leads out of
 * the folder, two of one name, shards with a gap, or a digest that the subject's does not cover are refused.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/json_fields.h"
#include "seal/manifest.h"

/* A shard and the path that it is of, until they are sorted into files. */
typedef struct resource {
  const char *path;
  bwi_shard shard;
  size_t offset; /* in the statement */
} resource;

typedef struct reader {
  const bwi_json *d;
  bwi_manifest m;
  bw_error *err;
} reader;

static bw_status fail_at(const reader *r, bwi_json_at at, const char *what) {
  return BW_FAIL_AT(r->err, BW_EFORMAT, bwi_json_offset_of(r->d, at), "%s", what);
}

static bw_status no_memory(const reader *r) {
  return BW_FAIL(r->err, BW_ENOMEM, "no memory for a manifest");
}

static size_t count_of(const bwi_json *d, bwi_json_at list) {
  size_t count = 0;
  for (bwi_json_at at = bwi_json_first(d, list); at >= 0; at = bwi_json_next(d, at)) count++;
  return count;
}

static bw_status expect_text(const reader *r, bwi_json_at object, const char *name, const char *wanted) {
  const char *text = NULL;
  BW_TRY(bwi_field_text(&text, r->d, object, name, r->err));
  if (strcmp(text, wanted) != 0)
    return BW_FAIL(r->err, BW_EUNSUPPORTED, "%s is %.80s; known is %s", name, text, wanted);
  return BW_OK;
}

/* ---- serialization ---- */

/* model-signing writes 1000000000.0. */
static bw_status read_shard_size(reader *r, bwi_json_at serialization) {
  const double most = 9007199254740992.0; /* above, not every integer is a double */
  bwi_json_at at = -1;
  BW_TRY(bwi_field(&at, r->d, serialization, "shard_size", BWI_JSON_NUMBER, r->err));
  const double bytes = bwi_json_number_of(r->d, at);
  if (!(bytes >= 1 && bytes <= most) || (double)(uint64_t)bytes != bytes)
    return fail_at(r, at, "shard_size must be a whole number of bytes, 1 or more");
  r->m.how.shard_bytes = (uint64_t)bytes;
  return BW_OK;
}

static bw_status read_method(reader *r, bwi_json_at at) {
  const char *method = NULL, *hash = NULL;
  BW_TRY(bwi_field_text(&method, r->d, at, "method", r->err));
  BW_TRY(bwi_field_text(&hash, r->d, at, "hash_type", r->err));
  if (!bwi_digest_find(&r->m.how.hash, hash))
    return BW_FAIL(r->err, BW_EUNSUPPORTED, "hash_type is %.40s; known are sha256 and blake2b", hash);
  if (strcmp(method, "files") == 0) return BW_OK;
  if (strcmp(method, "shards") != 0)
    return BW_FAIL(r->err, BW_EUNSUPPORTED, "method is %.40s; known are files and shards", method);
  return read_shard_size(r, at);
}

static bw_status read_ignore(reader *r, bwi_json_at list) {
  const char **ignore = bwi_arena_get(r->m.arena, count_of(r->d, list), sizeof *ignore);
  if (ignore == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at)) {
    if (bwi_json_kind_of(r->d, at) != BWI_JSON_STRING)
      return fail_at(r, at, "ignore_paths must hold strings");
    const char *text = bwi_json_text_of(r->d, at, NULL);
    ignore[r->m.how.n_ignore] = bwi_arena_strdup(r->m.arena, text);
    if (ignore[r->m.how.n_ignore++] == NULL) return no_memory(r);
  }
  r->m.how.ignore = ignore;
  return BW_OK;
}

static bw_status read_serialization(reader *r, bwi_json_at predicate) {
  bwi_json_at at = -1, symlinks = -1;
  BW_TRY(bwi_field(&at, r->d, predicate, "serialization", BWI_JSON_OBJECT, r->err));
  BW_TRY(read_method(r, at));
  BW_TRY(bwi_field(&symlinks, r->d, at, "allow_symlinks", BWI_JSON_BOOL, r->err));
  r->m.how.allow_symlinks = bwi_json_number_of(r->d, symlinks) != 0;
  const bwi_json_at ignore = bwi_json_find(r->d, at, "ignore_paths");
  if (ignore < 0) return BW_OK;
  return bwi_json_kind_of(r->d, ignore) == BWI_JSON_ARRAY ? read_ignore(r, ignore)
                                                          : fail_at(r, ignore, "ignore_paths must be a list");
}

/* ---- resources ---- */

/* Parts without "..", none empty: nothing that leads out of the folder or has a second spelling. */
static bool is_plain_path(const char *path) {
  if (strcmp(path, BWI_MANIFEST_WHOLE) == 0) return true;
  for (;;) {
    const size_t length = strcspn(path, "/");
    if (length == 0 || (length <= 2 && strncmp(path, "..", length) == 0)) return false;
    if (path[length] == '\0') return true;
    path += length + 1;
  }
}

/* Digits without a sign or a leading zero, up to the NUL. */
static bool read_count(uint64_t *out, const char *text) {
  uint64_t value = 0;
  if (*text == '\0' || (*text == '0' && text[1] != '\0')) return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    if (value > (UINT64_MAX - 9) / 10) return false;
    value = 10 * value + (uint64_t)(*text - '0');
  }
  *out = value;
  return *text == '\0';
}

static char *cut_last(char *name) {
  char *colon = strrchr(name, ':');
  if (colon == NULL) return NULL;
  *colon = '\0';
  return colon + 1;
}

/* Splits "path:start:end" at its last two colons, for a path may hold colons. */
static bool read_range(bwi_shard *shard, char *name, uint64_t shard_bytes) {
  const char *end = cut_last(name), *start = end != NULL ? cut_last(name) : NULL;
  return start != NULL && read_count(&shard->start, start) && read_count(&shard->end, end) &&
         shard->start < shard->end && shard->end - shard->start <= shard_bytes;
}

static bw_status read_digest(reader *r, bwi_shard *shard, bwi_json_at at) {
  const char *algorithm = NULL, *digest = NULL;
  char wanted[BWI_ALGORITHM_BYTES];
  BW_TRY(bwi_field_text(&algorithm, r->d, at, "algorithm", r->err));
  BW_TRY(bwi_field_text(&digest, r->d, at, "digest", r->err));
  bwi_manifest_algorithm(wanted, &r->m.how);
  if (strcmp(algorithm, wanted) != 0 && strcmp(algorithm, bwi_digest_name(r->m.how.hash)) != 0)
    return fail_at(r, at, "the algorithm of a resource is not that of the serialization");
  if (!bwi_hex_decode(shard->digest, bwi_digest_bytes(r->m.how.hash), digest, strlen(digest)))
    return fail_at(r, at, "the digest is not as long as its algorithm has it, or not hexadecimal");
  return BW_OK;
}

static bw_status read_resource(reader *r, resource *out, bwi_json_at at) {
  const char *name = NULL;
  BW_TRY(bwi_field_text(&name, r->d, at, "name", r->err));
  char *path = bwi_arena_strdup(r->m.arena, name);
  if (path == NULL) return no_memory(r);
  BW_TRY(read_digest(r, &out->shard, at));
  if (r->m.how.shard_bytes != 0 && !read_range(&out->shard, path, r->m.how.shard_bytes))
    return fail_at(r, at, "the name of a shard must be path:start:end, no longer than shard_size");
  if (!is_plain_path(path))
    return fail_at(r, at, "a path that leads out of the folder, or is not in its shortest form");
  out->path = path;
  out->offset = bwi_json_offset_of(r->d, at);
  return BW_OK;
}

static int by_path_and_start(const void *a, const void *b) {
  const resource *left = a, *right = b;
  const int order = strcmp(left->path, right->path);
  if (order != 0) return order;
  return (left->shard.start > right->shard.start) - (left->shard.start < right->shard.start);
}

/* Sorted resources become files. */
static bw_status group(reader *r, const resource *list, size_t count) {
  bwi_manifest *m = &r->m;
  m->files = bwi_arena_get(m->arena, count, sizeof *m->files);
  m->shards = bwi_arena_get(m->arena, count, sizeof *m->shards);
  if (m->files == NULL || m->shards == NULL) return no_memory(r);
  for (size_t i = 0; i < count; i++) {
    const bool same = i > 0 && strcmp(list[i].path, list[i - 1].path) == 0;
    const uint64_t from = same ? list[i - 1].shard.end : 0;
    if ((same && m->how.shard_bytes == 0) || list[i].shard.start != from)
      return BW_FAIL_AT(r->err, BW_EFORMAT, list[i].offset, "%s is there twice, or a shard is missing",
                        list[i].path);
    if (!same) m->files[m->n_files++] = (bwi_sealed_file){list[i].path, i, 0};
    m->files[m->n_files - 1].count++;
    m->shards[i] = list[i].shard;
  }
  m->n_shards = count;
  return BW_OK;
}

static bw_status check_root(reader *r, const resource *list, size_t count, const char *wanted) {
  bwi_hash *hash = NULL;
  uint8_t stored[sizeof r->m.root];
  BW_TRY(bwi_hash_create(&hash, BWI_SHA256, r->err));
  for (size_t i = 0; i < count; i++)
    bwi_hash_add(hash, list[i].shard.digest, bwi_digest_bytes(r->m.how.hash));
  const bw_status status = bwi_hash_end(hash, r->m.root, r->err);
  bwi_hash_free(hash);
  if (status != BW_OK) return status;
  if (!bwi_hex_decode(stored, sizeof stored, wanted, strlen(wanted)) ||
      memcmp(stored, r->m.root, sizeof stored) != 0)
    return BW_FAIL(r->err, BW_EFORMAT, "the subject's digest is not that of the resources");
  return BW_OK;
}

static bw_status read_resources(reader *r, bwi_json_at predicate, const char *root) {
  bwi_json_at list = -1;
  size_t count = 0;
  BW_TRY(bwi_field(&list, r->d, predicate, "resources", BWI_JSON_ARRAY, r->err));
  resource *resources = bwi_arena_get(r->m.arena, count_of(r->d, list), sizeof *resources);
  if (resources == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, list); at >= 0; at = bwi_json_next(r->d, at))
    BW_TRY(read_resource(r, &resources[count++], at));
  BW_TRY(check_root(r, resources, count, root));
  if (count > 1) qsort(resources, count, sizeof *resources, by_path_and_start);
  return group(r, resources, count);
}

/* ---- subject ---- */

static int by_mode_path(const void *a, const void *b) {
  return strcmp(((const bwi_sealed_mode *)a)->path, ((const bwi_sealed_mode *)b)->path);
}

static bw_status read_mode(reader *r, bwi_json_at at) {
  const char *path = bwi_json_key_of(r->d, at);
  uint32_t mode = 0;
  size_t size = 0;
  const char *octal = bwi_json_kind_of(r->d, at) == BWI_JSON_STRING ? bwi_json_text_of(r->d, at, &size) : "";
  for (size_t i = 0; i < size; i++) {
    if (octal[i] < '0' || octal[i] > '7') return fail_at(r, at, "a mode must be four octal digits");
    mode = mode << 3 | (uint32_t)(octal[i] - '0');
  }
  if (size != 4) return fail_at(r, at, "a mode must be four octal digits");
  if (!is_plain_path(path))
    return fail_at(r, at, "a path that leads out of the folder, or is not in its shortest form");
  const char *copy = bwi_arena_strdup(r->m.arena, path);
  if (copy == NULL) return no_memory(r);
  r->m.modes[r->m.n_modes++] = (bwi_sealed_mode){copy, mode};
  return BW_OK;
}

static bw_status read_modes(reader *r, bwi_json_at subject) {
  const bwi_json_at annotations = bwi_json_find(r->d, subject, "annotations");
  if (annotations < 0 || bwi_json_kind_of(r->d, annotations) != BWI_JSON_OBJECT) return BW_OK;
  const bwi_json_at modes = bwi_json_find(r->d, annotations, "modes");
  if (modes < 0) return BW_OK;
  if (bwi_json_kind_of(r->d, modes) != BWI_JSON_OBJECT)
    return fail_at(r, modes, "\"modes\" must be an object");
  r->m.how.modes = true;
  r->m.modes = bwi_arena_get(r->m.arena, count_of(r->d, modes), sizeof *r->m.modes);
  if (r->m.modes == NULL) return no_memory(r);
  for (bwi_json_at at = bwi_json_first(r->d, modes); at >= 0; at = bwi_json_next(r->d, at))
    BW_TRY(read_mode(r, at));
  if (r->m.n_modes > 1) qsort(r->m.modes, r->m.n_modes, sizeof *r->m.modes, by_mode_path);
  return BW_OK;
}

static bw_status read_subject(reader *r, const char **root) {
  bwi_json_at list = -1, digest = -1;
  const char *name = NULL;
  BW_TRY(bwi_field(&list, r->d, 0, "subject", BWI_JSON_ARRAY, r->err));
  const bwi_json_at subject = bwi_json_first(r->d, list);
  if (subject < 0 || bwi_json_next(r->d, subject) >= 0)
    return fail_at(r, list, "there must be exactly one subject");
  BW_TRY(bwi_field_text(&name, r->d, subject, "name", r->err));
  r->m.name = bwi_arena_strdup(r->m.arena, name);
  if (r->m.name == NULL) return no_memory(r);
  BW_TRY(bwi_field(&digest, r->d, subject, "digest", BWI_JSON_OBJECT, r->err));
  BW_TRY(bwi_field_text(root, r->d, digest, "sha256", r->err));
  return read_modes(r, subject);
}

static bw_status read_statement(reader *r) {
  bwi_json_at predicate = -1;
  const char *root = NULL;
  BW_TRY(expect_text(r, 0, "_type", "https://in-toto.io/Statement/v1"));
  BW_TRY(expect_text(r, 0, "predicateType", "https://model_signing/signature/v1.0"));
  BW_TRY(read_subject(r, &root));
  BW_TRY(bwi_field(&predicate, r->d, 0, "predicate", BWI_JSON_OBJECT, r->err));
  BW_TRY(read_serialization(r, predicate));
  return read_resources(r, predicate, root);
}

bw_status bwi_manifest_read(bwi_manifest *out, bwi_bytes statement, bw_error *err) {
  bwi_json *d = NULL;
  /* No value is shorter than a byte. */
  BW_TRY(bwi_json_parse(&d, statement, statement.size + 1, err));
  reader r = {.d = d, .m = {.arena = bwi_arena_create(0)}, .err = err};
  const bw_status status = r.m.arena == NULL ? no_memory(&r) : read_statement(&r);
  bwi_json_free(d);
  if (status == BW_OK)
    *out = r.m;
  else
    bwi_manifest_clear(&r.m);
  return status;
}
