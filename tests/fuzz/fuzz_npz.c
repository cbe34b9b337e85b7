/* SPDX-License-Identifier: Apache-2.0 */
/* npz: deterministic, inside its limit, frees all; what was read, written (stored and deflated) and read
 * again is the same. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz.h"

static void check_round_trip(const bwi_archive *archive, bool deflate) {
  bwi_buffer out = {0};
  bwi_archive again = {0};
  const bw_status status = bwi_npz_write(&out, archive->count, (const char *const *)archive->names,
                                         (const bw_array *const *)archive->arrays, deflate, NULL);
  fuzz_assert(status == BW_OK, "what was read can be written");
  const bwi_bytes written = {(const uint8_t *)out.data, out.size};
  fuzz_assert(bwi_npz_read(&again, written, FUZZ_MAX_BYTES, NULL) == BW_OK, "what was written can be read");
  fuzz_check_same_archive(archive, &again);
  bwi_archive_clear(&again);
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_archive archive = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_npz_read(&archive, bytes, FUZZ_MAX_BYTES, &why);
  fuzz_check_answers(status, &why, bwi_npz_read(&again, bytes, FUZZ_MAX_BYTES, &why_again), &why_again, size);
  fuzz_check_same_archive(&archive, &again);
  if (status == BW_OK) {
    check_round_trip(&archive, false);
    check_round_trip(&archive, true);
  }
  bwi_archive_clear(&archive);
  bwi_archive_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
