/* SPDX-License-Identifier: Apache-2.0 */
/* Data as a row of records, whose bytes are what a record tree hashes. One file a format and one row of the
 * registry each. */
#ifndef RECORDS_RECORD_SOURCE_H
#define RECORDS_RECORD_SOURCE_H

#include "base/buffer.h"
#include "base/cursor.h"

/* Of a file, of the arrays in it and of a file in a folder: more is refused. */
#define BWI_RECORD_MAX_BYTES ((size_t)UINT64_C(0x200000000)) /* 8 GiB */

/* Records that stand side by side and have one layout. The layout is a line of text that is hashed in front
 * of each record, so that the same bytes mean the same; it is empty where a record's bytes say all. */
typedef struct bwi_record_group {
  uint64_t count;
  char *layout; /* the source's */
} bwi_record_group;

typedef struct bwi_record_source bwi_record_source;

typedef struct bwi_record_format {
  const char *name; /* "npz" */
  /* Whether the file at path, whose bytes these are, is one; a folder's data is NULL. */
  bool (*fits)(const char *path, bwi_bytes bytes);
  /* Fills count, groups and state from source->bytes. What it made is closed whatever it returns. */
  bw_status (*open)(bwi_record_source *source, const char *path, bw_error *err);
  /* The parts that record i (among all groups) is made of, without the layout; valid until the next call. */
  bw_status (*get)(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source, uint64_t i,
                   bw_error *err);
  /* Where record i is, for people: "line 18". */
  void (*place)(bwi_buffer *out, const bwi_record_source *source, uint64_t i);
  void (*close)(void *state); /* NULL is fine */
} bwi_record_format;

struct bwi_record_source {
  const bwi_record_format *format;
  uint64_t count; /* of all groups */
  size_t n_groups;
  bwi_record_group *groups;
  void *state;
  bwi_bytes bytes; /* of the file, or of a folder's file at hand */
};

extern const bwi_record_format bwi_records_npz, bwi_records_idx, bwi_records_csv, bwi_records_jsonl,
    bwi_records_folder;

/* The format by its name; NULL if there is none. */
const bwi_record_format *bwi_record_format_find(const char *name);

/* Reads a file or folder in the format that fits, or in the one that is given. *out is closed by
 * bwi_record_source_close. BW_EUNSUPPORTED if no format fits; else as the format's reader. */
bw_status bwi_record_source_open(bwi_record_source *out, const char *path, const bwi_record_format *format,
                                 bw_error *err);
void bwi_record_source_close(bwi_record_source *source);

/* The layout of record i's group. */
const char *bwi_record_layout(const bwi_record_group *groups, size_t n_groups, uint64_t i);

/* ---- for formats ---- */

void bwi_record_drop_bytes(bwi_record_source *source); /* when they are needed no longer */
/* Adds a group; layout is copied. BW_ENOMEM. */
bw_status bwi_record_add_group(bwi_record_source *source, uint64_t count, const char *layout, bw_error *err);

#endif
