/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: deterministic, frees all; what was read, written and read again is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "seal/bundle.h"

static void check_same(const bwi_bundle *a, const bwi_bundle *b) {
  fuzz_assert(strcmp(a->envelope.type, b->envelope.type) == 0, "same type");
  fuzz_assert(a->envelope.payload.size == b->envelope.payload.size, "payloads of one size");
  fuzz_assert(memcmp(a->envelope.payload.data, b->envelope.payload.data, a->envelope.payload.size) == 0,
              "same payload");
  fuzz_assert(a->envelope.signature.size == b->envelope.signature.size, "signatures of one size");
  fuzz_assert(strcmp(a->hint, b->hint) == 0, "same hint");
  fuzz_assert((a->chain == NULL) == (b->chain == NULL), "certificates in both or in none");
}

static void check_round_trip(const bwi_bundle *bundle) {
  bwi_buffer text = {0};
  bwi_bundle again = {0};
  fuzz_assert(bwi_bundle_write(&text, bundle, NULL) == BW_OK, "what was read can be written");
  const bwi_bytes written = {(const uint8_t *)text.data, text.size};
  fuzz_assert(bwi_bundle_read(&again, written, NULL) == BW_OK, "what was written can be read");
  check_same(bundle, &again);
  bwi_bundle_clear(&again);
  bwi_buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  bwi_bundle bundle = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_bundle_read(&bundle, (bwi_bytes){copy, size}, &why);
  fuzz_check_answers(status, &why, bwi_bundle_read(&again, (bwi_bytes){copy, size}, &why_again), &why_again,
                     size);
  if (status == BW_OK) {
    check_same(&bundle, &again);
    check_round_trip(&bundle);
  }
  bwi_bundle_clear(&bundle);
  bwi_bundle_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
