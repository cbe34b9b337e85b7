/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "log/log_files.h"

/* ---- checkpoint ---- */

static bw_status write_checkpoint(const char *path, const bwi_note_key *key, uint64_t size,
                                  const bwi_merkle_hash *head, bw_error *err) {
  bwi_buffer text = {0}, note = {0};
  bwi_checkpoint_write(&text, key->name, size, head);
  bw_status status = text.failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a checkpoint") : BW_OK;
  if (status == BW_OK)
    status = bwi_note_sign(&note, (bwi_bytes){(const uint8_t *)text.data, text.size}, key, err);
  if (status == BW_OK)
    status = bwi_log_file_write(path, "checkpoint", (bwi_bytes){(const uint8_t *)note.data, note.size}, err);
  bwi_buffer_free(&text);
  bwi_buffer_free(&note);
  return status;
}

static bw_status write_key(const char *path, const bwi_note_key *key, bw_error *err) {
  bwi_buffer text = {0};
  bw_status status = bwi_note_key_write(&text, key, err);
  if (status == BW_OK)
    status = bwi_log_file_write(path, "key", (bwi_bytes){(const uint8_t *)text.data, text.size}, err);
  bwi_buffer_free(&text);
  return status;
}

bw_status bwi_log_store_create(const char *path, const bwi_note_key *key, bw_error *err) {
  bwi_merkle_hash empty;
  if (mkdir(path, 0777) != 0) return bwi_fail_system(err, "create the folder", path, errno);
  BW_TRY(bwi_digest(empty.bytes, BWI_SHA256, NULL, 0, err));
  BW_TRY(write_key(path, key, err));
  return write_checkpoint(path, key, 0, &empty, err);
}

bw_status bwi_log_store_own_key(bwi_note_key *out, const char *path, bw_error *err) {
  bwi_bytes text = {0};
  BW_TRY(bwi_log_file_read(&text, path, "key", BWI_NOTE_MAX_BYTES, err));
  const bw_status status = bwi_note_key_read(out, text, err);
  bwi_free((void *)(uintptr_t)text.data);
  return status;
}

/* ---- reading ---- */

