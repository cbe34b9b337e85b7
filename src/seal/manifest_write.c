/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/utf8.h"
#include "seal/manifest.h"

/* A name and a digest of the statement's list. */
typedef struct resource {
  const char *name;
  const uint8_t *digest;
} resource;

static bool is_utf8(const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const size_t length = bwi_utf8_length((const uint8_t *)text, left);
    if (length == 0) return false;
    text += length;
    left -= length;
  }
  return true;
}

static bw_status check_paths(const bwi_manifest *m, bw_error *err) {
  for (size_t i = 0; i < m->n_files; i++)
    if (!is_utf8(m->files[i].path))
      return BW_FAIL(err, BW_EINVAL, "the name %s is not UTF-8 and cannot be sealed", m->files[i].path);
  return BW_OK;
}

/* "path", or "path:start:end" of a shard. */
static const char *resource_name(bwi_manifest *m, const bwi_sealed_file *file, const bwi_shard *shard) {
  if (m->how.shard_bytes == 0) return file->path;
  const size_t bytes = strlen(file->path) + 48;
  char *name = bwi_arena_get(m->arena, bytes, 1);
  if (name != NULL)
    (void)snprintf(name, bytes, "%s:%" PRIu64 ":%" PRIu64, file->path, shard->start, shard->end);
  return name;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const resource *)a)->name, ((const resource *)b)->name);
}

/* By code point of the name, as the specification has it, which is not the order of the files when there are
 * shards. NULL when there is no memory. */
static resource *list_resources(bwi_manifest *m) {
  resource *list = bwi_arena_get(m->arena, m->n_shards, sizeof *list);
  for (size_t i = 0; i < m->n_files && list != NULL; i++)
    for (size_t k = m->files[i].first; k < m->files[i].first + m->files[i].count; k++) {
      list[k] = (resource){resource_name(m, &m->files[i], &m->shards[k]), m->shards[k].digest};
      if (list[k].name == NULL) return NULL;
    }
  if (list != NULL && m->n_shards > 1) qsort(list, m->n_shards, sizeof *list, by_name);
  return list;
}

static bw_status compute_root(bwi_manifest *m, const resource *list, bw_error *err) {
  bwi_hash *hash = NULL;
  BW_TRY(bwi_hash_create(&hash, BWI_SHA256, err));
  for (size_t i = 0; i < m->n_shards; i++) bwi_hash_add(hash, list[i].digest, bwi_digest_bytes(m->how.hash));
  const bw_status status = bwi_hash_end(hash, m->root, err);
  bwi_hash_free(hash);
  return status;
}

static void write_hex(bwi_json_writer *w, const char *key, const uint8_t *digest, size_t size) {
  char hex[BWI_DIGEST_HEX_BYTES];
  bwi_hex_encode(hex, digest, size);
  bwi_json_text(w, key, hex);
}

/* Permission bits go where in-toto has room for what a consumer may find useful: annotations of the subject.
 */
static void write_modes(bwi_json_writer *w, const bwi_manifest *m) {
  bwi_json_key(w, "annotations");
  bwi_json_open(w, '{');
  bwi_json_key(w, "modes");
  bwi_json_open(w, '{');
  for (size_t i = 0; i < m->n_modes; i++) {
    char octal[8];
    (void)snprintf(octal, sizeof octal, "%04" PRIo32, m->modes[i].mode);
    bwi_json_text(w, m->modes[i].path, octal);
  }
  bwi_json_close(w, '}');
  bwi_json_close(w, '}');
}

static void write_subject(bwi_json_writer *w, const bwi_manifest *m) {
  bwi_json_key(w, "subject");
  bwi_json_open(w, '[');
  bwi_json_open(w, '{');
  bwi_json_text(w, "name", m->name);
  bwi_json_key(w, "digest");
  bwi_json_open(w, '{');
  write_hex(w, "sha256", m->root, sizeof m->root);
  bwi_json_close(w, '}');
  if (m->how.modes) write_modes(w, m);
  bwi_json_close(w, '}');
  bwi_json_close(w, ']');
}

static void write_serialization(bwi_json_writer *w, const bwi_serialization *how) {
  bwi_json_key(w, "serialization");
  bwi_json_open(w, '{');
  bwi_json_text(w, "method", how->shard_bytes == 0 ? "files" : "shards");
  bwi_json_text(w, "hash_type", bwi_digest_name(how->hash));
  if (how->shard_bytes != 0) {
    bwi_json_key(w, "shard_size");
    bwi_json_int(w, (int64_t)how->shard_bytes);
  }
  bwi_json_key(w, "allow_symlinks");
  bwi_json_bool(w, how->allow_symlinks);
  bwi_json_key(w, "ignore_paths");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < how->n_ignore; i++) bwi_json_string(w, how->ignore[i]);
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
}

static void write_resources(bwi_json_writer *w, const bwi_manifest *m, const resource *list) {
  char algorithm[BWI_ALGORITHM_BYTES];
  bwi_manifest_algorithm(algorithm, &m->how);
  bwi_json_key(w, "resources");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < m->n_shards; i++) {
    bwi_json_open(w, '{');
    bwi_json_text(w, "name", list[i].name);
    bwi_json_text(w, "algorithm", algorithm);
    write_hex(w, "digest", list[i].digest, bwi_digest_bytes(m->how.hash));
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

bw_status bwi_manifest_write(bwi_buffer *out, bwi_manifest *manifest, bw_error *err) {
  BW_TRY(check_paths(manifest, err));
  const resource *list = list_resources(manifest);
  if (list == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a manifest");
  BW_TRY(compute_root(manifest, list, err));
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "_type", "https://in-toto.io/Statement/v1");
  write_subject(&w, manifest);
  bwi_json_text(&w, "predicateType", "https://model_signing/signature/v1.0");
  bwi_json_key(&w, "predicate");
  bwi_json_open(&w, '{');
  write_serialization(&w, &manifest->how);
  write_resources(&w, manifest, list);
  bwi_json_close(&w, '}');
  bwi_json_close(&w, '}');
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a manifest") : BW_OK;
}
