/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and JSON lines: deterministic, frees all; records are not empty, and all of them together are the text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "records/record_lines.h"

static void check_lines(const bwi_lines *lines, bwi_bytes text) {
  fuzz_assert(lines->starts[0] == 0 && lines->starts[lines->count] == text.size,
              "all of the text is in a record");
  for (size_t i = 0; i < lines->count; i++) {
    fuzz_assert(lines->starts[i] < lines->starts[i + 1], "no record is empty");
    fuzz_assert(i + 1 == lines->count || text.data[lines->starts[i + 1] - 1] == '\n',
                "a record ends with its line");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  const bool quotes = size > 0 && data[0] % 2 == 1;
  const size_t skipped = size > 0 ? 1 : 0;
  uint8_t *copy = fuzz_copy(data + skipped, size - skipped);
  const bwi_bytes text = {copy, size - skipped};
  bwi_lines lines = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_lines_split(&lines, text, quotes, &why);
  fuzz_check_answers(status, &why, bwi_lines_split(&again, text, quotes, &why_again), &why_again, text.size);
  if (status == BW_OK) {
    check_lines(&lines, text);
    fuzz_assert(lines.count == again.count, "the same text has the same records");
    fuzz_assert(memcmp(lines.starts, again.starts, (lines.count + 1) * sizeof *lines.starts) == 0,
                "the same text has the same records");
  }
  bwi_lines_clear(&lines);
  bwi_lines_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
