/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors: deterministic, frees all, and the arrays together are smaller than the file. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_archive archive = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_safetensors_read(&archive, bytes, FUZZ_MAX_BYTES, &why);
  fuzz_check_answers(status, &why, bwi_safetensors_read(&again, bytes, FUZZ_MAX_BYTES, &why_again),
                     &why_again, size);
  fuzz_check_same_archive(&archive, &again);
  size_t total = 0;
  for (size_t i = 0; i < archive.count; i++) total += bw_array_bytes(archive.arrays[i]);
  fuzz_assert(status != BW_OK || total < size, "the elements lie inside the input");
  bwi_archive_clear(&archive);
  bwi_archive_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
