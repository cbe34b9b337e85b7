/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Up to size bytes; fewer only at the end of the file. Negative: errno. */
static ssize_t read_fully(int file, uint8_t *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = read(file, data + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

bw_status bwi_file_read_open(bwi_bytes *out, int file, const char *path, size_t limit_bytes, bw_error *err) {
  struct stat info;
  if (fstat(file, &info) != 0) return bwi_fail_system(err, "read", path, errno);
  if (!S_ISREG(info.st_mode)) return BW_FAIL(err, BW_EIO, "cannot read %s: not a regular file", path);
  if ((uintmax_t)info.st_size > limit_bytes)
    return BW_FAIL(err, BW_ELIMIT, "%s has %" PRIuMAX " bytes; the limit is %zu", path,
                   (uintmax_t)info.st_size, limit_bytes);
  const size_t size = (size_t)info.st_size;
  uint8_t *data = bwi_alloc(size, 1);
  if (data == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the %zu bytes of %s", size, path);

  bw_status status = BW_OK;
  uint8_t beyond;
  const ssize_t got = read_fully(file, data, size);
  if (got < 0) {
    status = bwi_fail_system(err, "read", path, errno);
  } else if ((size_t)got != size || read_fully(file, &beyond, 1) != 0) {
    status = BW_FAIL(err, BW_EIO, "cannot read %s: it changed while it was read", path);
  }
  if (status == BW_OK) {
    *out = (bwi_bytes){data, size};
  } else {
    bwi_free(data);
  }
  return status;
}

bw_status bwi_file_read(bwi_bytes *out, const char *path, size_t limit_bytes, bw_error *err) {
  /* Without O_NONBLOCK a named pipe would hold us here before its kind can be asked. */
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return bwi_fail_system(err, "open", path, errno);
  const bw_status status = bwi_file_read_open(out, file, path, limit_bytes, err);
  (void)close(file);
  return status;
}

bw_status bwi_file_open(int *out, const char *path, bw_error *err) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return bwi_fail_system(err, "open", path, errno);
  *out = file;
  return BW_OK;
}

bw_status bwi_file_get(int file, void *data, size_t size, size_t *got, const char *name, bw_error *err) {
  ssize_t n = -1;
  do n = read(file, data, size);
  while (n < 0 && errno == EINTR);
  if (n < 0) return bwi_fail_system(err, "read", name, errno);
  *got = (size_t)n;
  return BW_OK;
}

bw_status bwi_file_read_into(uint8_t *data, size_t room, size_t *size, const char *path, bw_error *err) {
  int file = -1;
  BW_TRY(bwi_file_open(&file, path, err));
  uint8_t beyond;
  const ssize_t got = read_fully(file, data, room);
  const ssize_t more = got < 0 ? got : read_fully(file, &beyond, 1);
  bw_status status = BW_OK;
  if (more < 0) {
    status = bwi_fail_system(err, "read", path, errno);
  } else if (more > 0) {
    status = BW_FAIL(err, BW_ELIMIT, "%s has more than %zu bytes, the limit", path, room);
  } else {
    *size = (size_t)got;
  }
  (void)close(file);
  return status;
}

/* ---- writing ---- */

/* 0, or errno. */
static int write_fully(int file, const uint8_t *data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, data, size);
    if (written < 0 && errno != EINTR) return errno;
    if (written < 0) continue;
    data += written;
    size -= (size_t)written;
  }
  return 0;
}

bw_status bwi_file_put(int file, const void *data, size_t size, const char *name, bw_error *err) {
  const int reason = write_fully(file, data, size);
  return reason == 0 ? BW_OK : bwi_fail_system(err, "write", name, reason);
}

/* A file of a name nobody uses beside the target: mkstemp would not respect the umask. */
static int create_beside(char *name, size_t name_bytes, const char *path) {
  static atomic_uint serial;
  int file = -1;
  do {
    (void)snprintf(name, name_bytes, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&serial, 1));
    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file < 0 && errno == EEXIST);
  return file;
}

static void release(bwi_file_writer *w) {
  bwi_free(w->name);
  *w = (bwi_file_writer){.file = -1};
}

bw_status bwi_file_begin(bwi_file_writer *out, const char *path, bw_error *err) {
  const size_t name_bytes = strlen(path) + 48;
  bwi_file_writer w = {-1, bwi_alloc(name_bytes, 1), path};
  if (w.name == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to write %s", path);
  w.file = create_beside(w.name, name_bytes, path);
  if (w.file < 0) {
    (void)bwi_fail_system(err, "create", path, errno);
    release(&w);
    return BW_EIO;
  }
  *out = w;
  return BW_OK;
}

bw_status bwi_file_append(bwi_file_writer *w, const void *data, size_t size, bw_error *err) {
  return bwi_file_put(w->file, data, size, w->path, err);
}

void bwi_file_discard(bwi_file_writer *w) {
  (void)close(w->file);
  (void)unlink(w->name);
  release(w);
}

bw_status bwi_file_commit(bwi_file_writer *w, bw_error *err) {
  int reason = fsync(w->file) != 0 ? errno : 0;
  if (close(w->file) != 0 && reason == 0) reason = errno;
  if (reason == 0 && rename(w->name, w->path) != 0) reason = errno;
  bw_status status = BW_OK;
  if (reason != 0) {
    (void)unlink(w->name);
    status = bwi_fail_system(err, "write", w->path, reason);
  }
  release(w);
  return status;
}

bw_status bwi_file_write(const char *path, const void *data, size_t size, bw_error *err) {
  bwi_file_writer w;
  BW_TRY(bwi_file_begin(&w, path, err));
  const bw_status status = bwi_file_append(&w, data, size, err);
  if (status == BW_OK) return bwi_file_commit(&w, err);
  bwi_file_discard(&w);
  return status;
}

bw_status bwi_file_create_private(const char *path, const void *data, size_t size, bw_error *err) {
  const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return bwi_fail_system(err, "create", path, errno);
  int reason = write_fully(file, data, size);
  if (reason == 0 && fsync(file) != 0) reason = errno;
  if (close(file) != 0 && reason == 0) reason = errno;
  if (reason == 0) return BW_OK;
  (void)unlink(path);
  return bwi_fail_system(err, "write", path, reason);
}
