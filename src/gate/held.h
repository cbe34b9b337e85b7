/* SPDX-License-Identifier: Apache-2.0 */
/* Private files for copies that nobody can change. One of held_memfd.c and held_unlinked.c is built. */
#ifndef GATE_HELD_H
#define GATE_HELD_H

#include "base/error.h"

typedef struct bwi_private_file {
  int writer, reader; /* the same descriptor or two; -1: closed */
} bwi_private_file;

/* An empty file. BW_EIO. */
bw_status bwi_private_file_create(bwi_private_file *out, bw_error *err);
/* Makes an end of writing: afterwards writer is -1, and reader is at the beginning. BW_EIO. */
bw_status bwi_private_file_seal(bwi_private_file *file, bw_error *err);
void bwi_private_file_close(bwi_private_file *file);

#endif
