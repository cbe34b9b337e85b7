/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define READ_BYTES ((size_t)64 << 10)

static char *hidden_name(const char *path) {
  const char *slash = strrchr(path, '/');
  const size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0, size = strlen(path) + sizeof "..part";
  char *name = bwi_alloc(size, 1);
  if (name != NULL) (void)snprintf(name, size, "%.*s.%s.part", (int)folder, path, path + folder);
  return name;
}

static void release(bwi_partial *p) {
  if (p->file >= 0) (void)close(p->file);
  bwi_hash_free(p->hash);
  bwi_free(p->name);
  *p = (bwi_partial){.file = -1};
}

/* Two downloads to one name would mix their bytes. The lock goes with the descriptor, and is worth nothing if
 * meanwhile another download gave the file its name. */
static bw_status lock(const bwi_partial *p, bw_error *err) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  struct stat opened, named;
  if (fcntl(p->file, F_SETLK, &whole) != 0 || fstat(p->file, &opened) != 0 || lstat(p->name, &named) != 0 ||
      opened.st_ino != named.st_ino || opened.st_dev != named.st_dev)
    return BW_FAIL(err, BW_EIO, "%s is being written by another download", p->name);
  if (!S_ISREG(opened.st_mode)) return BW_FAIL(err, BW_EIO, "%s is not a regular file", p->name);
  return BW_OK;
}

static bw_status hash_all(bwi_partial *p, uint64_t max_bytes, bw_error *err) {
  uint8_t *block = bwi_alloc(READ_BYTES, 1);
  bw_status status = block != NULL ? BW_OK : BW_FAIL(err, BW_ENOMEM, "no memory to read %s", p->name);
  for (size_t got = 1; got > 0 && status == BW_OK && p->size <= max_bytes;) {
    status = bwi_file_get(p->file, block, READ_BYTES, &got, p->name, err);
    if (status != BW_OK) break;
    bwi_hash_add(p->hash, block, got);
    p->size += got;
  }
  bwi_free(block);
  return status == BW_OK && p->size > max_bytes ? bwi_partial_restart(p, err) : status;
}

bw_status bwi_partial_open(bwi_partial *out, const char *path, bwi_digest_kind kind, uint64_t max_bytes,
                           bw_error *err) {
  bwi_partial p = {.path = path, .name = hidden_name(path), .file = -1};
  if (p.name == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to write %s", path);
  bw_status status = bwi_hash_create(&p.hash, kind, err);
  if (status == BW_OK) {
    p.file = open(p.name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (p.file < 0) status = bwi_fail_system(err, "create", p.name, errno);
  }
  if (status == BW_OK) status = lock(&p, err);
  if (status == BW_OK) status = hash_all(&p, max_bytes, err);
  if (status == BW_OK)
    *out = p;
  else
    release(&p);
  return status;
}

bw_status bwi_partial_add(bwi_partial *p, const void *data, size_t size, bw_error *err) {
  BW_TRY(bwi_file_put(p->file, data, size, p->name, err));
  bwi_hash_add(p->hash, data, size);
  p->size += size;
  return BW_OK;
}

bw_status bwi_partial_digest(bwi_partial *p, uint8_t *digest, bw_error *err) {
  return bwi_hash_end(p->hash, digest, err);
}

bw_status bwi_partial_restart(bwi_partial *p, bw_error *err) {
  uint8_t forgotten[BWI_DIGEST_MAX_BYTES];
  if (ftruncate(p->file, 0) != 0 || lseek(p->file, 0, SEEK_SET) != 0)
    return bwi_fail_system(err, "empty", p->name, errno);
  p->size = 0;
  return bwi_hash_end(p->hash, forgotten, err);
}

bw_status bwi_partial_commit(bwi_partial *p, bw_error *err) {
  bw_status status = BW_OK;
  if (fsync(p->file) != 0 || rename(p->name, p->path) != 0) {
    status = bwi_fail_system(err, "write", p->path, errno);
    (void)unlink(p->name);
  }
  release(p);
  return status;
}

void bwi_partial_discard(bwi_partial *p) {
  (void)unlink(p->name);
  release(p);
}

void bwi_partial_keep(bwi_partial *p) {
  if (p->size == 0) (void)unlink(p->name);
  release(p);
}
