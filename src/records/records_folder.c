/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of images or other small files: a record is a file with its path, which often is its label, in
 * the order of the paths. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/walk.h"
#include "records/record_source.h"

typedef struct folder {
  int root;
  bwi_walk walk;
  size_t *files; /* entries of the walk that are files */
  bwi_bytes parts[2];
} folder;

static bool fits(const char *path, bwi_bytes bytes) {
  (void)path;
  return bytes.data == NULL;
}

static bw_status list_files(folder *f, uint64_t *count, bw_error *err) {
  f->files = bwi_alloc(f->walk.count, sizeof *f->files);
  if (f->files == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu files", f->walk.count);
  for (size_t i = 0; i < f->walk.count; i++) {
    const bwi_walk_entry *entry = &f->walk.entries[i];
    if (entry->kind == BWI_WALK_FILE)
      f->files[(*count)++] = i;
    else if (entry->kind != BWI_WALK_FOLDER)
      return BW_FAIL(err, BW_EUNSUPPORTED, "%s is neither a file nor a folder", entry->path);
  }
  return BW_OK;
}

static bw_status open_folder(bwi_record_source *source, const char *path, bw_error *err) {
  folder *f = bwi_alloc(1, sizeof *f);
  if (f == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a folder");
  uint64_t count = 0;
  f->root = -1;
  source->state = f;
  BW_TRY(bwi_walk_open_root(&f->root, path, err));
  BW_TRY(bwi_walk_below(&f->walk, f->root, NULL, NULL, err));
  BW_TRY(list_files(f, &count, err));
  return bwi_record_add_group(source, count, "", err);
}

static const char *path_of(const folder *f, uint64_t i) {
  return f->walk.entries[f->files[i]].path;
}

/* The path with the NUL behind it, which no path holds, then the content. */
static bw_status get(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source, uint64_t i,
                     bw_error *err) {
  folder *f = source->state;
  const char *path = path_of(f, i);
  int file = -1;
  bwi_record_drop_bytes(source);
  BW_TRY(bwi_walk_open_below(&file, f->root, path, err));
  const bw_status status = bwi_file_read_open(&source->bytes, file, path, BWI_RECORD_MAX_BYTES, err);
  (void)close(file);
  f->parts[0] = (bwi_bytes){(const uint8_t *)path, strlen(path) + 1};
  f->parts[1] = source->bytes;
  *parts = f->parts;
  *n_parts = 2;
  return status;
}

static void place(bwi_buffer *out, const bwi_record_source *source, uint64_t i) {
  bwi_buffer_text(out, path_of(source->state, i));
}

static void close_folder(void *state) {
  folder *f = state;
  if (f->root >= 0) (void)close(f->root);
  bwi_walk_clear(&f->walk);
  bwi_free(f->files);
  bwi_free(f);
}

const bwi_record_format bwi_records_folder = {"folder", fits, open_folder, get, place, close_folder};
