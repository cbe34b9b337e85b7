/* SPDX-License-Identifier: Apache-2.0 */
/* Reading. The central directory at the end says what there is; the rest of the file must agree. */
#include "format/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define END_BYTES 22
#define LOCATOR64_BYTES 20
#define END64_BYTES 56
#define CENTRAL_BYTES 46
#define FLAG_ENCRYPTED 0x0001u
#define FLAG_DESCRIPTOR 0x0008u /* sizes and check sum follow the data */
#define FLAGS_KNOWN 0x080Eu     /* that, deflate's level, names in UTF-8 */
#define ALL_ONES UINT32_MAX     /* the value is in the zip64 field */
#define ZIP64_FIELD 1
#define MADE_BY_UNIX 3

static void expect_signature(bwi_cursor *c, uint32_t wanted, const char *what) {
  const size_t start = c->at;
  const uint32_t found = bwi_cursor_u32le(c, what);
  if (c->status != BW_OK || found == wanted) return;
  c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "here should be %s", what);
}

/* ---- the end of the file ---- */

typedef struct directory {
  uint64_t offset, bytes, count, end; /* end: where what describes the directory starts */
} directory;

static bool has_locator64(const bwi_cursor *c, const directory *d) {
  static const uint8_t signature[] = {'P', 'K', 6, 7};
  return d->end >= LOCATOR64_BYTES + END64_BYTES &&
         memcmp(c->bytes.data + d->end - LOCATOR64_BYTES, signature, sizeof signature) == 0;
}

/* The zip64 form of the end record, whose locator stands right before the ordinary one. What the ordinary one
 * says must agree or be all ones. */
static void read_end64(bwi_cursor *c, directory *d) {
  const size_t locator = c->bytes.size - END_BYTES - LOCATOR64_BYTES;
  c->at = locator;
  expect_signature(c, 0x07064B50, "a zip64 locator");
  const uint32_t disk = bwi_cursor_u32le(c, "disk");
  const uint64_t end64 = bwi_cursor_u64le(c, "zip64 end offset");
  const uint32_t disks = bwi_cursor_u32le(c, "disks");
  if (c->status == BW_OK && (disk != 0 || disks != 1 || end64 > locator || locator - end64 != END64_BYTES))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the zip64 locator does not point at the record before it");
  if (c->status != BW_OK) return;
  c->at = (size_t)end64;
  expect_signature(c, 0x06064B50, "a zip64 end record");
  const uint64_t bytes = bwi_cursor_u64le(c, "size");
  (void)bwi_cursor_u32le(c, "versions");
  const uint64_t both_disks = bwi_cursor_u64le(c, "disks");
  const uint64_t count = bwi_cursor_u64le(c, "entries");
  const directory narrow = *d;
  d->count = bwi_cursor_u64le(c, "entries");
  d->bytes = bwi_cursor_u64le(c, "directory size");
  d->offset = bwi_cursor_u64le(c, "directory offset");
  d->end = end64;
  const bool agrees = (narrow.count == UINT16_MAX || narrow.count == d->count) &&
                      (narrow.bytes == ALL_ONES || narrow.bytes == d->bytes) &&
                      (narrow.offset == ALL_ONES || narrow.offset == d->offset);
  if (c->status == BW_OK && (bytes != END64_BYTES - 12 || both_disks != 0 || count != d->count || !agrees))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the zip64 end record is inconsistent or spans disks");
}

