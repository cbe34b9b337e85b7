/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with every subject, whatever its format: recognise it, hold that against its name, see whether
 * it is something else besides, and hand it to its inspector. */
#include <stdio.h>
#include <string.h>

#include "gate/formats.h"
#include "gate/paths.h"

#define HEAD_BYTES (128u << 10) /* read to recognise a format; the header of an npy file fits */
#define ZIP_END_BYTES 22u
#define ZIP_LOCATOR_BYTES 20u
/* The end record, what leads to the one of a large archive before it, and the longest comment behind it. */
#define ZIP_TAIL_BYTES (ZIP_LOCATOR_BYTES + ZIP_END_BYTES + 65535u)
#define MEMBER_NAME_BYTES 1024

/* ---- another file in the same bytes ---- */

static bool has_large_end_before(bwi_bytes tail, size_t at) {
  return at >= ZIP_LOCATOR_BYTES && memcmp(tail.data + at - ZIP_LOCATOR_BYTES, "PK\6\7", 4) == 0;
}

/* Whether the tail holds an end record of ZIP that readers which look for one from behind would take. They do
 * not ask whether its comment ends where the file does. */
static bool has_zip_end(bwi_bytes tail, uint64_t file_bytes) {
  for (size_t at = tail.size >= ZIP_END_BYTES ? tail.size - ZIP_END_BYTES + 1 : 0; at-- > 0;) {
    bwi_cursor c = bwi_cursor_over((bwi_bytes){tail.data + at, tail.size - at}, NULL);
    if (bwi_cursor_u32le(&c, "signature") != 0x06054B50) continue;
    (void)bwi_cursor_u32le(&c, "disks");
    (void)bwi_cursor_u32le(&c, "entries");
    const uint32_t directory_bytes = bwi_cursor_u32le(&c, "size"), offset = bwi_cursor_u32le(&c, "offset");
    const uint64_t end = file_bytes - (tail.size - at);
    if (c.status == BW_OK && directory_bytes <= end && offset <= end) return true;
    if (has_large_end_before(tail, at)) return true;
  }
  return false;
}

/* HDF5 may begin at 512, 1024, 2048, ... bytes, behind whatever its user likes. */
static bool has_hdf5_inside(bwi_bytes head) {
  static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
  for (size_t at = 512; at + sizeof signature <= head.size; at *= 2)
    if (memcmp(head.data + at, signature, sizeof signature) == 0) return true;
  return false;
}

static bw_status find_second_format(bw_gate *g, const bwi_subject *s, const bwi_gate_format_row *row,
                                    bw_error *err) {
  const size_t n = s->size < ZIP_TAIL_BYTES ? (size_t)s->size : ZIP_TAIL_BYTES;
  uint8_t *tail = bwi_alloc(n, 1);
  if (tail == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the end of %s", s->path);
  const bw_status status = bwi_subject_copy(s, s->size - n, tail, n, err);
  if (row != NULL && row->is != bwi_is_pickle && bwi_hides_pickle(s))
    bwi_gate_find(g, s, BWI_RULE_POLYGLOT, 0, "the content is %s, and to an unpickler a pickle with calls",
                  s->type);
  if (has_hdf5_inside(s->bytes))
    bwi_gate_find(g, s, BWI_RULE_POLYGLOT, BW_NO_OFFSET, "the content is %s, and HDF5 behind a user block",
                  s->type);
  if (status == BW_OK && has_zip_end((bwi_bytes){tail, n}, s->size))
    bwi_gate_find(g, s, BWI_RULE_POLYGLOT, BW_NO_OFFSET, "the content is %s, and a ZIP archive ends in it",
                  s->type);
  bwi_free(tail);
  return status;
}

/* ---- the subject ---- */

static void compare_with_name(bw_gate *g, const bwi_subject *s, const bwi_gate_format_row *row) {
  const bwi_gate_format_row *promised = bwi_gate_promised(s, row);
  if (promised != NULL)
    bwi_gate_find(g, s, BWI_RULE_TYPE_MISMATCH, 0, "the name promises %s, the content is %s", promised->name,
                  row == NULL ? "nothing that is known" : row->name);
  else if (row == NULL)
    bwi_gate_find(g, s, BWI_RULE_TYPE_UNKNOWN, 0, "the content is of no format that is known; not inspected");
}

bw_status bwi_gate_look(bw_gate *g, bwi_subject *s, bw_error *err) {
  BW_TRY(bwi_subject_read(s, HEAD_BYTES, err));
  s->out_of_memory = &g->out_of_memory;
  const bwi_gate_format_row *row = bwi_gate_recognise(s);
  s->type = row == NULL ? "unknown" : row->name;
  compare_with_name(g, s, row);
  if (row == NULL || row->is != bwi_is_zip) BW_TRY(find_second_format(g, s, row, err));
  return row == NULL || row->inspect == NULL ? BW_OK : row->inspect(g, s, err);
}

/* ---- members of archives ---- */

bw_status bwi_gate_look_inside(bw_gate *g, const bwi_subject *parent, bwi_bytes name, bwi_bytes content,
                               bw_error *err) {
  char path[MEMBER_NAME_BYTES];
  (void)snprintf(path, sizeof path, "%s%s%.*s", parent->member == NULL ? "" : parent->member,
                 parent->member == NULL ? "" : "!", (int)(name.size < 512 ? name.size : 512),
                 (const char *)name.data);
  bwi_subject s = {.path = parent->path,
                   .member = path,
                   .size = content.size,
                   .bytes = content,
                   .file = -1,
                   .storages = parent->storages,
                   .depth = parent->depth + 1};
  if (bwi_path_leads_out(name))
    bwi_gate_find(g, &s, BWI_RULE_ARCHIVE_PATH, BW_NO_OFFSET, "the member's name leads out of the folder");
  if (s.depth > BWI_GATE_MAX_DEPTH) {
    bwi_gate_find(g, &s, BWI_RULE_LIMIT, BW_NO_OFFSET, "an archive in more than %d others; not inspected",
                  BWI_GATE_MAX_DEPTH);
    return BW_OK;
  }
  return bwi_gate_look(g, &s, err);
}
