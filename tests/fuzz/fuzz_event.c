/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto statements as events: deterministic, frees all; an event of our own that was read, written and read
 * again is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/event.h"

static void check_artifacts(const bwi_artifact *a, const bwi_artifact *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    fuzz_assert(strcmp(a[i].name, b[i].name) == 0, "an artifact keeps its name");
    fuzz_assert(strcmp(a[i].digest, b[i].digest) == 0, "an artifact keeps its digest");
    fuzz_assert(strlen(a[i].digest) == 64 || a[i].digest[0] == '\0', "a digest has 64 digits");
  }
}

static void check_round_trip(const bwi_event *event) {
  bwi_event again;
  bwi_buffer out = {0};
  if (strcmp(event->type, BWI_EVENT_TYPE) != 0) return;
  fuzz_assert(bwi_event_write(&out, event, NULL) == BW_OK, "what was read can be written");
  fuzz_assert(bwi_event_read(&again, (bwi_bytes){(const uint8_t *)out.data, out.size}, NULL) == BW_OK,
              "what was written can be read");
  fuzz_assert(again.n_subjects == event->n_subjects && again.n_materials == event->n_materials &&
                  again.n_parameters == event->n_parameters,
              "it has as many parts");
  fuzz_assert(strcmp(again.what, event->what) == 0, "it keeps its name");
  check_artifacts(again.subjects, event->subjects, event->n_subjects);
  check_artifacts(again.materials, event->materials, event->n_materials);
  bwi_event_clear(&again);
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_event event = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_event_read(&event, text, &why);
  fuzz_check_answers(status, &why, bwi_event_read(&again, text, &why_again), &why_again, size);
  free(copy);
  if (status == BW_OK) {
    fuzz_assert(event.n_subjects > 0, "an event has a subject");
    check_round_trip(&event);
  }
  bwi_event_clear(&event);
  bwi_event_clear(&again);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
