/* SPDX-License-Identifier: Apache-2.0 */
/* npy: deterministic, inside its limit, frees all; what was read, written and read again is the same. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz.h"

static void check_round_trip(const bw_array *array) {
  bwi_buffer out = {0};
  bw_array *again = NULL;
  fuzz_assert(bwi_npy_write(&out, array, NULL) == BW_OK, "what was read can be written");
  const bwi_bytes written = {(const uint8_t *)out.data, out.size};
  fuzz_assert(bwi_npy_read(&again, written, FUZZ_MAX_BYTES, NULL) == BW_OK, "what was written can be read");
  fuzz_check_same_array(array, again);
  bw_array_free(again);
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_array *array = NULL, *again = NULL;
  bw_error why, why_again;
  const bw_status status = bwi_npy_read(&array, bytes, FUZZ_MAX_BYTES, &why);
  fuzz_check_answers(status, &why, bwi_npy_read(&again, bytes, FUZZ_MAX_BYTES, &why_again), &why_again, size);
  if (status == BW_OK) {
    fuzz_assert(bw_array_bytes(array) < size, "the elements lie inside the input");
    fuzz_check_same_array(array, again);
    check_round_trip(array);
  }
  bw_array_free(array);
  bw_array_free(again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
