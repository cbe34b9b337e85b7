/* SPDX-License-Identifier: Apache-2.0 */
/* Croissant metadata: deterministic, frees all; every file has a digest, and what was read, written and read
 * again has the same files. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/croissant.h"

static void check_round_trip(const bwi_event *event) {
  bwi_event again;
  bwi_buffer out = {0};
  fuzz_assert(bwi_croissant_write(&out, event, NULL) == BW_OK, "what was read can be written");
  fuzz_assert(bwi_croissant_read(&again, (bwi_bytes){(const uint8_t *)out.data, out.size}, NULL) == BW_OK,
              "what was written can be read");
  fuzz_assert(again.n_subjects == event->n_subjects, "it has as many files");
  for (size_t i = 0; i < event->n_subjects; i++) {
    fuzz_assert(strlen(event->subjects[i].digest) == 64, "a file has a digest");
    fuzz_assert(strcmp(again.subjects[i].digest, event->subjects[i].digest) == 0, "a file keeps its digest");
    fuzz_assert(strcmp(again.subjects[i].name, event->subjects[i].name) == 0, "a file keeps its name");
  }
  bwi_event_clear(&again);
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_event event = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_croissant_read(&event, text, &why);
  fuzz_check_answers(status, &why, bwi_croissant_read(&again, text, &why_again), &why_again, size);
  free(copy);
  if (status == BW_OK) check_round_trip(&event);
  bwi_event_clear(&event);
  bwi_event_clear(&again);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
