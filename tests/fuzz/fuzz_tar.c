/* SPDX-License-Identifier: Apache-2.0 */
/* tar: deterministic; members lie inside the archive, in order, and names end. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/tar.h"
#include "fuzz.h"

static bw_status walk(bwi_bytes bytes, uint64_t *sum, bw_error *why) {
  static bwi_tar_member m;
  uint64_t last = 0;
  bwi_tar tar = bwi_tar_over(bytes, why);
  while (bwi_tar_next(&tar, &m)) {
    fuzz_assert(m.offset >= last && m.offset < bytes.size, "members come in order");
    fuzz_assert(m.data.size == 0 ||
                    (m.data.data >= bytes.data && m.data.data + m.data.size <= bytes.data + bytes.size),
                "members lie in the archive");
    fuzz_assert(strlen(m.name) < sizeof m.name && strlen(m.link) < sizeof m.link, "names end");
    last = m.offset;
    *sum = 31 * *sum + m.offset + m.data.size + strlen(m.name);
  }
  return tar.c.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_error why, why_again;
  uint64_t first = 0, second = 0;
  const bw_status status = walk(bytes, &first, &why);
  fuzz_check_answers(status, &why, walk(bytes, &second, &why_again), &why_again, size);
  fuzz_assert(first == second, "the same bytes hold the same members");
  (void)bwi_tar_begins(bytes);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
