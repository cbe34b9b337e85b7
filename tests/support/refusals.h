/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a reader must refuse: the seeds of its fuzz target, each with its exact error. */
#ifndef TESTS_SUPPORT_REFUSALS_H
#define TESTS_SUPPORT_REFUSALS_H

#include "base/cursor.h"

/* A file below tests/, read whole into a block that bwi_free frees; fails the running test without it. */
bwi_bytes tests_file(const char *path);

typedef struct refusal {
  const char *name; /* of the file; its start is the status, see tests/fuzz/make_corpus.py */
  uint64_t offset;
  const char *text; /* a part of the error's text */
} refusal;

/* Reads bytes and frees all that it made. */
typedef bw_status (*refusal_read_fn)(bwi_bytes bytes, bw_error *err);

/* Every file of tests/fuzz/corpus/<reader> whose name does not start with "ok-" has a row, and is refused
 * as the row says, leaving no memory behind. */
void check_refusals(const char *reader, const refusal *rows, size_t count, refusal_read_fn read);

/* Every proper prefix of a file below tests/ is refused as sweep_truncations says, with an offset that lies
 * in it. */
void check_truncations(const char *path, refusal_read_fn read);

/* Reads a file below tests/ with each allocation failing, as sweep_allocations says; returns how many there
 * were. */
size_t check_allocations(const char *path, refusal_read_fn read);

#endif
