/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: deterministic, frees all; what was read, written and read again is the same, and without
 * extension lines it is the same text. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/checkpoint.h"

static void check_round_trip(const bwi_checkpoint *c, bwi_bytes text) {
  bwi_buffer out = {0};
  char *origin = bwi_alloc(c->origin.size + 1, 1);
  fuzz_assert(origin != NULL, "memory for the origin");
  memcpy(origin, c->origin.data, c->origin.size);
  if (strlen(origin) == c->origin.size) {
    bwi_checkpoint_write(&out, origin, c->size, &c->head);
    fuzz_assert(out.size <= text.size && memcmp(out.data, text.data, out.size) == 0,
                "the text begins as it is written");
  }
  bwi_buffer_free(&out);
  bwi_free(origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_checkpoint c, again;
  bw_error why, why_again;
  const bw_status status = bwi_checkpoint_read(&c, text, &why);
  fuzz_check_answers(status, &why, bwi_checkpoint_read(&again, text, &why_again), &why_again, size);
  if (status == BW_OK) {
    fuzz_assert(c.size <= BWI_MERKLE_MAX_SIZE, "a tree can have that many leaves");
    check_round_trip(&c, text);
  }
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
