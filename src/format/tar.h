/* SPDX-License-Identifier: Apache-2.0 */
/* tar archives: ustar, pax (POSIX.1-2017, pax) and GNU's long names. */
#ifndef FORMAT_TAR_H
#define FORMAT_TAR_H

#include <stdbool.h>

#include "base/cursor.h"

#define BWI_TAR_NAME_BYTES 4096

typedef struct bwi_tar_member {
  char name[BWI_TAR_NAME_BYTES];
  char link[BWI_TAR_NAME_BYTES]; /* target of a link */
  char kind; /* '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' named pipe */
  uint32_t mode;
  uint64_t offset; /* of the header */
  bwi_bytes data;
} bwi_tar_member;

typedef struct bwi_tar {
  bwi_cursor c;
  bool ended; /* the two blocks of zeros were met */
} bwi_tar;

bool bwi_tar_begins(bwi_bytes head); /* a header with a right check sum */

bwi_tar bwi_tar_over(bwi_bytes archive, bw_error *err);
/* The next member; false at the end and after a failure (c.status): BW_EFORMAT with the offset, for a wrong
 * check sum or number, a size beyond the archive, something other than zeros behind the end; BW_EUNSUPPORTED:
 * another kind, a longer name, sparse files. */
bool bwi_tar_next(bwi_tar *tar, bwi_tar_member *member);

#endif
