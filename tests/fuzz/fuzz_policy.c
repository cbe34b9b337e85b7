/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of audits: deterministic, frees all; what is read is within its limits. */
#include <stdlib.h>

#include "audit/policy.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_policy policy = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_policy_read(&policy, text, "folder", &why);
  fuzz_check_answers(status, &why, bwi_policy_read(&again, text, "folder", &why_again), &why_again, size);
  free(copy);
  if (status == BW_OK) {
    fuzz_assert(policy.mode <= 07777 && policy.folder_mode <= 07777, "a mode has twelve bits");
    fuzz_assert(!policy.seal.wanted || policy.seal.keys.count > 0, "a seal has keys");
    fuzz_assert(policy.log.events.count == 0 || policy.log.path != NULL, "events have a log");
  }
  bwi_policy_clear(&policy);
  bwi_policy_clear(&again);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