static void read_end(bwi_cursor *c, directory *d) {
  if (c->bytes.size < END_BYTES) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: no ZIP file has %zu bytes", c->bytes.size);
    return;
  }
  d->end = c->bytes.size - END_BYTES;
  c->at = (size_t)d->end;
  expect_signature(c, 0x06054B50, "the end of a ZIP file; it is truncated, or something follows it");
  const uint32_t both_disks = bwi_cursor_u32le(c, "disks");
  const uint16_t count = bwi_cursor_u16le(c, "entries");
  d->count = bwi_cursor_u16le(c, "entries");
  d->bytes = bwi_cursor_u32le(c, "directory size");
  d->offset = bwi_cursor_u32le(c, "directory offset");
  const uint16_t comment = bwi_cursor_u16le(c, "comment length");
  if (both_disks != 0 || count != d->count || comment != 0)
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the end record is inconsistent, spans disks or has a comment");
  if (c->status == BW_OK && has_locator64(c, d)) read_end64(c, d); /* PyTorch writes it always */
  if (c->status != BW_OK) return;
  c->at = (size_t)d->end;
  if (d->offset > d->end || d->bytes != d->end - d->offset || d->count > d->bytes / CENTRAL_BYTES)
    (void)bwi_cursor_fail(c, BW_EFORMAT, "the central directory and its end record do not fit together");
}

/* ---- members ---- */

/* The fields that both kinds of header share, in their order. */
typedef struct header {
  uint16_t flags, method, name_bytes, extra_bytes;
  uint32_t crc;
  uint64_t encoded_bytes, decoded_bytes;
} header;

static header read_header(bwi_cursor *c) {
  header h = {0};
  (void)bwi_cursor_u16le(c, "version needed");
  h.flags = bwi_cursor_u16le(c, "flags");
  h.method = bwi_cursor_u16le(c, "method");
  (void)bwi_cursor_u32le(c, "time and date");
  h.crc = bwi_cursor_u32le(c, "CRC-32");
  h.encoded_bytes = bwi_cursor_u32le(c, "compressed size");
  h.decoded_bytes = bwi_cursor_u32le(c, "size");
  h.name_bytes = bwi_cursor_u16le(c, "name length");
  h.extra_bytes = bwi_cursor_u16le(c, "extra length");
  return h;
}

static void widen(bwi_cursor *field, uint64_t *value) {
  if (*value == ALL_ONES) *value = bwi_cursor_u64le(field, "zip64 value");
}

/* Replaces the values that are all ones by those of the zip64 field, which must then be there. offset is
 * NULL in a local header. */
static void read_extra(bwi_cursor *c, header *h, uint64_t *offset) {
  const size_t start = c->at;
  bwi_cursor extra = bwi_cursor_over(bwi_cursor_take(c, h->extra_bytes, "extra fields"), NULL);
  bool wide =
      h->encoded_bytes == ALL_ONES || h->decoded_bytes == ALL_ONES || (offset != NULL && *offset == ALL_ONES);
  while (c->status == BW_OK && extra.status == BW_OK && bwi_cursor_left(&extra) > 0) {
    const uint16_t id = bwi_cursor_u16le(&extra, "id");
    const size_t size = bwi_cursor_u16le(&extra, "size");
    bwi_cursor field = bwi_cursor_over(bwi_cursor_take(&extra, size, "field"), NULL);
    if (id != ZIP64_FIELD || !wide || extra.status != BW_OK) continue;
    widen(&field, &h->decoded_bytes);
    widen(&field, &h->encoded_bytes);
    if (offset != NULL) widen(&field, offset);
    wide = field.status != BW_OK;
  }
  if (!wide && extra.status == BW_OK) return;
  if (c->status == BW_OK) c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "the extra fields are malformed or lack a zip64 size");
}

static bool is_plain_name(bwi_bytes name) {
  for (size_t i = 0; i < name.size; i++)
    if (name.data[i] < 0x20 || name.data[i] == 0x7F) return false;
  return name.size > 0;
}

