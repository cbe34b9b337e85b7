/* SPDX-License-Identifier: Apache-2.0 */
/* ZIP archives, and what is made of them: npz, PyTorch's format since 1.6 (<name>/data.pkl, and a member
 * <name>/data/<key> for each storage), TorchScript (<name>/code/), Keras. The strict reader says whether
 * all readers see the same archive; where it refuses, whatever looks like a member is inspected. */
#include <inttypes.h>
#include <string.h>

#include "format/zip.h"
#include "gate/formats.h"
#include "gate/storages.h"
#include "gate/unpack.h"
#include "gate/values.h"

#define KIND_OF_FILE 0170000u /* of a Unix mode */
#define REGULAR_FILE 0100000u
#define FOLDER 0040000u

bool bwi_is_zip(const bwi_subject *s) {
  return s->bytes.size >= 4 &&
         (memcmp(s->bytes.data, "PK\3\4", 4) == 0 || memcmp(s->bytes.data, "PK\5\6", 4) == 0);
}

static bool ends_in(bwi_bytes name, const char *end) {
  const size_t n = strlen(end);
  return name.size >= n && memcmp(name.data + name.size - n, end, n) == 0;
}

/* ---- the content of a member ---- */

/* *sound: the check sum is right. BW_EFORMAT: not what the archive says; BW_ELIMIT: too much; BW_ENOMEM. */
static bw_status unpack(bwi_unpacked *out, bool *sound, bw_gate *g, const bwi_zip_member *m, bwi_bytes file,
                        bw_error *err) {
  if (m->decoded_bytes > bwi_source_most(m->encoding, (size_t)m->encoded_bytes))
    return BW_FAIL_AT(err, BW_EFORMAT, m->offset, "%" PRIu64 " bytes cannot become %" PRIu64,
                      m->encoded_bytes, m->decoded_bytes);
  if (bwi_is_bomb(m->encoded_bytes, m->decoded_bytes) || m->decoded_bytes > g->bytes_left)
    return BW_FAIL_AT(err, BW_ELIMIT, m->offset, "%" PRIu64 " bytes unpack to %" PRIu64, m->encoded_bytes,
                      m->decoded_bytes);
  const size_t n = (size_t)m->decoded_bytes;
  bwi_unpacked c = {.owned = bwi_alloc(n, 1)};
  bwi_source source;
  if (c.owned == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a member of %zu bytes", n);
  const bwi_bytes encoded = {file.data + m->data_offset, (size_t)m->encoded_bytes};
  bw_status status = bwi_source_open(&source, encoded, m->data_offset, m->encoding, err);
  if (status == BW_OK) {
    source.sums = true;
    status = bwi_source_read(&source, c.owned, n, "member", err);
    if (status == BW_OK) status = bwi_source_end(&source, err);
    *sound = source.crc == m->crc;
    bwi_source_close(&source);
  }
  if (status != BW_OK) {
    bwi_free(c.owned);
    return status;
  }
  g->bytes_left -= n;
  c.bytes = (bwi_bytes){c.owned, n};
  *out = c;
  return BW_OK;
}

/* ---- members ---- */

static void find_kind(bw_gate *g, const bwi_subject *s, const bwi_zip_member *m) {
  const uint32_t kind = m->mode & KIND_OF_FILE;
  if (kind != 0 && kind != REGULAR_FILE && kind != FOLDER)
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_LINK, m->offset, "member \"%.*s\" is no plain file: mode %o",
                  (int)(m->name.size < 64 ? m->name.size : 64), (const char *)m->name.data, m->mode);
}

/* Encryption that is real makes noise of the data; PyTorch's reader does not ask for the flag. */
static void find_encryption(bw_gate *g, const bwi_subject *s, const bwi_zip_member *m, bool real) {
  bwi_gate_find(g, s, real ? BWI_RULE_ARCHIVE_ENCRYPTED : BWI_RULE_MALFORMED, m->offset,
                "member \"%.*s\" is %s", (int)(m->name.size < 64 ? m->name.size : 64),
                (const char *)m->name.data,
                real ? "encrypted; not inspected" : "marked as encrypted and is not");
}

