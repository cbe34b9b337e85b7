/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of HDF5 files (HDF5 File Format Specification 3.0, II.A), versions 0 to 3. */
#ifndef FORMAT_HDF5_H
#define FORMAT_HDF5_H

#include "base/cursor.h"

typedef struct bwi_hdf5 {
  uint8_t version;
  uint64_t offset; /* of the superblock: 0, or that of what follows a user block */
  uint64_t end;    /* of the file, as it says itself */
} bwi_hdf5;

/* Finds the superblock at 0, 512, 1024, ... in `head`, the first bytes of a file of file_bytes, and checks
 * that the file is as long as it says. BW_EFORMAT, BW_EUNSUPPORTED (another version, odd sizes of offsets)
 * with the offset. */
bw_status bwi_hdf5_read(bwi_hdf5 *out, bwi_bytes head, uint64_t file_bytes, bw_error *err);

#endif
