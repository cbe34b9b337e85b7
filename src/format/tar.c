/* SPDX-License-Identifier: Apache-2.0 */
#include "format/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES 512u
#define MAX_EXTENSIONS 16 /* headers in front of a member's own */

/* Where the fields of a header stand. */
enum {
  NAME_AT = 0,
  NAME_BYTES = 100,
  MODE_AT = 100,
  MODE_BYTES = 8,
  SIZE_AT = 124,
  SIZE_BYTES = 12,
  SUM_AT = 148,
  SUM_BYTES = 8,
  KIND_AT = 156,
  LINK_AT = 157,
  MAGIC_AT = 257,
  PREFIX_AT = 345,
  PREFIX_BYTES = 155
};

/* ---- fields ---- */

/* Octal digits, with blanks before them, ended by a blank or NUL; or GNU's big-endian number behind 0x80. */
static bool read_number(const uint8_t *field, size_t n, uint64_t *out) {
  uint64_t value = 0;
  size_t i = 0;
  if (field[0] == 0x80) {
    for (i = 1; i + 8 < n; i++)
      if (field[i] != 0) return false;
    for (; i < n; i++) value = value << 8 | field[i];
    *out = value;
    return true;
  }
  while (i < n && field[i] == ' ') i++;
  for (; i < n && field[i] >= '0' && field[i] <= '7'; i++) value = value << 3 | (uint64_t)(field[i] - '0');
  *out = value;
  return i == n || field[i] == ' ' || field[i] == 0;
}

/* The sum of all bytes, those of the sum itself taken for blanks. Old programs took bytes for signed. */
static bool has_right_sum(const uint8_t *block) {
  uint64_t wanted = 0;
  uint32_t sum = 0, too_much = 0;
  for (size_t i = 0; i < BLOCK_BYTES; i++) {
    const uint8_t byte = i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : block[i];
    sum += byte;
    too_much += byte > 127 ? 256 : 0;
  }
  return read_number(block + SUM_AT, SUM_BYTES, &wanted) && (wanted == sum || wanted + too_much == sum);
}

static bool is_zero(bwi_bytes bytes) {
  for (size_t i = 0; i < bytes.size; i++)
    if (bytes.data[i] != 0) return false;
  return true;
}

static size_t length_of(const uint8_t *field, size_t n) {
  const uint8_t *end = memchr(field, 0, n);
  return end == NULL ? n : (size_t)(end - field);
}

/* ---- what extension headers say of the member behind them ---- */

typedef struct extension {
  bwi_bytes name, link; /* size 0: nothing */
  uint64_t size;
  bool has_size, sparse;
} extension;

static bwi_bytes without_nul(bwi_bytes text) {
  if (text.size > 0) text.size = length_of(text.data, text.size);
  return text;
}

