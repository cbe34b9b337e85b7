/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/meter.h"
#include "base/path.h"
#include "base/workers.h"

/* Small enough to be digested from the cache that it was read into. */
enum { BUFFER_BYTES = 256 * 1024 };

typedef struct measuring {
  int root;           /* the folder, or the one that holds the single file */
  const char *single; /* its name there; NULL: a folder is measured */
  bwi_manifest m;
  bwi_walk walk;
  struct task *tasks; /* a shard each, the largest first so that threads end together */
  struct worker *workers;
  uint32_t n_workers;
  bwi_meter meter; /* in MiB */
} measuring;

typedef struct task {
  size_t file, shard;
  uint64_t start, n_bytes;
  bool last; /* the file must end behind it */
} task;

typedef struct worker {
  bwi_hash *hash;
  uint8_t *buffer;
} worker;

/* ---- one shard ---- */

/* Where symlinks are allowed the last part of the path may be one. */
static bw_status open_file(int *out, const measuring *g, const char *path, bw_error *err) {
  if (!g->m.how.allow_symlinks) return bwi_walk_open_below(out, g->root, path, err);
  char *folder = NULL, *name = NULL;
  int parent = -1;
  BW_TRY(bwi_path_split(&folder, &name, path, err));
  bw_status status = bwi_walk_open_below(&parent, g->root, strcmp(folder, ".") == 0 ? "" : folder, err);
  if (status == BW_OK) {
    *out = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*out < 0) status = bwi_fail_system(err, "open", path, errno);
    (void)close(parent);
  }
  bwi_free(folder);
  bwi_free(name);
  return status;
}

static bw_status fail_changed(bw_error *err, const char *path) {
  return BW_FAIL(err, BW_EIO, "cannot read %s: it changed while it was read", path);
}

static bw_status read_part(size_t *got, int file, uint8_t *to, size_t size, uint64_t at, const char *path,
                           bw_error *err) {
  for (;;) {
    const ssize_t n = pread(file, to, size, (off_t)at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return bwi_fail_system(err, "read", path, errno);
    *got = (size_t)n;
    return BW_OK;
  }
}

static bw_status hash_stretch(measuring *g, worker *w, int file, const task *t, const char *path,
                              bw_error *err) {
  const uint64_t end = t->start + t->n_bytes;
  size_t got = 0;
  for (uint64_t at = t->start; at < end; at += got) {
    const size_t wanted = end - at < BUFFER_BYTES ? (size_t)(end - at) : BUFFER_BYTES;
    BW_TRY(read_part(&got, file, w->buffer, wanted, at, path, err));
    if (got == 0) return fail_changed(err, path);
    bwi_hash_add(w->hash, w->buffer, got);
    if (!bwi_meter_add(&g->meter, (double)got / (1 << 20), 0)) return BW_FAIL(err, BW_ECANCEL, "cancelled");
  }
  if (!t->last) return BW_OK;
  BW_TRY(read_part(&got, file, w->buffer, 1, end, path, err));
  return got == 0 ? BW_OK : fail_changed(err, path);
}

static bw_status hash_shard(void *payload, uint32_t index, size_t i, bw_error *err) {
  measuring *g = payload;
  const task *t = &g->tasks[i];
  worker *w = &g->workers[index];
  const char *path = g->single != NULL ? g->single : g->m.files[t->file].path;
  int file = -1;
  struct stat info;
  BW_TRY(open_file(&file, g, path, err));
  bw_status status = BW_OK;
  if (fstat(file, &info) != 0)
    status = bwi_fail_system(err, "read", path, errno);
  else if (!S_ISREG(info.st_mode))
    status = BW_FAIL(err, BW_EIO, "cannot read %s: not a regular file", path);
  else
    status = hash_stretch(g, w, file, t, path, err);
  (void)close(file);
  const bw_status ended = bwi_hash_end(w->hash, g->m.shards[t->shard].digest, status == BW_OK ? err : NULL);
  return status != BW_OK ? status : ended;
}

/* ---- what there is ---- */

bool bwi_is_ignored(const bwi_serialization *how, const char *path) {
  for (size_t i = 0; i < how->n_ignore; i++) {
    const size_t size = strlen(how->ignore[i]);
    if (size > 0 && strncmp(path, how->ignore[i], size) == 0 && (path[size] == '\0' || path[size] == '/'))
      return true;
  }
  return false;
}

static bool skip(const bwi_walk_entry *entry, void *payload) {
  return bwi_is_ignored(payload, entry->path);
}

/* An allowed symlink to a file counts as that file; its size is the target's. */
static void resolve_symlinks(measuring *g) {
  for (size_t i = 0; i < g->walk.count; i++) {
    bwi_walk_entry *entry = &g->walk.entries[i];
    struct stat info;
    if (entry->kind != BWI_WALK_SYMLINK || fstatat(g->root, entry->path, &info, 0) != 0 ||
        !S_ISREG(info.st_mode))
      continue;
    entry->kind = BWI_WALK_FILE;
    entry->n_bytes = (uint64_t)info.st_size;
    entry->mode = (uint32_t)(info.st_mode & 07777);
  }
}

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory for a manifest");
}

