/* SPDX-License-Identifier: Apache-2.0 */
/* Files of pickles: plain ones, and PyTorch's format before 1.6, which is five pickles (a magic number, the
 * version, facts about the machine, the object, the keys of its storages) and then the storages, each behind
 * its number of elements. */
#include <inttypes.h>
#include <string.h>

#include "gate/formats.h"
#include "gate/pickles.h"

#define LEGACY_PICKLES 5

static bool is_legacy(const bwi_subject *s) {
  static const uint8_t magic[] = {0x80, 2,    0x8A, 10,   0x6C, 0xFC, 0x9C, 0x46,
                                  0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, '.'};
  return s->bytes.size >= sizeof magic && memcmp(s->bytes.data, magic, sizeof magic) == 0;
}

/* What the pickles say about the storages must fill the rest of the file. */
static void check_storages(bw_gate *g, const bwi_subject *s, const bwi_storages *storages, size_t at) {
  uint64_t wanted = 0;
  const uint64_t left = s->bytes.size - at;
  for (size_t i = 0; i < storages->count && wanted <= left; i++) wanted += 8 + storages->list[i].bytes;
  if (wanted != left)
    bwi_gate_find(g, s, BWI_RULE_MALFORMED, at,
                  "the storages take %s%" PRIu64 " bytes and the file holds %" PRIu64,
                  wanted > left ? "at least " : "", wanted, left);
}

static bw_status inspect_legacy(bw_gate *g, bwi_subject *s, bwi_storages *storages, bw_error *err) {
  size_t at = 0;
  bool stopped = true;
  s->type = "PyTorch file, as before 1.6";
  for (int i = 0; i < LEGACY_PICKLES && stopped; i++)
    BW_TRY(bwi_gate_pickle_at(g, s, at, storages, &at, &stopped, err));
  const uint64_t found = g->n_findings;
  if (stopped) check_storages(g, s, storages, at);
  /* Where all is accounted for, no loader looks for more pickles. */
  return stopped && g->n_findings == found ? BW_OK : bwi_gate_pickles(g, s, at, storages, err);
}

bw_status bwi_inspect_pickle(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_storages own = {0}, *storages = s->storages != NULL ? s->storages : &own;
  bw_status status = bwi_subject_read_all(g, s, err);
  if (status == BW_OK)
    status = is_legacy(s) ? inspect_legacy(g, s, &own, err) : bwi_gate_pickles(g, s, 0, storages, err);
  bwi_storages_free(&own);
  return status;
}
