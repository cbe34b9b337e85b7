/* SPDX-License-Identifier: Apache-2.0 */
/* tar archives: kinds and names of members, and what is in them. */
#include <stdlib.h>
#include <string.h>

#include "format/tar.h"
#include "gate/formats.h"
#include "gate/paths.h"

#define UNSAFE_MODE 06000u /* set-user-ID, set-group-ID */

bool bwi_is_tar(const bwi_subject *s) {
  return bwi_tar_begins(s->bytes);
}

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* Names met so far, for duplicates: hashes, of which two are the same only by design, and then it is a
 * finding. */
typedef struct names {
  uint64_t *hashes;
  size_t count, capacity;
} names;

static uint64_t hash_of(const char *text) {
  uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
  for (; *text != '\0'; text++) hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001B3);
  return hash;
}

static bool add_name(names *n, const char *name) {
  if (n->count == n->capacity) {
    const size_t wide = n->capacity == 0 ? 64 : 2 * n->capacity;
    uint64_t *hashes = bwi_realloc(n->hashes, n->capacity, wide, sizeof *hashes);
    if (hashes == NULL) return false;
    n->hashes = hashes;
    n->capacity = wide;
  }
  n->hashes[n->count++] = hash_of(name);
  return true;
}

static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void find_duplicates(bw_gate *g, const bwi_subject *s, names *n) {
  if (n->count > 1) qsort(n->hashes, n->count, sizeof *n->hashes, by_value);
  for (size_t i = 1; i < n->count; i++)
    if (n->hashes[i] == n->hashes[i - 1]) {
      bwi_gate_find(g, s, BWI_RULE_ARCHIVE_DUPLICATE, BW_NO_OFFSET, "two members have one name");
      return;
    }
}

static void find_kind(bw_gate *g, const bwi_subject *s, const bwi_tar_member *m) {
  if (m->kind == '1' || m->kind == '2')
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_LINK, m->offset, "member \"%.64s\" is a link to \"%.64s\"", m->name,
                  m->link);
  else if (m->kind != '0' && m->kind != '5')
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_LINK, m->offset, "member \"%.64s\" is a device or a named pipe",
                  m->name);
  if ((m->mode & UNSAFE_MODE) != 0)
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_LINK, m->offset, "member \"%.64s\" has mode %o", m->name,
                  (unsigned)m->mode);
  if (m->kind != '0' && bwi_path_leads_out(bytes_of(m->name)))
    bwi_gate_find(g, s, BWI_RULE_ARCHIVE_PATH, m->offset, "member \"%.64s\" leads out of the folder",
                  m->name);
}

static bw_status inspect_members(bw_gate *g, bwi_subject *s, bwi_tar *tar, bwi_tar_member *m, names *n,
                                 bw_error *err) {
  while (bwi_tar_next(tar, m)) {
    if (g->members_left == 0) {
      bwi_gate_find(g, s, BWI_RULE_LIMIT, m->offset, "more than %d members; the rest was not inspected",
                    BWI_GATE_MAX_MEMBERS);
      return BW_OK;
    }
    g->members_left--;
    find_kind(g, s, m);
    if (!add_name(n, m->name)) return BW_FAIL(err, BW_ENOMEM, "no memory for the names in %s", s->path);
    if (m->kind == '0') BW_TRY(bwi_gate_look_inside(g, s, bytes_of(m->name), m->data, err));
  }
  return BW_OK;
}

bw_status bwi_inspect_tar(bw_gate *g, bwi_subject *s, bw_error *err) {
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  names n = {0};
  BW_TRY(bwi_subject_read_all(g, s, err));
  bwi_tar_member *member = bwi_alloc(1, sizeof *member); /* its names are long */
  if (member == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to read %s", s->path);
  bwi_tar tar = bwi_tar_over(s->bytes, &why);
  bw_status status = inspect_members(g, s, &tar, member, &n, err);
  if (status == BW_OK) {
    find_duplicates(g, s, &n);
    status = bwi_gate_find_refusal(g, s, tar.c.status, &why, err);
  }
  bwi_free(n.hashes);
  bwi_free(member);
  return status;
}
