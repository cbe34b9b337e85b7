/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

/* A file that differs, until it is known how: one of the two is NULL when it is missing or was added. */
typedef struct suspect {
  const bwi_sealed_file *sealed, *found;
  bool told;
} suspect;

typedef struct comparison {
  bwi_differences *out;
  bwi_arena *arena;
  const bwi_manifest *sealed, *found;
  suspect *suspects; /* sorted by path */
  size_t n_suspects;
  bw_error *err;
} comparison;

static bw_status no_memory(const comparison *c) {
  return BW_FAIL(c->err, BW_ENOMEM, "no memory to compare with a seal");
}

/* ---- texts ---- */

/* A single file is "." in a manifest, and has a name for people. */
static const char *shown(const comparison *c, const char *path) {
  return strcmp(path, BWI_MANIFEST_WHOLE) == 0 ? c->found->name : path;
}

static bw_status tell(comparison *c, bw_difference difference) {
  bwi_differences *d = c->out;
  if (d->count == d->capacity) {
    const size_t capacity = d->capacity == 0 ? 16 : 2 * d->capacity;
    bw_difference *grown = bwi_arena_get(c->arena, capacity, sizeof *grown);
    if (grown == NULL) return no_memory(c);
    if (d->count > 0) memcpy(grown, d->items, d->count * sizeof *grown);
    d->items = grown;
    d->capacity = capacity;
  }
  /* The manifests go before the differences do. */
  const char *path = bwi_arena_strdup(c->arena, shown(c, difference.path));
  const char *other = difference.other != NULL ? bwi_arena_strdup(c->arena, difference.other) : NULL;
  if (path == NULL || (other == NULL && difference.other != NULL)) return no_memory(c);
  difference.path = path;
  difference.other = other;
  d->items[d->count++] = difference;
  return BW_OK;
}

enum { TEXT_BYTES = BWI_DIGEST_HEX_BYTES + 120 };

static const bwi_shard *shards_of(const bwi_manifest *m, const bwi_sealed_file *file) {
  return &m->shards[file->first];
}

static uint64_t size_of(const bwi_manifest *m, const bwi_sealed_file *file) {
  return shards_of(m, file)[file->count - 1].end;
}

/* "sha256:...", or of shards the size and the digest of one of them. NULL when there is no memory. */
static const char *digest_text(const comparison *c, const bwi_manifest *m, const bwi_sealed_file *file,
                               size_t shard) {
  char hex[BWI_DIGEST_HEX_BYTES];
  char *text = bwi_arena_get(c->arena, TEXT_BYTES, 1);
  if (text == NULL) return NULL;
  const char *name = bwi_digest_name(m->how.hash);
  if (shard >= file->count) {
    (void)snprintf(text, TEXT_BYTES, "%" PRIu64 " bytes", size_of(m, file));
    return text;
  }
  const bwi_shard *s = &shards_of(m, file)[shard];
  bwi_hex_encode(hex, s->digest, bwi_digest_bytes(m->how.hash));
  if (m->how.shard_bytes == 0)
    (void)snprintf(text, TEXT_BYTES, "%s:%s", name, hex);
  else
    (void)snprintf(text, TEXT_BYTES, "%" PRIu64 " bytes, of which %" PRIu64 " to %" PRIu64 " %s:%s",
                   size_of(m, file), s->start, s->end, name, hex);
  return text;
}

/* ---- contents ---- */

/* The first shard in which a and b differ, or the number of shards of the shorter; all are the same if it is
 * that of both. */
static size_t first_difference(const bwi_manifest *ma, const bwi_sealed_file *a, const bwi_manifest *mb,
                               const bwi_sealed_file *b) {
  const size_t bytes = bwi_digest_bytes(ma->how.hash);
  size_t i = 0;
  for (; i < a->count && i < b->count; i++) {
    const bwi_shard *left = &shards_of(ma, a)[i], *right = &shards_of(mb, b)[i];
    if (left->end != right->end || memcmp(left->digest, right->digest, bytes) != 0) break;
  }
  return i;
}

/* Whether both are there and hold the same. */
static bool same_content(const comparison *c, const bwi_sealed_file *sealed, const bwi_sealed_file *found) {
  return sealed != NULL && found != NULL && sealed->count == found->count &&
         first_difference(c->sealed, sealed, c->found, found) == sealed->count;
}

