/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps a record tree (docs/records.md): a line with its version, a line of JSON that says what
 * the records are, and level by level the heads of the tree's complete subtrees of 256^level records, which
 * are the tiles of crypto/tiles.h side by side. */
#ifndef RECORDS_RECORD_TREE_H
#define RECORDS_RECORD_TREE_H

#include "base/buffer.h"
#include "crypto/tiles.h"
#include "records/record_source.h"

#include <bulwark/records.h>

#define BWI_RECORD_TREE_MAGIC "bulwark-records v1\n"
#define BWI_RECORD_TREE_HEADER_BYTES ((size_t)1 << 20) /* at most */

/* Begins the leaf of a record with its layout and a line feed, or with nothing if that is empty. What follows
 * is its parts. */
void bwi_record_begin(bwi_hash *sha256, const char *layout);
/* Hashes every record into `leaves`, which has room for source->count. */
bw_status bwi_record_leaves(bwi_merkle_hash *leaves, bwi_record_source *source, bw_error *err);

/* The file's bytes, for the data at path. */
bw_status bwi_record_tree_write(bwi_buffer *out, const char *data_path, bw_error *err);

typedef struct bwi_record_tree_header {
  const bwi_record_format *format;
  size_t n_groups;
  bwi_record_group *groups; /* owned, layouts too */
  uint64_t count;           /* records of all groups */
  bwi_merkle_hash head;
  size_t n_bytes; /* of the header, behind which the hashes begin */
} bwi_record_tree_header;

/* Reads the header of a file of file_bytes, which `start` is the beginning of: all of it, or
 * BWI_RECORD_TREE_HEADER_BYTES. BW_EFORMAT with the offset, also if the hashes do not fill the file;
 * BW_EUNSUPPORTED for an unknown format; BW_ENOMEM. */
bw_status bwi_record_tree_read_header(bwi_record_tree_header *out, bwi_bytes start, uint64_t file_bytes,
                                      bw_error *err);
void bwi_record_tree_header_clear(bwi_record_tree_header *header);

/* The leaves as the tree has them, into room for bw_record_tree_count; and its groups. */
bw_status bwi_record_tree_leaves(bwi_merkle_hash *leaves, bw_record_tree *tree, bw_error *err);
const bwi_record_tree_header *bwi_record_tree_header_of(const bw_record_tree *tree);

/* How many hashes stand before those of a level; of level BWI_TILE_LEVELS: how many there are. */
uint64_t bwi_record_tree_start(uint64_t count, uint32_t level);

#endif
