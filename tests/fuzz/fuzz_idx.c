/* SPDX-License-Identifier: Apache-2.0 */
/* IDX, plain and gzip: deterministic, frees all, no more elements than the input can hold. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_array *array = NULL, *again = NULL;
  bw_error why, why_again;
  const bw_status status = bwi_idx_read(&array, bytes, FUZZ_MAX_BYTES, &why);
  fuzz_check_answers(status, &why, bwi_idx_read(&again, bytes, FUZZ_MAX_BYTES, &why_again), &why_again, size);
  if (status == BW_OK) {
    const size_t ratio = copy[0] == 0x1F ? 1032 : 1; /* what deflate can reach */
    fuzz_assert(bw_array_bytes(array) < ratio * size, "the elements fit into the input");
    fuzz_check_same_array(array, again);
  }
  bw_array_free(array);
  bw_array_free(again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
