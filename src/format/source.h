/* SPDX-License-Identifier: Apache-2.0 */
/* A stretch of a file that is read front to back, as it is or through zlib, straight into where the
 * caller wants the bytes. */
#ifndef FORMAT_SOURCE_H
#define FORMAT_SOURCE_H

#include <stdbool.h>
#define ZLIB_CONST /* zlib does not write to its input */
#include <zlib.h>

#include "base/cursor.h"

typedef enum bwi_encoding { BWI_STORED, BWI_DEFLATED, BWI_GZIPPED, BWI_ZLIB } bwi_encoding;

typedef struct bwi_source {
  bwi_encoding encoding;
  bwi_bytes bytes;  /* the stretch, encoded */
  uint64_t base;    /* its offset in the file, for errors */
  size_t at;        /* stored: bytes consumed */
  z_stream *zlib;   /* otherwise */
  bool ended;       /* zlib met the end of its stream */
  uint64_t decoded; /* decoded bytes so far */
  bool sums;        /* set by who wants crc; false after opening */
  uint32_t crc;     /* CRC-32 of the decoded bytes so far */
} bwi_source;

/* *out is closed by bwi_source_close, also after errors of the others. BW_ENOMEM. */
bw_status bwi_source_open(bwi_source *out, bwi_bytes bytes, uint64_t base, bwi_encoding encoding,
                          bw_error *err);
void bwi_source_close(bwi_source *s);

/* Exactly n decoded bytes. BW_EFORMAT with the offset in the file: `what` is truncated or not deflated. */
bw_status bwi_source_read(bwi_source *s, void *to, size_t n, const char *what, bw_error *err);
/* As many decoded bytes as come easily, *got of at most n; 0 at the end of the stream or of the stretch, and
 * only then. Not for BWI_STORED. BW_EFORMAT as above; BW_ENOMEM. */
bw_status bwi_source_some(bwi_source *s, void *to, size_t n, size_t *got, bw_error *err);
/* BW_EFORMAT if decoded bytes are left, or encoded ones behind the end of the stream. */
bw_status bwi_source_end(bwi_source *s, bw_error *err);

/* The most bytes that can come out of n encoded ones: a claim above that is a lie. */
uint64_t bwi_source_most(bwi_encoding encoding, size_t n);
uint64_t bwi_source_offset(const bwi_source *s); /* in the file, of what is read next */

/* zlib's allocator on base/memory.h, for a z_stream that is about to be initialised. */
void bwi_zlib_use_memory(z_stream *z);

#endif
