/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of HDF5: deterministic; what is accepted is as long as it says. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/hdf5.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_error why, why_again;
  bwi_hdf5 first = {0}, second = {0};
  const bw_status status = bwi_hdf5_read(&first, bytes, size, &why);
  fuzz_check_answers(status, &why, bwi_hdf5_read(&second, bytes, size, &why_again), &why_again, size);
  fuzz_assert(status != BW_OK || (first.end == size && first.offset < size),
              "the file is as long as it says");
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