/* ---- one difference each ---- */

static bw_status tell_file(comparison *c, bw_difference_kind kind, const suspect *s, const char *other) {
  bw_difference d = {
      .kind = kind, .path = s->sealed != NULL ? s->sealed->path : s->found->path, .other = other};
  const size_t shard =
      s->sealed != NULL && s->found != NULL ? first_difference(c->sealed, s->sealed, c->found, s->found) : 0;
  if (s->sealed != NULL) d.expected = digest_text(c, c->sealed, s->sealed, shard);
  if (s->found != NULL) d.found = digest_text(c, c->found, s->found, shard);
  if ((s->sealed != NULL && d.expected == NULL) || (s->found != NULL && d.found == NULL)) return no_memory(c);
  return tell(c, d);
}

/* What is neither file nor folder, beside what was sealed under its name. */
static bw_status tell_odd(comparison *c, const bwi_walk_entry *entry) {
  const bool symlink = entry->kind == BWI_WALK_SYMLINK;
  suspect *s = NULL;
  for (size_t i = 0; i < c->n_suspects && s == NULL; i++)
    if (c->suspects[i].found == NULL && strcmp(c->suspects[i].sealed->path, entry->path) == 0)
      s = &c->suspects[i];
  bw_difference d = {.kind = symlink ? BW_DIFFERENCE_SYMLINK : BW_DIFFERENCE_SPECIAL,
                     .path = entry->path,
                     .found = symlink ? "a symlink" : "a device, pipe or socket"};
  if (s != NULL) {
    d.expected = digest_text(c, c->sealed, s->sealed, 0);
    if (d.expected == NULL) return no_memory(c);
    s->told = true;
  }
  return tell(c, d);
}

static bw_status tell_renamed(comparison *c, suspect *missing) {
  for (size_t k = 0; k < c->n_suspects; k++) {
    suspect *added = &c->suspects[k];
    if (added->told || added->sealed != NULL || !same_content(c, missing->sealed, added->found)) continue;
    missing->told = added->told = true;
    return tell_file(c, BW_DIFFERENCE_RENAMED, missing, added->found->path);
  }
  return BW_OK;
}

static bw_status tell_swapped(comparison *c, suspect *one) {
  for (size_t k = 0; k < c->n_suspects; k++) {
    suspect *two = &c->suspects[k];
    if (two == one || two->told) continue;
    if (!same_content(c, one->sealed, two->found) || !same_content(c, two->sealed, one->found)) continue;
    one->told = two->told = true;
    return tell_file(c, BW_DIFFERENCE_SWAPPED, one, two->found->path);
  }
  return BW_OK;
}

static bw_status tell_rest(comparison *c, const suspect *s) {
  if (s->sealed == NULL) return tell_file(c, BW_DIFFERENCE_ADDED, s, NULL);
  return tell_file(c, s->found == NULL ? BW_DIFFERENCE_MISSING : BW_DIFFERENCE_CHANGED, s, NULL);
}

/* ---- files ---- */

/* Of two sorted lists the one whose head comes next: below 0 the left, above 0 the right, 0 both. NULL: it
 * has ended. */
static int next_of(const char *left, const char *right) {
  if (left == NULL) return 1;
  return right == NULL ? -1 : strcmp(left, right);
}

static bw_status find_suspects(comparison *c) {
  const bwi_manifest *a = c->sealed, *b = c->found;
  c->suspects = bwi_arena_get(c->arena, a->n_files + b->n_files, sizeof *c->suspects);
  if (c->suspects == NULL) return no_memory(c);
  for (size_t i = 0, k = 0; i < a->n_files || k < b->n_files;) {
    const int order =
        next_of(i < a->n_files ? a->files[i].path : NULL, k < b->n_files ? b->files[k].path : NULL);
    const bwi_sealed_file *sealed = order <= 0 ? &a->files[i++] : NULL;
    const bwi_sealed_file *found = order >= 0 ? &b->files[k++] : NULL;
    if (!same_content(c, sealed, found)) c->suspects[c->n_suspects++] = (suspect){sealed, found, false};
  }
  return BW_OK;
}

