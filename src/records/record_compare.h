/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a row of records, told from the hashes of before and after alone. */
#ifndef RECORDS_RECORD_COMPARE_H
#define RECORDS_RECORD_COMPARE_H

#include "crypto/merkle.h"

#include <bulwark/records.h>

typedef struct bwi_record_changes {
  bw_record_change *items; /* in the order of where they are now, removed ones where they would stand */
  size_t count;
} bwi_record_changes;

/* Records that were swapped, and those that stand elsewhere, are told as that, and the rest is aligned, so
 * that one inserted record does not make all behind it changed. *out is freed by bwi_record_changes_clear.
 * BW_ENOMEM. */
bw_status bwi_record_compare(bwi_record_changes *out, const bwi_merkle_hash *before, size_t n_before,
                             const bwi_merkle_hash *after, size_t n_after, bw_error *err);
void bwi_record_changes_clear(bwi_record_changes *changes);

#endif