static size_t shards_of(const bwi_serialization *how, uint64_t n_bytes) {
  if (how->shard_bytes == 0) return 1;
  return (size_t)(n_bytes / how->shard_bytes + (n_bytes % how->shard_bytes != 0));
}

static bw_status make_lists(measuring *g, bw_error *err) {
  bwi_manifest *m = &g->m;
  size_t n_files = 0, n_odd = 0;
  for (size_t i = 0; i < g->walk.count; i++) {
    const bwi_walk_entry *entry = &g->walk.entries[i];
    if (entry->kind == BWI_WALK_FILE) {
      n_files++;
      m->n_shards += shards_of(&m->how, entry->n_bytes);
    }
    n_odd += entry->kind == BWI_WALK_SYMLINK || entry->kind == BWI_WALK_SPECIAL;
  }
  m->files = bwi_arena_get(m->arena, n_files, sizeof *m->files);
  m->shards = bwi_arena_get(m->arena, m->n_shards, sizeof *m->shards);
  m->odd = bwi_arena_get(m->arena, n_odd, sizeof *m->odd);
  m->modes = bwi_arena_get(m->arena, g->walk.count + 1, sizeof *m->modes);
  g->tasks = bwi_alloc(m->n_shards, sizeof *g->tasks);
  if (m->files == NULL || m->shards == NULL || m->odd == NULL || m->modes == NULL || g->tasks == NULL)
    return no_memory(err);
  return BW_OK;
}

static void add_file(measuring *g, const char *path, uint64_t n_bytes, size_t *n_tasks) {
  bwi_manifest *m = &g->m;
  const size_t count = shards_of(&m->how, n_bytes);
  if (count == 0) return; /* the format has no shard for an empty file */
  const uint64_t most = m->how.shard_bytes == 0 ? n_bytes : m->how.shard_bytes;
  m->files[m->n_files] = (bwi_sealed_file){path, *n_tasks, count};
  for (size_t k = 0; k < count; k++) {
    const uint64_t start = k * most, size = n_bytes - start < most ? n_bytes - start : most;
    g->tasks[*n_tasks] = (task){m->n_files, *n_tasks, start, size, k + 1 == count};
    if (m->how.shard_bytes != 0) m->shards[*n_tasks] = (bwi_shard){.start = start, .end = start + size};
    (*n_tasks)++;
  }
  m->n_files++;
}

static bw_status list_entries(measuring *g, bw_error *err) {
  bwi_manifest *m = &g->m;
  size_t n_tasks = 0;
  BW_TRY(make_lists(g, err));
  for (size_t i = 0; i < g->walk.count; i++) {
    const bwi_walk_entry *entry = &g->walk.entries[i];
    const char *path = bwi_arena_strdup(g->m.arena, g->single != NULL ? BWI_MANIFEST_WHOLE : entry->path);
    if (path == NULL) return no_memory(err);
    if (entry->kind == BWI_WALK_FILE) add_file(g, path, entry->n_bytes, &n_tasks);
    if (entry->kind == BWI_WALK_FILE || entry->kind == BWI_WALK_FOLDER) {
      if (m->how.modes) m->modes[m->n_modes++] = (bwi_sealed_mode){path, entry->mode};
    } else {
      m->odd[m->n_odd] = *entry;
      m->odd[m->n_odd++].path = path;
    }
  }
  return BW_OK;
}