static void read_central(bwi_cursor *c, bwi_zip_member *m) {
  const size_t start = c->at;
  expect_signature(c, 0x02014B50, "an entry of the central directory");
  const uint16_t made_by = bwi_cursor_u16le(c, "version made by");
  header h = read_header(c);
  const uint16_t comment_bytes = bwi_cursor_u16le(c, "comment length");
  const uint16_t disk = bwi_cursor_u16le(c, "disk");
  (void)bwi_cursor_u16le(c, "internal attributes");
  const uint32_t attributes = bwi_cursor_u32le(c, "external attributes");
  uint64_t offset = bwi_cursor_u32le(c, "local offset");
  m->name = bwi_cursor_take(c, h.name_bytes, "name");
  read_extra(c, &h, &offset);
  (void)bwi_cursor_take(c, comment_bytes, "comment");
  if (c->status != BW_OK) return;
  m->encoding = h.method == 0 ? BWI_STORED : BWI_DEFLATED;
  m->encrypted = (h.flags & FLAG_ENCRYPTED) != 0;
  m->mode = made_by >> 8 == MADE_BY_UNIX ? (uint16_t)(attributes >> 16) : 0;
  m->method = h.method;
  m->flags = h.flags;
  m->crc = h.crc;
  m->encoded_bytes = h.encoded_bytes;
  m->decoded_bytes = h.decoded_bytes;
  m->offset = offset;
  const size_t end = c->at;
  c->at = start;
  const bool known_method = h.method == 0 || h.method == 8 || m->encrypted;
  if ((h.flags & ~(FLAGS_KNOWN | FLAG_ENCRYPTED)) != 0 || !known_method)
    (void)bwi_cursor_fail(c, BW_EUNSUPPORTED, "compression method %u with flags 0x%x is not supported",
                          h.method, h.flags);
  else if (disk != 0 || !is_plain_name(m->name))
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a member without a plain name, or on another disk");
  else if (h.method == 0 && h.encoded_bytes != h.decoded_bytes && !m->encrypted)
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a stored member has two sizes: %" PRIu64 " and %" PRIu64,
                          h.encoded_bytes, h.decoded_bytes);
  else
    c->at = end;
}

/* ---- agreement of the rest of the file ---- */

/* A value of a local header that a data descriptor may replace. */
static bool agrees(uint64_t local, uint64_t central, bool described) {
  return local == central || (described && local == 0);
}

/* The local header of m, whose bytes must end at `end`. */
static void check_local(bwi_cursor *c, bwi_zip_member *m, uint64_t end) {
  const size_t start = c->at;
  const bool described = (m->flags & FLAG_DESCRIPTOR) != 0;
  expect_signature(c, 0x04034B50, "the local header of a member");
  header h = read_header(c);
  const bwi_bytes name = bwi_cursor_take(c, h.name_bytes, "name");
  read_extra(c, &h, NULL);
  if (c->status != BW_OK) return;
  const bool same_name = name.size == m->name.size && memcmp(name.data, m->name.data, name.size) == 0;
  m->data_offset = c->at;
  if (!same_name || h.flags != m->flags || h.method != m->method || !agrees(h.crc, m->crc, described) ||
      !agrees(h.encoded_bytes, m->encoded_bytes, described) ||
      !agrees(h.decoded_bytes, m->decoded_bytes, described)) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "a local header does not agree with the central directory");
  } else if (c->at > end || m->encoded_bytes > end - c->at ||
             (!described && m->encoded_bytes != end - c->at)) {
    (void)bwi_cursor_fail(c, BW_EFORMAT,
                          "%" PRIu64 " bytes of data overlap the next member or leave a gap before it",
                          m->encoded_bytes);
  } else {
    c->at += (size_t)m->encoded_bytes;
  }
}

/* The data descriptor between the data and `end`: with or without a signature, sizes of 4 or 8 bytes. */
static void check_descriptor(bwi_cursor *c, const bwi_zip_member *m, uint64_t end) {
  const size_t start = c->at, bytes = (size_t)end - c->at;
  const bool has_signature = bytes == 16 || bytes == 24, wide = bytes >= 20;
  if (bytes == 12 || bytes == 16 || bytes == 20 || bytes == 24) {
    if (has_signature) expect_signature(c, 0x08074B50, "a data descriptor");
    const uint32_t crc = bwi_cursor_u32le(c, "CRC-32");
    const uint64_t encoded =
        wide ? bwi_cursor_u64le(c, "compressed size") : bwi_cursor_u32le(c, "compressed size");
    const uint64_t decoded = wide ? bwi_cursor_u64le(c, "size") : bwi_cursor_u32le(c, "size");
    if (crc == m->crc && encoded == m->encoded_bytes && decoded == m->decoded_bytes) return;
  }
  if (c->status == BW_OK) c->at = start;
  (void)bwi_cursor_fail(c, BW_EFORMAT, "no data descriptor that agrees with the central directory");
}

