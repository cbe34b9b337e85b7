/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of age files: deterministic, frees all; written again from its parts, a header is the same text. */
#include <stdlib.h>
#include <string.h>

#include "age/age_header.h"
#include "base/base64.h"
#include "base/memory.h"
#include "fuzz.h"

static void put_stanza(bwi_buffer *out, const bwi_age_stanza *stanza) {
  bwi_buffer_text(out, "-> ");
  bwi_buffer_put(out, stanza->line.data, stanza->line.size);
  for (size_t at = 0; at <= stanza->body.size; at += 48) {
    const size_t left = stanza->body.size - at;
    bwi_buffer_text(out, "\n");
    bwi_base64_encode(out, (bwi_bytes){stanza->body.data + at, left < 48 ? left : 48}, BWI_BASE64_BARE);
  }
  bwi_buffer_text(out, "\n");
}

static void check_same_text(const bwi_age_header *header, bwi_bytes bytes) {
  bwi_buffer out = {0};
  bwi_bytes arguments[BWI_AGE_MOST_ARGUMENTS];
  bwi_age_header_begin(&out);
  for (size_t i = 0; i < header->count; i++) {
    fuzz_assert(header->stanzas[i].offset == out.size, "a stanza lies where it says");
    for (size_t n = 1; n <= BWI_AGE_MOST_ARGUMENTS; n++)
      if (bwi_age_stanza_arguments(arguments, &header->stanzas[i], n))
        fuzz_assert(arguments[n - 1].size > 0, "no argument is empty");
    put_stanza(&out, &header->stanzas[i]);
  }
  bwi_buffer_text(&out, "---");
  fuzz_assert(out.size == header->authenticated.size, "the MAC covers all before it");
  bwi_buffer_text(&out, " ");
  bwi_base64_encode(&out, (bwi_bytes){header->mac, sizeof header->mac}, BWI_BASE64_BARE);
  bwi_buffer_text(&out, "\n");
  fuzz_assert(out.size == header->size && memcmp(out.data, bytes.data, out.size) == 0,
              "one text for each header");
  bwi_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_age_header header = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_age_header_parse(&header, bytes, &why);
  fuzz_check_answers(status, &why, bwi_age_header_parse(&again, bytes, &why_again), &why_again, size);
  if (status == BW_OK) check_same_text(&header, bytes);
  bwi_age_header_clear(&header);
  bwi_age_header_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
