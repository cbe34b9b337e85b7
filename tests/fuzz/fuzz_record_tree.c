/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a record tree: deterministic, frees all; its groups add up, and its hashes fill the file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "records/record_tree.h"

static void check_header(const bwi_record_tree_header *h, size_t size) {
  uint64_t count = 0;
  for (size_t g = 0; g < h->n_groups; g++) {
    fuzz_assert(h->groups[g].layout != NULL, "a group has a layout");
    fuzz_assert(h->groups[g].count <= BWI_MERKLE_MAX_SIZE - count, "a tree can have that many records");
    count += h->groups[g].count;
  }
  fuzz_assert(count == h->count, "the groups hold all records");
  fuzz_assert(h->format != NULL && h->n_bytes < BWI_RECORD_TREE_HEADER_BYTES, "the header is what it says");
  fuzz_assert(h->n_bytes + 32 * bwi_record_tree_start(count, BWI_TILE_LEVELS) == size,
              "the hashes fill the file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_record_tree_header header = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_record_tree_read_header(&header, bytes, size, &why);
  fuzz_check_answers(status, &why, bwi_record_tree_read_header(&again, bytes, size, &why_again), &why_again,
                     size);
  if (status == BW_OK) {
    check_header(&header, size);
    fuzz_assert(memcmp(&header.head, &again.head, sizeof header.head) == 0,
                "the same bytes have the same head");
  }
  bwi_record_tree_header_clear(&header);
  bwi_record_tree_header_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
