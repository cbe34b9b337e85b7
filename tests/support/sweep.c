/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sweep.h"

#include <string.h>

#include "base/memory.h"
#include "support/unit.h"

size_t sweep_allocations(sweep_attempt_fn attempt, void *payload) {
  for (size_t n = 1;; n++) {
    const uint64_t before = bwi_memory_live_blocks();
    (void)bwi_memory_fail_after(n);
    const bw_status status = attempt(payload);
    const bool failed_one = bwi_memory_fail_after(0) == 0;
    const uint64_t after = bwi_memory_live_blocks();
    const bw_status wanted = failed_one ? BW_ENOMEM : BW_OK;
    if (status != wanted)
      fail_msg("allocation %zu failing: status %s, wanted %s", n, bw_status_text(status),
               bw_status_text(wanted));
    if (after != before)
      fail_msg("allocation %zu failing: %llu blocks before, %llu after", n, (unsigned long long)before,
               (unsigned long long)after);
    if (!failed_one) return n - 1;
  }
}

void sweep_truncations(bwi_bytes whole, sweep_read_fn read, void *payload) {
  for (size_t size = 0; size <= whole.size; size++) {
    uint8_t *prefix = bwi_alloc(size, 1);
    assert_non_null(prefix);
    if (size > 0) memcpy(prefix, whole.data, size);
    const uint64_t before = bwi_memory_live_blocks();
    const bw_status status = read((bwi_bytes){prefix, size}, payload);
    const uint64_t after = bwi_memory_live_blocks();
    bwi_free(prefix);
    const bw_status wanted = size < whole.size ? BW_EFORMAT : BW_OK;
    if (status != wanted)
      fail_msg("first %zu of %zu bytes: status %s, wanted %s", size, whole.size, bw_status_text(status),
               bw_status_text(wanted));
    if (after != before) fail_msg("first %zu of %zu bytes: leaves memory behind", size, whole.size);
  }
}
