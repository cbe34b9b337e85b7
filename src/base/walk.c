/* SPDX-License-Identifier: Apache-2.0 */
/* Folders are listed in the order in which they were found: the list of entries is the queue, so no depth
 * of folders costs stack or descriptors. */
#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"

enum { PART_BYTES = 256 }; /* of a name, with its NUL: no file system has longer ones */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW };

/* ---- opening ---- */

bw_status bwi_walk_open_root(int *out, const char *path, bw_error *err) {
  const int root = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (root < 0) return bwi_fail_system(err, "open the folder", path, errno);
  *out = root;
  return BW_OK;
}

/* The part at *path, which moves behind it; "." where nothing is left. False for a part that is too long or
 * leads upwards. */
static bool next_part(char part[PART_BYTES], const char **path) {
  const size_t length = strcspn(*path, "/");
  if (length >= PART_BYTES) return false;
  memcpy(part, *path, length);
  part[length] = '\0';
  *path += length;
  *path += strspn(*path, "/");
  if (length == 0) memcpy(part, ".", 2);
  return strcmp(part, "..") != 0;
}

bw_status bwi_walk_open_below(int *out, int root, const char *path, bw_error *err) {
  int folder = root;
  if (path[0] == '/') return BW_FAIL(err, BW_EIO, "cannot open %s: it is not below the folder", path);
  for (const char *rest = path;;) {
    char part[PART_BYTES];
    const bool fits = next_part(part, &rest), last = *rest == '\0';
    const int next = fits ? openat(folder, part, OPEN_FLAGS | (last ? 0 : O_DIRECTORY)) : -1;
    const int reason = errno;
    if (folder != root) (void)close(folder);
    if (!fits) return BW_FAIL(err, BW_EIO, "cannot open %s: it is not below the folder", path);
    if (next < 0) return bwi_fail_system(err, "open", path, reason);
    if (last) {
      *out = next;
      return BW_OK;
    }
    folder = next;
  }
}

/* ---- listing ---- */

typedef struct listing {
  bwi_walk *walk;
  bwi_walk_skip_fn skip;
  void *payload;
  bw_error *err;
} listing;

static bw_status append(bwi_walk *walk, bwi_walk_entry entry, bw_error *err) {
  if (walk->count == BWI_WALK_MAX_ENTRIES)
    return BW_FAIL(err, BW_ELIMIT, "there are more than %d entries at %s", BWI_WALK_MAX_ENTRIES, entry.path);
  if (walk->count == walk->capacity) {
    const size_t capacity = walk->capacity == 0 ? 64 : 2 * walk->capacity;
    bwi_walk_entry *grown = bwi_realloc(walk->entries, walk->capacity, capacity, sizeof *grown);
    if (grown == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to list files");
    walk->entries = grown;
    walk->capacity = capacity;
  }
  walk->entries[walk->count++] = entry;
  return BW_OK;
}

static bwi_walk_kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return BWI_WALK_FILE;
  if (S_ISDIR(mode)) return BWI_WALK_FOLDER;
  return S_ISLNK(mode) ? BWI_WALK_SYMLINK : BWI_WALK_SPECIAL;
}

static bw_status add_entry(listing *l, int folder, const char *parent, const char *name) {
  struct stat info;
  char *path = bwi_path_join(parent, name);
  if (path == NULL) return BW_FAIL(l->err, BW_ENOMEM, "no memory to list files");
  bw_status status = BW_OK;
  if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    status = bwi_fail_system(l->err, "look at", path, errno);
    goto out;
  }
  const bwi_walk_entry entry = {.path = path,
                                .kind = kind_of(info.st_mode),
                                .mode = (uint32_t)(info.st_mode & 07777),
                                .n_bytes = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0,
                                .owner = (uint32_t)info.st_uid,
                                .group = (uint32_t)info.st_gid};
  if (l->skip != NULL && l->skip(&entry, l->payload)) goto out;
  status = append(l->walk, entry, l->err);
  if (status == BW_OK) return BW_OK;
out:
  bwi_free(path);
  return status;
}

static bool is_dots(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bw_status list_stream(listing *l, DIR *stream, const char *path) {
  for (;;) {
    errno = 0;
    const struct dirent *found = readdir(stream);
    if (found == NULL) return errno == 0 ? BW_OK : bwi_fail_system(l->err, "list", path, errno);
    if (!is_dots(found->d_name)) BW_TRY(add_entry(l, dirfd(stream), path, found->d_name));
  }
}

static bw_status list_folder(listing *l, int root, const char *path) {
  int folder = -1;
  BW_TRY(bwi_walk_open_below(&folder, root, path, l->err));
  DIR *stream = fdopendir(folder);
  if (stream == NULL) {
    (void)close(folder);
    return bwi_fail_system(l->err, "list", path, errno);
  }
  const bw_status status = list_stream(l, stream, path);
  (void)closedir(stream);
  return status;
}

static size_t depth_of(const char *path) {
  size_t depth = 1;
  for (; *path != '\0'; path++) depth += *path == '/';
  return depth;
}

static int by_path(const void *a, const void *b) {
  const bwi_walk_entry *left = a, *right = b;
  return strcmp(left->path, right->path);
}

bw_status bwi_walk_below(bwi_walk *out, int root, bwi_walk_skip_fn skip, void *payload, bw_error *err) {
  bwi_walk walk = {0};
  listing l = {&walk, skip, payload, err};
  bw_status status = list_folder(&l, root, "");
  for (size_t i = 0; i < walk.count && status == BW_OK; i++) {
    const bwi_walk_entry entry = walk.entries[i];
    if (entry.kind != BWI_WALK_FOLDER) continue;
    status = depth_of(entry.path) < BWI_WALK_MAX_DEPTH
                 ? list_folder(&l, root, entry.path)
                 : BW_FAIL(err, BW_ELIMIT, "%s lies %d folders deep", entry.path, BWI_WALK_MAX_DEPTH);
  }
  if (status != BW_OK) {
    bwi_walk_clear(&walk);
    return status;
  }
  if (walk.count > 1) qsort(walk.entries, walk.count, sizeof *walk.entries, by_path);
  *out = walk;
  return BW_OK;
}

bw_status bwi_walk_one(bwi_walk *out, int root, const char *name, bw_error *err) {
  bwi_walk walk = {0};
  listing l = {.walk = &walk, .err = err};
  const bw_status status = add_entry(&l, root, "", name);
  if (status == BW_OK)
    *out = walk;
  else
    bwi_walk_clear(&walk);
  return status;
}

void bwi_walk_clear(bwi_walk *walk) {
  for (size_t i = 0; i < walk->count; i++) bwi_free((void *)walk->entries[i].path);
  bwi_free(walk->entries);
  *walk = (bwi_walk){0};
}