static bw_status inspect_member(bw_gate *g, bwi_subject *s, const bwi_zip_member *m, bw_error *err) {
  bwi_unpacked c = {0};
  bool sound = false;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  find_kind(g, s, m);
  if (g->members_left == 0 || --g->members_left == 0) return BW_OK;
  bw_status status = unpack(&c, &sound, g, m, s->bytes, &why);
  if (m->encrypted && status != BW_ENOMEM) {
    const bool real = status != BW_OK || !sound;
    find_encryption(g, s, m, real);
    if (real) bwi_free(c.owned);
    if (real) return BW_OK;
  }
  if (status == BW_ELIMIT) {
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_BOMB, why.offset, "%s", why.text);
    return BW_OK;
  }
  if (status != BW_OK) return bwi_gate_find_refusal(g, s, status, &why, err);
  if (!sound) /* readers that do not check go on */
    bwi_gate_find(g, s, BWI_RULE_MALFORMED, m->offset, "the check sum of member \"%.*s\" is wrong",
                  (int)(m->name.size < 64 ? m->name.size : 64), (const char *)m->name.data);
  status = bwi_gate_look_inside(g, s, m->name, c.bytes, err);
  bwi_free(c.owned);
  return status;
}

/* ---- PyTorch ---- */

static const bwi_zip_member *find_end(const bwi_zip_member *members, size_t n, const char *end) {
  for (size_t i = 0; i < n; i++)
    if (ends_in(members[i].name, end)) return &members[i];
  return NULL;
}

static bool holds(bwi_bytes name, bwi_bytes prefix, const char *folder) {
  const size_t n = strlen(folder);
  return name.size > prefix.size + n && memcmp(name.data, prefix.data, prefix.size) == 0 &&
         memcmp(name.data + prefix.size, folder, n) == 0;
}

/* The storage that a member <prefix>data/<key> is, of the size that the pickle says; else NULL. */
static const bwi_storage *storage_of(bw_gate *g, const bwi_subject *s, const bwi_zip_member *m,
                                     bwi_bytes prefix) {
  if (!holds(m->name, prefix, "data/")) return NULL;
  const size_t n = prefix.size + 5;
  bwi_storage *storage = bwi_storages_find(s->storages, (bwi_bytes){m->name.data + n, m->name.size - n});
  if (storage == NULL || m->encoding != BWI_STORED || m->encrypted) return NULL;
  storage->found = true;
  if (m->decoded_bytes == storage->bytes) return storage;
  bwi_gate_find(g, s, BWI_RULE_MALFORMED, m->offset,
                "storage \"%.64s\" has %" PRIu64 " bytes where the pickle says %" PRIu64, storage->key,
                m->decoded_bytes, storage->bytes);
  return NULL;
}

static bw_status inspect_torch_member(bw_gate *g, bwi_subject *s, const bwi_zip_member *m, bwi_bytes prefix,
                                      bw_error *err) {
  const bwi_storage *storage = storage_of(g, s, m, prefix);
  if (holds(m->name, prefix, "code/")) s->type = "TorchScript archive";
  if (storage == NULL) return inspect_member(g, s, m, err);
  const bwi_value_range range = {storage->key, storage->dtype, m->data_offset, storage->bytes};
  return bwi_gate_check_values(g, s, &range, 1, err);
}

static bw_status inspect_torch(bw_gate *g, bwi_subject *s, const bwi_zip_member *members, size_t count,
                               const bwi_zip_member *pickle, bw_error *err) {
  const bwi_bytes prefix = {pickle->name.data, pickle->name.size - strlen("data.pkl")};
  s->type = "PyTorch archive";
  BW_TRY(inspect_member(g, s, pickle, err));
  for (size_t i = 0; i < count; i++)
    if (&members[i] != pickle) BW_TRY(inspect_torch_member(g, s, &members[i], prefix, err));
  if (strcmp(s->type, "TorchScript archive") == 0)
    bwi_gate_find(g, s, BWI_RULE_TORCHSCRIPT, BW_NO_OFFSET, "the archive holds TorchScript code");
  for (size_t i = 0; i < s->storages->count; i++)
    if (!s->storages->list[i].found)
      bwi_gate_find(g, s, BWI_RULE_MALFORMED, BW_NO_OFFSET, "the archive has no member for storage \"%.64s\"",
                    s->storages->list[i].key);
  return BW_OK;
}

