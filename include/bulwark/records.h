/* SPDX-License-Identifier: Apache-2.0
 *
 * Integrity of single records: a Merkle tree over the records of npz, CSV, IDX and JSON lines files and of
 * folders of images, kept in a file beside the data (docs/records.md). It names the record that was changed,
 * and checks a batch while training reads it, without hashing everything again.
 * A tree vouches for records; what vouches for the tree is a signature: seal its file with the data.
 * Not thread-safe: one tree a thread. Stability: experimental.
 */
#ifndef BULWARK_RECORDS_H
#define BULWARK_RECORDS_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BW_RECORD_TREE_SUFFIX ".records" /* of the tree's file beside its data */

typedef struct bw_record_tree bw_record_tree;

/* Hashes every record of the file or folder at data_path and writes the tree to tree_path. The format is told
 * by content (npz, IDX) or name (.csv, .jsonl, .ndjson). BW_EUNSUPPORTED if there is none, BW_EIO, BW_EFORMAT
 * with the offset, BW_ELIMIT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_record_tree_make(const char *data_path, const char *tree_path,
                                                  bw_error *err);

/* Opens a tree's file and checks its right edge; the rest is checked when it is used. BW_EIO, BW_EFORMAT,
 * BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_record_tree_open(bw_record_tree **out, const char *tree_path, bw_error *err);
BW_API void bw_record_tree_free(bw_record_tree *tree); /* NULL is fine */

BW_API uint64_t bw_record_tree_count(const bw_record_tree *tree);
BW_API const char *bw_record_tree_format(const bw_record_tree *tree); /* "npz", "csv", ...; static */
BW_API void bw_record_tree_head(const bw_record_tree *tree, char hex[65]);

typedef struct bw_record_part {
  const void *data;
  size_t n_bytes;
} bw_record_part;

/* Checks the records first, first + 1, ... first + count - 1 as they were read: each is n_parts parts, one
 * after another in `parts`. Of npz and IDX a part is a row of an array, in C order and little-endian, in the
 * order that the arrays of one length have in the file; of CSV and JSON lines the one part is the line with
 * what ends it; of a folder the path with its NUL and the content. *n_right is how many of them, from the
 * first, are the records that the tree was made from: count if all are. BW_EINVAL past the tree's records;
 * BW_EFORMAT for a damaged tree. */
BW_API BW_NODISCARD bw_status bw_record_tree_check(uint64_t *n_right, bw_record_tree *tree, uint64_t first,
                                                   uint64_t count, const bw_record_part *parts,
                                                   size_t n_parts, bw_error *err);

typedef enum bw_record_fate {
  BW_RECORD_CHANGED,
  BW_RECORD_INSERTED,
  BW_RECORD_REMOVED,
  BW_RECORD_MOVED,
  BW_RECORD_SWAPPED
} bw_record_fate;

#define BW_NO_RECORD UINT64_MAX

typedef struct bw_record_change {
  bw_record_fate fate;
  uint64_t before;  /* index in the tree; BW_NO_RECORD if inserted */
  uint64_t after;   /* index in the data; BW_NO_RECORD if removed; if swapped, the index of the other */
  uint64_t copy_of; /* index in the tree of a record with the content that is there now, or BW_NO_RECORD */
} bw_record_change;

typedef struct bw_record_report bw_record_report;

/* Hashes the data again and says what became of each record. BW_EFORMAT also if the data is no longer of the
 * tree's format; else as bw_record_tree_make and bw_record_tree_check. */
BW_API BW_NODISCARD bw_status bw_record_tree_compare(bw_record_report **out, bw_record_tree *tree,
                                                     const char *data_path, bw_error *err);
BW_API void bw_record_report_free(bw_record_report *report);            /* NULL is fine */
BW_API uint64_t bw_record_report_count(const bw_record_report *report); /* of changes; 0: all is as it was */
BW_API const bw_record_change *bw_record_report_at(const bw_record_report *report, uint64_t i); /* borrowed */
/* "record 17 (row 17 of images, labels) was changed"; the caller's, freed by bw_text_free. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_record_report_text(char **out, const bw_record_report *report, uint64_t i,
                                                    bw_error *err);
/* All of it: {"changes": [{"fate", "before", "after", "copy_of", "text"}]}, numbers that are BW_NO_RECORD
 * left out; the caller's, freed by bw_text_free. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_record_report_json(char **out, const bw_record_report *report,
                                                    bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
