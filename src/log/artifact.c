/* SPDX-License-Identifier: Apache-2.0 */
#include "log/artifact.h"

#include <string.h>

#include "base/hex.h"
#include "seal/measure.h"

/* A manifest of a single file has the digest of that file. */
static bw_status root_of(uint8_t digest[32], bwi_manifest *m, const char *path, bw_error *err) {
  bwi_buffer statement = {0};
  if (m->n_odd > 0)
    return BW_FAIL(err, BW_EINVAL, "%s is neither a file nor a folder: it has no digest", m->odd[0].path);
  if (m->n_files == 0) return BW_FAIL(err, BW_EINVAL, "there are no files in %s", path);
  if (m->n_files == 1 && strcmp(m->files[0].path, BWI_MANIFEST_WHOLE) == 0) {
    memcpy(digest, m->shards[0].digest, 32);
    return BW_OK;
  }
  const bw_status status = bwi_manifest_write(&statement, m, err);
  bwi_buffer_free(&statement);
  if (status == BW_OK) memcpy(digest, m->root, 32);
  return status;
}

static bw_status digest_path(uint8_t digest[32], const char *path, bw_error *err) {
  const bwi_serialization how = {.hash = BWI_SHA256};
  bwi_manifest m;
  BW_TRY(bwi_measure(&m, path, &how, 1, (bw_progress){0}, err));
  const bw_status status = root_of(digest, &m, path, err);
  bwi_manifest_clear(&m);
  return status;
}

bw_status bwi_artifact_find(bwi_artifact *out, bwi_arena *arena, const char *what, bw_error *err) {
  uint8_t digest[32];
  char hex[2 * sizeof digest + 1] = "";
  const bool is_digest = bwi_hex_decode(digest, sizeof digest, what, strlen(what));
  if (!is_digest && strstr(what, "://") == NULL) BW_TRY(digest_path(digest, what, err));
  if (is_digest || strstr(what, "://") == NULL) bwi_hex_encode(hex, digest, sizeof digest);
  const char *name = bwi_arena_strdup(arena, is_digest ? "" : what), *text = bwi_arena_strdup(arena, hex);
  if (name == NULL || text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an artifact");
  *out = (bwi_artifact){name, text};
  return BW_OK;
}
