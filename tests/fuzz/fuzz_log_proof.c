/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of inclusion: deterministic, frees all; what was read, written and read again is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/checkpoint.h"

static void check_round_trip(const bwi_log_proof *proof) {
  bwi_log_proof again;
  bwi_buffer out = {0};
  bwi_log_proof_write(&out, proof);
  fuzz_assert(bwi_log_proof_read(&again, (bwi_bytes){(const uint8_t *)out.data, out.size}, NULL) == BW_OK,
              "what was written can be read");
  fuzz_assert(again.index == proof->index && again.path.count == proof->path.count, "it is the same proof");
  fuzz_assert(
      memcmp(again.path.hashes, proof->path.hashes, again.path.count * sizeof *again.path.hashes) == 0,
      "it has the same hashes");
  fuzz_assert(again.checkpoint.size == proof->checkpoint.size, "it has the same checkpoint");
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_log_proof proof, again;
  bw_error why, why_again;
  const bw_status status = bwi_log_proof_read(&proof, text, &why);
  fuzz_check_answers(status, &why, bwi_log_proof_read(&again, text, &why_again), &why_again, size);
  if (status == BW_OK) {
    fuzz_assert(proof.checkpoint.data >= copy && proof.checkpoint.data + proof.checkpoint.size == copy + size,
                "the checkpoint is the end of the input");
    check_round_trip(&proof);
  }
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