/* ---- archives that the strict reader refuses ---- */

/* Where the next header of a member begins, or the directory, or the bytes end. */
static size_t next_header(bwi_bytes file, size_t at) {
  for (; at + 4 <= file.size; at++) {
    const uint8_t *found = memchr(file.data + at, 'P', file.size - at - 3);
    if (found == NULL) break;
    at = (size_t)(found - file.data);
    if (memcmp(found, "PK\3\4", 4) == 0 || memcmp(found, "PK\1\2", 4) == 0) return at;
  }
  return file.size;
}

/* What the header at `at` says of a member, if it is one; its data goes on to the next header at most. */
static bool read_local(bwi_bytes file, size_t at, bwi_bytes *name, uint16_t *method, bwi_bytes *data) {
  bwi_cursor c = bwi_cursor_over(file, NULL);
  c.at = at;
  if (bwi_cursor_u32le(&c, "signature") != 0x04034B50) return false;
  (void)bwi_cursor_u32le(&c, "version and flags");
  *method = bwi_cursor_u16le(&c, "method");
  (void)bwi_cursor_u64le(&c, "time and check sum");
  const uint32_t encoded_bytes = bwi_cursor_u32le(&c, "size");
  (void)bwi_cursor_u32le(&c, "size");
  const uint16_t name_bytes = bwi_cursor_u16le(&c, "name"), extra_bytes = bwi_cursor_u16le(&c, "extra");
  *name = bwi_cursor_take(&c, name_bytes, "name");
  (void)bwi_cursor_take(&c, extra_bytes, "extra");
  if (c.status != BW_OK) return false;
  const size_t most = next_header(file, c.at) - c.at;
  *data = bwi_cursor_take(&c, encoded_bytes > 0 && encoded_bytes < most ? encoded_bytes : most, "data");
  return true;
}

static bw_status salvage_member(bw_gate *g, const bwi_subject *s, size_t at, bw_error *err) {
  bwi_bytes name, rest;
  uint16_t method = 0;
  if (!read_local(s->bytes, at, &name, &method, &rest)) return BW_OK;
  bwi_unpacked c = {rest, NULL, 0};
  bw_status status = method == 8 ? bwi_unpack_stream(&c, g, s, BWI_DEFLATED, rest, err) : BW_OK;
  if (status == BW_OK) status = bwi_gate_look_inside(g, s, name, c.bytes, err);
  bwi_free(c.owned);
  return status;
}

static bw_status salvage(bw_gate *g, const bwi_subject *s, bw_error *err) {
  for (size_t at = next_header(s->bytes, 0); at < s->bytes.size; at = next_header(s->bytes, at + 4)) {
    if (g->members_left == 0) return BW_OK;
    g->members_left--;
    BW_TRY(salvage_member(g, s, at, err));
  }
  return BW_OK;
}

/* ---- the archive ---- */

static bw_status inspect_members(bw_gate *g, bwi_subject *s, const bwi_zip_member *members, size_t count,
                                 bw_error *err) {
  const bwi_zip_member *pickle = find_end(members, count, "/data.pkl");
  if (pickle != NULL) return inspect_torch(g, s, members, count, pickle, err);
  if (count > 0 && ends_in(members[0].name, ".npy")) s->type = "npz";
  for (size_t i = 0; i < count; i++) BW_TRY(inspect_member(g, s, &members[i], err));
  return BW_OK;
}

bw_status bwi_inspect_zip(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_zip_member *members = NULL;
  size_t count = 0;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(bwi_subject_read_all(g, s, err));
  bw_status status = bwi_zip_list(&members, &count, s->bytes, &why);
  if (status != BW_OK) {
    BW_TRY(bwi_gate_find_refusal(g, s, status, &why, err));
    return salvage(g, s, err);
  }
  bwi_storages storages = {0}, *outer = s->storages;
  s->storages = &storages;
  status = inspect_members(g, s, members, count, err);
  s->storages = outer;
  if (status == BW_OK && g->members_left == 0)
    bwi_gate_find(g, s, BWI_RULE_LIMIT, BW_NO_OFFSET, "more than %d members; the rest was not inspected",
                  BWI_GATE_MAX_MEMBERS);
  bwi_storages_free(&storages);
  bwi_free(members);
  return status;
}