static int by_offset(const void *a, const void *b) {
  const bwi_zip_member *x = *(bwi_zip_member *const *)a, *y = *(bwi_zip_member *const *)b;
  return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_name(const void *a, const void *b) {
  const bwi_zip_member *x = *(bwi_zip_member *const *)a, *y = *(bwi_zip_member *const *)b;
  const size_t size = x->name.size < y->name.size ? x->name.size : y->name.size;
  const int order = memcmp(x->name.data, y->name.data, size);
  return order != 0 ? order : (x->name.size > y->name.size) - (x->name.size < y->name.size);
}

/* sorted holds pointers to all members. */
static void check_members(bwi_cursor *c, bwi_zip_member **sorted, size_t count, uint64_t directory_offset) {
  qsort(sorted, count, sizeof(bwi_zip_member *), by_offset);
  c->at = 0;
  for (size_t i = 0; i < count && c->status == BW_OK; i++) {
    const uint64_t end = i + 1 < count ? sorted[i + 1]->offset : directory_offset;
    if (sorted[i]->offset != c->at || end > directory_offset) {
      (void)bwi_cursor_fail(c, BW_EFORMAT, "a member starts at %" PRIu64 ", not where the last one ends",
                            sorted[i]->offset);
      return;
    }
    check_local(c, sorted[i], end);
    if (c->status == BW_OK && (sorted[i]->flags & FLAG_DESCRIPTOR) != 0) check_descriptor(c, sorted[i], end);
  }
  if (c->at != directory_offset) (void)bwi_cursor_fail(c, BW_EFORMAT, "bytes that belong to no member");
  qsort(sorted, count, sizeof(bwi_zip_member *), by_name);
  for (size_t i = 1; i < count; i++)
    if (by_name(&sorted[i - 1], &sorted[i]) == 0)
      (void)bwi_cursor_fail(c, BW_EFORMAT, "two members have one name");
}

bw_status bwi_zip_list(bwi_zip_member **members, size_t *count, bwi_bytes bytes, bw_error *err) {
  bwi_cursor c = bwi_cursor_over(bytes, err);
  directory d = {0};
  read_end(&c, &d);
  BW_TRY(c.status);
  const size_t n = (size_t)d.count;
  bwi_zip_member *made = bwi_alloc(n, sizeof *made), **sorted = bwi_alloc(n, sizeof *sorted);
  if (made == NULL || sorted == NULL) {
    (void)bwi_cursor_fail(&c, BW_ENOMEM, "no memory for %zu members", n);
    goto out;
  }
  c.at = (size_t)d.offset;
  for (size_t i = 0; i < n && c.status == BW_OK; i++) {
    sorted[i] = &made[i];
    read_central(&c, &made[i]);
  }
  if (c.at != d.end)
    (void)bwi_cursor_fail(&c, BW_EFORMAT, "the central directory has other entries than it counts");
  if (c.status == BW_OK) check_members(&c, sorted, n, d.offset);
out:
  bwi_free(sorted);
  if (c.status != BW_OK) {
    bwi_free(made);
    return c.status;
  }
  *members = made;
  *count = n;
  return BW_OK;
}

bw_status bwi_zip_read(bwi_zip_member **members, size_t *count, bwi_bytes bytes, bw_error *err) {
  bwi_zip_member *made = NULL;
  size_t n = 0;
  BW_TRY(bwi_zip_list(&made, &n, bytes, err));
  for (size_t i = 0; i < n; i++)
    if (made[i].encrypted) {
      const uint64_t offset = made[i].offset;
      bwi_free(made);
      return BW_FAIL_AT(err, BW_EUNSUPPORTED, offset, "an encrypted member is not supported");
    }
  *members = made;
  *count = n;
  return BW_OK;
}