/* Pairs take time that grows with the square of what differs: past this many it is named file by file. */
enum { MAX_PAIRED = 10000 };

static bw_status compare_files(comparison *c) {
  BW_TRY(find_suspects(c));
  for (size_t i = 0; i < c->found->n_odd; i++) BW_TRY(tell_odd(c, &c->found->odd[i]));
  const size_t n_paired = c->n_suspects <= MAX_PAIRED ? c->n_suspects : 0;
  for (size_t i = 0; i < n_paired; i++) {
    suspect *s = &c->suspects[i];
    if (!s->told && s->found == NULL) BW_TRY(tell_renamed(c, s));
    if (!s->told && s->sealed != NULL && s->found != NULL) BW_TRY(tell_swapped(c, s));
  }
  for (size_t i = 0; i < c->n_suspects; i++)
    if (!c->suspects[i].told) BW_TRY(tell_rest(c, &c->suspects[i]));
  return BW_OK;
}

/* ---- modes ---- */

static int by_path(const void *key, const void *item) {
  return strcmp(key, ((const bwi_sealed_file *)item)->path);
}

static bool is_file(const bwi_manifest *m, const char *path) {
  return m->n_files > 0 && bsearch(path, m->files, m->n_files, sizeof *m->files, by_path) != NULL;
}

static bool is_odd(const bwi_manifest *m, const char *path) {
  for (size_t i = 0; i < m->n_odd; i++)
    if (strcmp(m->odd[i].path, path) == 0) return true;
  return false;
}

static const char *mode_text(const comparison *c, uint32_t mode) {
  enum { MODE_BYTES = 16 };
  char *text = bwi_arena_get(c->arena, MODE_BYTES, 1);
  if (text != NULL) (void)snprintf(text, MODE_BYTES, "mode %04" PRIo32, mode);
  return text;
}

static bw_status tell_mode(comparison *c, const bwi_sealed_mode *sealed, const bwi_sealed_mode *found) {
  bw_difference d = {.kind = BW_DIFFERENCE_MODE, .path = sealed != NULL ? sealed->path : found->path};
  if (sealed != NULL) d.expected = mode_text(c, sealed->mode);
  if (found != NULL) d.found = mode_text(c, found->mode);
  if ((sealed != NULL && d.expected == NULL) || (found != NULL && d.found == NULL)) return no_memory(c);
  /* Of files it is told already, and of what is a symlink now; folders, and empty files among shards, are
   * known by their modes alone. */
  if (found == NULL) {
    if (is_file(c->sealed, d.path) || is_odd(c->found, d.path)) return BW_OK;
    d.kind = BW_DIFFERENCE_MISSING;
  } else if (sealed == NULL) {
    if (is_file(c->found, d.path)) return BW_OK;
    d.kind = BW_DIFFERENCE_ADDED;
  }
  return tell(c, d);
}

static bw_status compare_modes(comparison *c) {
  const bwi_manifest *a = c->sealed, *b = c->found;
  for (size_t i = 0, k = 0; i < a->n_modes || k < b->n_modes;) {
    const int order =
        next_of(i < a->n_modes ? a->modes[i].path : NULL, k < b->n_modes ? b->modes[k].path : NULL);
    const bwi_sealed_mode *sealed = order <= 0 ? &a->modes[i++] : NULL;
    const bwi_sealed_mode *found = order >= 0 ? &b->modes[k++] : NULL;
    if (order != 0 || sealed->mode != found->mode) BW_TRY(tell_mode(c, sealed, found));
  }
  return BW_OK;
}

/* ---- all ---- */

static int by_shown_path(const void *a, const void *b) {
  const bw_difference *left = a, *right = b;
  const int order = strcmp(left->path, right->path);
  return order != 0 ? order : (left->kind > right->kind) - (left->kind < right->kind);
}

bw_status bwi_compare(bwi_differences *out, bwi_arena *arena, const bwi_manifest *sealed,
                      const bwi_manifest *found, bw_error *err) {
  comparison c = {.out = out, .arena = arena, .sealed = sealed, .found = found, .err = err};
  BW_TRY(compare_files(&c));
  BW_TRY(compare_modes(&c));
  if (out->count > 1) qsort(out->items, out->count, sizeof *out->items, by_shown_path);
  return BW_OK;
}
