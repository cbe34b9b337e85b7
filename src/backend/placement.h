/* SPDX-License-Identifier: Apache-2.0 */
/* Where in one workspace each block of a plan lies. Blocks whose lives do not meet may share bytes. */
#ifndef BACKEND_PLACEMENT_H
#define BACKEND_PLACEMENT_H

#include "base/error.h"

#define BWI_ALIGNMENT 64 /* of every block, in bytes: a cache line and the widest vector */

typedef struct bwi_block {
  size_t bytes;
  uint32_t first, last; /* steps between which the bytes are needed, both included */
  size_t offset;        /* set by bwi_place; a multiple of BWI_ALIGNMENT */
} bwi_block;

/* The search takes time quadratic in the number of blocks; the limit keeps it to seconds. */
#define BWI_PLACE_MAX_BLOCKS 65536

/* Rounds every size up to the alignment and sets every offset and the total size. BW_ELIMIT: too many
 * blocks, or the size overflows; BW_ENOMEM. */
bw_status bwi_place(size_t *total_bytes, bwi_block *blocks, uint32_t count, bw_error *err);

#endif
