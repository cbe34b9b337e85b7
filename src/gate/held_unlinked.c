/* SPDX-License-Identifier: Apache-2.0 */
/* Systems without memfd: a file that only its owner may open, whose name is gone before anything is written,
 * and of which a descriptor for reading alone is left. */
#include "gate/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bw_status bwi_private_file_create(bwi_private_file *out, bw_error *err) {
  const char *folder = getenv("TMPDIR");
  char name[1024];
  const int length = snprintf(name, sizeof name, "%s/bulwark.XXXXXX", folder == NULL ? "/tmp" : folder);
  if (length < 0 || (size_t)length >= sizeof name) return BW_FAIL(err, BW_EIO, "TMPDIR is too long a path");
  bwi_private_file file = {mkstemp(name), -1};
  if (file.writer < 0) return bwi_fail_system(err, "create", name, errno);
  struct stat written, read;
  file.reader = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  (void)unlink(name);
  const bool same = file.reader >= 0 && fcntl(file.writer, F_SETFD, FD_CLOEXEC) == 0 &&
                    fstat(file.writer, &written) == 0 && fstat(file.reader, &read) == 0 &&
                    written.st_ino == read.st_ino && written.st_dev == read.st_dev;
  if (!same) {
    bwi_private_file_close(&file);
    return BW_FAIL(err, BW_EIO, "cannot create a private copy: %s was replaced", name);
  }
  *out = file;
  return BW_OK;
}

bw_status bwi_private_file_seal(bwi_private_file *file, bw_error *err) {
  const int result = close(file->writer);
  file->writer = -1;
  return result == 0 ? BW_OK : bwi_fail_system(err, "write", "a private copy", errno);
}

void bwi_private_file_close(bwi_private_file *file) {
  if (file->writer >= 0) (void)close(file->writer);
  if (file->reader >= 0) (void)close(file->reader);
  *file = (bwi_private_file){-1, -1};
}
