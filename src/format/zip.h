/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the ZIP format (APPNOTE.TXT 6.3.10) that npz files use, strictly: one disk, no encryption,
 * members stored or deflated, each byte of the file accounted for once. */
#ifndef FORMAT_ZIP_H
#define FORMAT_ZIP_H

#include "base/buffer.h"
#include "format/source.h"

typedef struct bwi_zip_member {
  bwi_bytes name; /* in the file; not empty, no control characters */
  bwi_encoding encoding;
  uint32_t crc;
  uint64_t encoded_bytes, decoded_bytes;
  uint64_t offset;      /* of the local header */
  uint64_t data_offset; /* of the encoded bytes; they lie inside the file */
  uint16_t flags;
  uint16_t method;
  uint16_t mode;  /* of Unix, kind of file included; 0 if the archive has none */
  bool encrypted; /* of bwi_zip_list only: encoding says nothing */
} bwi_zip_member;

/* *members in the order of the central directory, the caller's, freed by bwi_free. Names are unique, local
 * headers and data descriptors agree with the directory, and members neither overlap nor leave gaps.
 * BW_EFORMAT, BW_EUNSUPPORTED with the offset; BW_ENOMEM. */
bw_status bwi_zip_read(bwi_zip_member **members, size_t *count, bwi_bytes bytes, bw_error *err);
/* The same, but members may be encrypted. */
bw_status bwi_zip_list(bwi_zip_member **members, size_t *count, bwi_bytes bytes, bw_error *err);

/* Writing: one member after another, then the end. No times are kept. */
typedef struct bwi_zip_writer {
  bwi_buffer *out;
  bwi_buffer directory; /* of what was written so far */
  size_t count;
  bool deflate;
} bwi_zip_writer;

void bwi_zip_writer_free(bwi_zip_writer *w);
/* A member whose content is a, then b. BW_ELIMIT past 65,535 members or 4 GiB; BW_ENOMEM. */
bw_status bwi_zip_add(bwi_zip_writer *w, const char *name, bwi_bytes a, bwi_bytes b, bw_error *err);
bw_status bwi_zip_finish(bwi_zip_writer *w, bw_error *err);

#endif
