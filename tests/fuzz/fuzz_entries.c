/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of entries: deterministic; the entries, written again, are the input. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  const uint32_t count = size > 0 ? data[0] : 0;
  const size_t skipped = size > 0 ? 1 : 0;
  uint8_t *copy = fuzz_copy(data + skipped, size - skipped);
  const bwi_bytes bytes = {copy, size - skipped};
  bwi_bytes spans[256], again[256];
  bw_error why, why_again;
  const bw_status status = bwi_entries_split(spans, count, bytes, &why);
  fuzz_check_answers(status, &why, bwi_entries_split(again, count, bytes, &why_again), &why_again,
                     bytes.size);
  if (status == BW_OK) {
    bwi_buffer out = {0};
    for (uint32_t i = 0; i < count; i++) bwi_entries_put(&out, spans[i]);
    fuzz_assert(out.size == bytes.size && (out.size == 0 || memcmp(out.data, bytes.data, out.size) == 0),
                "the entries are the input");
    bwi_buffer_free(&out);
  }
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