static bool is_text(bwi_bytes text, const char *wanted) {
  return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static void take_record(extension *e, bwi_bytes key, bwi_bytes value) {
  if (is_text(key, "path")) e->name = value;
  if (is_text(key, "linkpath")) e->link = value;
  if (key.size >= 10 && memcmp(key.data, "GNU.sparse", 10) == 0) e->sparse = true;
  if (!is_text(key, "size")) return;
  e->has_size = true;
  e->size = 0;
  for (size_t i = 0; i < value.size && i < 19; i++)
    if (value.data[i] >= '0' && value.data[i] <= '9')
      e->size = 10 * e->size + (uint64_t)(value.data[i] - '0');
}

/* pax: lines of "length key=value", where the length counts itself. False if they are none. */
static bool read_pax(extension *e, bwi_bytes text) {
  size_t at = 0;
  while (at < text.size) {
    size_t n = 0, digits = at;
    for (; digits < text.size && digits - at < 9 && text.data[digits] >= '0' && text.data[digits] <= '9';
         digits++)
      n = 10 * n + (size_t)(text.data[digits] - '0');
    if (digits == text.size || text.data[digits] != ' ' || n > text.size - at || n < digits - at + 3)
      return false;
    const bwi_bytes record = {text.data + digits + 1, at + n - digits - 2};
    const uint8_t *equals = memchr(record.data, '=', record.size);
    if (equals == NULL || text.data[at + n - 1] != '\n') return false;
    const size_t key_bytes = (size_t)(equals - record.data);
    take_record(e, (bwi_bytes){record.data, key_bytes}, (bwi_bytes){equals + 1, record.size - key_bytes - 1});
    at += n;
  }
  return true;
}

/* ---- members ---- */

static void fail_at(bwi_tar *tar, uint64_t offset, bw_status status, const char *what) {
  if (tar->c.status != BW_OK) return;
  tar->c.at = (size_t)offset;
  (void)bwi_cursor_fail(&tar->c, status, "%s", what);
}

/* The content of a member and what fills up its last block. */
static bwi_bytes take_data(bwi_tar *tar, uint64_t size, uint64_t offset) {
  if (tar->c.status == BW_OK && size > bwi_cursor_left(&tar->c))
    fail_at(tar, offset, BW_EFORMAT, "truncated: a member goes beyond the archive");
  const bwi_bytes data = bwi_cursor_take(&tar->c, tar->c.status == BW_OK ? (size_t)size : 0, "member");
  const size_t rest = (size_t)((BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES),
               left = bwi_cursor_left(&tar->c);
  (void)bwi_cursor_take(&tar->c, rest < left ? rest : left, "padding");
  return data;
}

static void copy_text(bwi_tar *tar, char *to, bwi_bytes text, uint64_t offset) {
  if (text.size >= BWI_TAR_NAME_BYTES) {
    fail_at(tar, offset, BW_EUNSUPPORTED, "a name of more than 4,095 bytes");
    return;
  }
  if (text.size > 0) memcpy(to, text.data, text.size);
  to[text.size] = '\0';
}

static void name_member(bwi_tar *tar, bwi_tar_member *m, const uint8_t *block, const extension *e) {
  const bool ustar = memcmp(block + MAGIC_AT, "ustar", 5) == 0;
  const size_t prefix = ustar && block[MAGIC_AT + 5] == 0 ? length_of(block + PREFIX_AT, PREFIX_BYTES) : 0;
  if (e->name.size > 0)
    copy_text(tar, m->name, e->name, m->offset);
  else
    (void)snprintf(m->name, sizeof m->name, "%.*s%s%.*s", (int)prefix, (const char *)block + PREFIX_AT,
                   prefix > 0 ? "/" : "", (int)length_of(block + NAME_AT, NAME_BYTES),
                   (const char *)block + NAME_AT);
  const bwi_bytes link = {block + LINK_AT, length_of(block + LINK_AT, NAME_BYTES)};
  copy_text(tar, m->link, e->link.size > 0 ? e->link : link, m->offset);
}

/* A header of the archive; false at the end and after a failure. */
static bool read_block(bwi_tar *tar, const uint8_t **block) {
  const size_t start = tar->c.at;
  if (tar->c.status != BW_OK || tar->ended || bwi_cursor_left(&tar->c) == 0) return false;
  const bwi_bytes b = bwi_cursor_take(&tar->c, BLOCK_BYTES, "header");
  if (tar->c.status != BW_OK) return false;
  if (is_zero(b)) {
    const bwi_bytes rest = bwi_cursor_take(&tar->c, bwi_cursor_left(&tar->c), "end");
    tar->ended = true;
    if (!is_zero(rest))
      fail_at(tar, start + BLOCK_BYTES, BW_EFORMAT, "something stands behind the end of the archive");
    return false;
  }
  if (!has_right_sum(b.data)) fail_at(tar, start, BW_EFORMAT, "the check sum of a header is wrong");
  *block = b.data;
  return tar->c.status == BW_OK;
}

/* A global header is for all members behind it; readers differ in what they do with one that names or sizes
 * them. */
static void check_global(bwi_tar *tar, bwi_bytes text, uint64_t offset) {
  extension e = {0};
  if (!read_pax(&e, text))
    fail_at(tar, offset, BW_EFORMAT, "a global header has no records");
  else if (e.name.size > 0 || e.link.size > 0 || e.has_size || e.sparse)
    fail_at(tar, offset, BW_EUNSUPPORTED, "a global header that names or sizes members");
}

bool bwi_tar_next(bwi_tar *tar, bwi_tar_member *member) {
  extension e = {0};
  const uint8_t *block = NULL;
  for (int n = 0; n < MAX_EXTENSIONS; n++) {
    const size_t start = tar->c.at;
    if (!read_block(tar, &block)) return false;
    uint64_t size = 0, mode = 0;
    if (!read_number(block + SIZE_AT, SIZE_BYTES, &size) || !read_number(block + MODE_AT, MODE_BYTES, &mode))
      fail_at(tar, start, BW_EFORMAT, "a number in a header is none");
    const char kind = block[KIND_AT] == 0 || block[KIND_AT] == '7' ? '0' : (char)block[KIND_AT];
    if (kind == 'x' || kind == 'g' || kind == 'L' || kind == 'K') {
      const bwi_bytes data = take_data(tar, size, start);
      if (kind == 'L') e.name = without_nul(data);
      if (kind == 'K') e.link = without_nul(data);
      if (kind == 'x' && !read_pax(&e, data))
        fail_at(tar, start, BW_EFORMAT, "an extended header has no records");
      if (kind == 'g') check_global(tar, data, start);
      continue;
    }
    if (kind < '0' || kind > '6' || e.sparse)
      fail_at(tar, start, BW_EUNSUPPORTED, "a kind of member that is not supported");
    member->offset = start;
    member->kind = kind;
    member->mode = (uint32_t)(mode & 07777);
    /* Only files have content, whatever the header of another kind says. */
    member->data = take_data(tar, kind != '0' ? 0 : e.has_size ? e.size : size, start);
    if (tar->c.status == BW_OK) name_member(tar, member, block, &e);
    return tar->c.status == BW_OK;
  }
  fail_at(tar, tar->c.at, BW_EFORMAT, "too many extended headers in front of a member");
  return false;
}

bwi_tar bwi_tar_over(bwi_bytes archive, bw_error *err) {
  return (bwi_tar){.c = bwi_cursor_over(archive, err)};
}

bool bwi_tar_begins(bwi_bytes head) {
  return head.size >= BLOCK_BYTES && has_right_sum(head.data);
}