static bw_status read_tile(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t n, uint32_t width,
                           bw_error *err) {
  bwi_bytes bytes = {0};
  uint32_t found = 0;
  bw_status status = bwi_log_tile_read(&bytes, &found, payload, (int)level, n, width, sizeof(bwi_tile), err);
  if (status != BW_OK) return status;
  if (bytes.size == found * sizeof *out)
    memcpy(out, bytes.data, width * sizeof *out);
  else
    status = BW_FAIL(err, BW_EFORMAT, "tile %" PRIu64 " of level %" PRIu32 " has %zu bytes, not %zu", n,
                     level, bytes.size, found * sizeof *out);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

static bw_status open_store(bwi_log_store *s, bw_error *err) {
  BW_TRY(bwi_log_file_read(&s->note, s->path, "checkpoint", BWI_NOTE_MAX_BYTES, err));
  BW_TRY(bwi_checkpoint_open(&s->checkpoint, s->note, &s->key, err));
  return bwi_tiles_open(&s->tiles, s->checkpoint.size, &s->checkpoint.head, read_tile, s->path, err);
}

bw_status bwi_log_store_open(bwi_log_store *out, const char *path, bwi_note_key *key, bw_error *err) {
  bwi_log_store s = {.path = bwi_strdup(path), .key = *key};
  *key = (bwi_note_key){0};
  bw_status status = s.path == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for a path") : open_store(&s, err);
  if (status == BW_OK)
    *out = s;
  else
    bwi_log_store_close(&s);
  return status;
}

void bwi_log_store_close(bwi_log_store *store) {
  bwi_tiles_free(store->tiles);
  bwi_free((void *)(uintptr_t)store->note.data);
  bwi_note_key_clear(&store->key);
  bwi_free(store->path);
  *store = (bwi_log_store){0};
}

/* ---- entries ---- */

static bw_status check_leaves(const bwi_bytes *spans, uint32_t width, bwi_log_store *s, uint64_t n,
                              bw_error *err) {
  const bwi_tile *tile = NULL;
  BW_TRY(bwi_tiles_get(&tile, s->tiles, 0, n, err));
  const bwi_merkle_tree tree = bwi_tiles_tree(s->tiles);
  for (uint32_t i = 0; i < width; i++) {
    bwi_merkle_hash leaf;
    BW_TRY(bwi_merkle_leaf(&leaf, tree.sha256, spans[i], err));
    if (!bwi_merkle_equal(&leaf, &tile->hashes[i]))
      return BW_FAIL(err, BW_EUNTRUSTED, "entry %" PRIu64 " is not the one that was logged",
                     n * BWI_TILE_WIDTH + i);
  }
  return BW_OK;
}

bw_status bwi_log_store_bundle(bwi_bytes *bytes, bwi_bytes spans[BWI_TILE_WIDTH], uint32_t *count,
                               bwi_log_store *store, uint64_t n, bw_error *err) {
  const uint32_t width = bwi_tile_width(store->checkpoint.size, 0, n);
  bwi_bytes read = {0};
  uint32_t found = 0;
  if (width == 0) return BW_FAIL(err, BW_EINVAL, "the log has %" PRIu64 " entries", store->checkpoint.size);
  BW_TRY(bwi_log_tile_read(&read, &found, store->path, -1, n, width, BWI_ENTRIES_MAX_BYTES, err));
  bw_status status = bwi_entries_split(spans, found, read, err);
  if (status == BW_OK) status = check_leaves(spans, width, store, n, err);
  if (status != BW_OK) {
    bwi_free((void *)(uintptr_t)read.data);
    return status;
  }
  *bytes = read;
  *count = width;
  return BW_OK;
}

/* ---- adding ---- */

bw_status bwi_log_store_lock(int *lock, const char *path, bw_error *err) {
  char *name = NULL;
  BW_TRY(bwi_log_file_path(&name, path, "lock", err));
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  int result = file < 0 ? -1 : 0;
  while (file >= 0 && (result = fcntl(file, F_SETLKW, &whole)) != 0 && errno == EINTR) continue;
  const bw_status status = result != 0 ? bwi_fail_system(err, "lock", name, errno) : BW_OK;
  bwi_free(name);
  if (status == BW_OK)
    *lock = file;
  else if (file >= 0)
    (void)close(file);
  return status;
}

void bwi_log_store_unlock(int lock) {
  (void)close(lock);
}

/* Puts the entry behind those of the last bundle, which is read and checked if it is not full. */
static bw_status add_to_bundle(bwi_log_store *s, bwi_bytes entry, bw_error *err) {
  const uint64_t n = s->checkpoint.size / BWI_TILE_WIDTH;
  bwi_bytes bytes = {0}, spans[BWI_TILE_WIDTH];
  uint32_t count = 0;
  if (s->checkpoint.size % BWI_TILE_WIDTH > 0) BW_TRY(bwi_log_store_bundle(&bytes, spans, &count, s, n, err));
  bwi_buffer out = {0};
  for (uint32_t i = 0; i < count; i++) bwi_entries_put(&out, spans[i]);
  bwi_entries_put(&out, entry);
  bw_status status = out.failed ? BW_FAIL(err, BW_ENOMEM, "no memory for entries") : BW_OK;
  if (status == BW_OK)
    status =
        bwi_log_tile_write(s->path, -1, n, count + 1, (bwi_bytes){(const uint8_t *)out.data, out.size}, err);
  bwi_buffer_free(&out);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

/* Adds a leaf to the last tile of level 0, and where that makes a tile full, its head to the level above. */
static bw_status add_to_tiles(bwi_log_store *s, bwi_merkle_hash hash, uint32_t *n_full, bw_error *err) {
  const bwi_merkle_tree tree = bwi_tiles_tree(s->tiles);
  for (uint32_t level = 0; level < BWI_TILE_LEVELS; level++) {
    const uint64_t at = s->checkpoint.size >> 8 * level, n = at / BWI_TILE_WIDTH;
    const uint32_t width = (uint32_t)(at % BWI_TILE_WIDTH);
    const bwi_tile *edge = NULL;
    bwi_tile tile = {{{{0}}}};
    if (width > 0) BW_TRY(bwi_tiles_get(&edge, s->tiles, level, n, err));
    if (width > 0) memcpy(tile.hashes, edge->hashes, width * sizeof *tile.hashes);
    tile.hashes[width] = hash;
    const bwi_bytes bytes = {tile.hashes[0].bytes, (width + 1) * sizeof *tile.hashes};
    BW_TRY(bwi_log_tile_write(s->path, (int)level, n, width + 1, bytes, err));
    *n_full = level;
    if (width + 1 < BWI_TILE_WIDTH) break;
    BW_TRY(bwi_merkle_fold(&hash, tree.sha256, tile.hashes, BWI_TILE_WIDTH, err));
  }
  return BW_OK;
}

/* The head of the tree with the new leaf, whose tiles are written. */
static bw_status new_head(bwi_merkle_hash *out, const bwi_log_store *s, bw_error *err) {
  bwi_tiles *tiles = NULL;
  BW_TRY(bwi_tiles_open(&tiles, s->checkpoint.size + 1, NULL, read_tile, s->path, err));
  *out = bwi_tiles_head(tiles);
  bwi_tiles_free(tiles);
  return BW_OK;
}

static void drop_partial(const bwi_log_store *s, uint32_t n_full) {
  if (n_full > 0) bwi_log_tile_drop_partial(s->path, -1, s->checkpoint.size / BWI_TILE_WIDTH);
  for (uint32_t level = 0; level < n_full; level++)
    bwi_log_tile_drop_partial(s->path, (int)level, (s->checkpoint.size >> 8 * level) / BWI_TILE_WIDTH);
}

/* Opens the log as it is now, in place of what *s was. */
static bw_status reopen(bwi_log_store *s, bw_error *err) {
  bwi_log_store old = *s;
  bwi_log_store now = {.path = old.path, .key = old.key};
  const bw_status status = open_store(&now, err);
  bwi_log_store *gone = status == BW_OK ? &old : &now;
  gone->path = NULL;
  gone->key = (bwi_note_key){0};
  if (status == BW_OK) *s = now;
  bwi_log_store_close(gone);
  return status;
}

bw_status bwi_log_store_add(bwi_log_store *store, bwi_bytes entry, bw_error *err) {
  bwi_merkle_hash leaf, head;
  uint32_t n_full = 0;
  if (entry.size == 0 || entry.size > BWI_ENTRY_MAX_BYTES)
    return BW_FAIL(err, entry.size == 0 ? BW_EINVAL : BW_ELIMIT,
                   "an entry of %zu bytes; it must have 1 to %d", entry.size, BWI_ENTRY_MAX_BYTES);
  if (store->checkpoint.size >= BWI_MERKLE_MAX_SIZE) return BW_FAIL(err, BW_ELIMIT, "the log is full");
  const bwi_merkle_tree tree = bwi_tiles_tree(store->tiles);
  BW_TRY(bwi_merkle_leaf(&leaf, tree.sha256, entry, err));
  BW_TRY(add_to_bundle(store, entry, err));
  BW_TRY(add_to_tiles(store, leaf, &n_full, err));
  BW_TRY(new_head(&head, store, err));
  BW_TRY(write_checkpoint(store->path, &store->key, store->checkpoint.size + 1, &head, err));
  drop_partial(store, n_full);
  return reopen(store, err);
}
