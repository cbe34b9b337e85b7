/* SPDX-License-Identifier: Apache-2.0 */
/* Linux: memory behind a descriptor, sealed against writing, growing and shrinking. */
#define _GNU_SOURCE /* memfd_create and seals */
#include "gate/held.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

bw_status bwi_private_file_create(bwi_private_file *out, bw_error *err) {
  const int file = memfd_create("bulwark", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return bwi_fail_system(err, "create", "a private copy", errno);
  *out = (bwi_private_file){file, file};
  return BW_OK;
}

bw_status bwi_private_file_seal(bwi_private_file *file, bw_error *err) {
  const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (fcntl(file->writer, F_ADD_SEALS, seals) != 0 || lseek(file->reader, 0, SEEK_SET) != 0)
    return bwi_fail_system(err, "seal", "a private copy", errno);
  file->writer = -1;
  return BW_OK;
}

void bwi_private_file_close(bwi_private_file *file) {
  if (file->reader >= 0) (void)close(file->reader);
  *file = (bwi_private_file){-1, -1};
}
