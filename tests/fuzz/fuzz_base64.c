/* SPDX-License-Identifier: Apache-2.0 */
/* base64: the first byte chooses the form. Deterministic; what is decoded encodes to the same text. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const bwi_base64_form form = (bwi_base64_form)(size > 0 ? data[0] % 4 : 0);
  const size_t length = size > 0 ? size - 1 : 0;
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(size > 0 ? data + 1 : data, length);
  bwi_bytes decoded = {NULL, 0}, again = {NULL, 0};
  bw_error why, why_again;
  const bw_status status = bwi_base64_decode(&decoded, (bwi_bytes){copy, length}, form, &why);
  fuzz_check_answers(status, &why, bwi_base64_decode(&again, (bwi_bytes){copy, length}, form, &why_again),
                     &why_again, length);
  if (status == BW_OK) {
    bwi_buffer text = {0};
    bwi_base64_encode(&text, decoded, form);
    fuzz_assert(text.size == length && (length == 0 || memcmp(text.data, copy, length) == 0),
                "one text for each sequence of bytes");
    bwi_buffer_free(&text);
  }
  bwi_free((void *)decoded.data);
  bwi_free((void *)again.data);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