static bw_status look(measuring *g, bw_error *err) {
  BW_TRY(g->single != NULL ? bwi_walk_one(&g->walk, g->root, g->single, err)
                           : bwi_walk_below(&g->walk, g->root, skip, &g->m.how, err));
  if (g->m.how.allow_symlinks) resolve_symlinks(g);
  return list_entries(g, err);
}

/* ---- all of it ---- */

static int largest_first(const void *a, const void *b) {
  const task *left = a, *right = b;
  return (left->n_bytes < right->n_bytes) - (left->n_bytes > right->n_bytes);
}

static bw_status make_workers(measuring *g, uint32_t n_threads, bw_error *err) {
  if (n_threads == 0) n_threads = bwi_workers_available();
  if (n_threads > g->m.n_shards) n_threads = g->m.n_shards == 0 ? 1 : (uint32_t)g->m.n_shards;
  g->workers = bwi_alloc(n_threads, sizeof *g->workers);
  if (g->workers == NULL) return no_memory(err);
  for (; g->n_workers < n_threads; g->n_workers++) {
    worker *w = &g->workers[g->n_workers];
    BW_TRY(bwi_hash_create(&w->hash, g->m.how.hash, err));
    w->buffer = bwi_alloc(BUFFER_BYTES, 1);
    if (w->buffer != NULL) continue;
    bwi_hash_free(w->hash);
    return no_memory(err);
  }
  return BW_OK;
}

static bw_status hash_all(measuring *g, uint32_t n_threads, bw_error *err) {
  uint64_t total = 0;
  for (size_t i = 0; i < g->m.n_shards; i++) total += g->tasks[i].n_bytes;
  if (g->m.n_shards > 1) qsort(g->tasks, g->m.n_shards, sizeof *g->tasks, largest_first);
  BW_TRY(make_workers(g, n_threads, err));
  bwi_meter_begin(&g->meter, "hashing, MiB", total >> 20, 0, -1);
  return bwi_workers_run(g->n_workers, g->m.n_shards, hash_shard, g, err);
}

/* The root of the walk, and the name of what is measured. */
static bw_status open_root(measuring *g, const char *path, char **folder, char **name, bw_error *err) {
  struct stat info;
  BW_TRY(bwi_path_split(folder, name, path, err));
  if (stat(path, &info) != 0) return bwi_fail_system(err, "open", path, errno);
  if (!S_ISDIR(info.st_mode)) g->single = *name;
  g->m.name = bwi_arena_strdup(g->m.arena, *name);
  if (g->m.name == NULL) return no_memory(err);
  return bwi_walk_open_root(&g->root, g->single != NULL ? *folder : path, err);
}

bw_status bwi_measure(bwi_manifest *out, const char *path, const bwi_serialization *how, uint32_t n_threads,
                      bw_progress progress, bw_error *err) {
  measuring g = {.root = -1, .m = {.arena = bwi_arena_create(0), .how = *how}};
  char *folder = NULL, *name = NULL;
  bwi_meter_open(&g.meter, progress);
  bw_status status = g.m.arena == NULL ? no_memory(err) : open_root(&g, path, &folder, &name, err);
  if (status == BW_OK) status = look(&g, err);
  if (status == BW_OK) status = hash_all(&g, n_threads, err);
  for (uint32_t i = 0; i < g.n_workers; i++) {
    bwi_hash_free(g.workers[i].hash);
    bwi_free(g.workers[i].buffer);
  }
  bwi_free(g.workers);
  bwi_free(g.tasks);
  bwi_walk_clear(&g.walk);
  bwi_meter_close(&g.meter);
  if (g.root >= 0) (void)close(g.root);
  bwi_free(folder);
  bwi_free(name);
  if (status == BW_OK)
    *out = g.m;
  else
    bwi_manifest_clear(&g.m);
  return status;
}
