/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is looked through for members of JSON objects and for words of Python: both end, and point
 * inside. Any text is right. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gate/pairs.h"
#include "gate/python_source.h"

static bw_status see_pair(void *payload, const bwi_pair *pair, bw_error *err) {
  const bwi_bytes *text = payload;
  char value[100];
  (void)err;
  fuzz_assert(strlen(pair->key) < BWI_PAIR_KEY_BYTES, "keys end");
  fuzz_assert(pair->offset < text->size, "keys lie in the text");
  if (!pair->is_text) return BW_OK;
  fuzz_assert(pair->value.data + pair->value.size < text->data + text->size,
              "values lie in the text, before a quote");
  fuzz_assert(bwi_pair_unescape(value, sizeof value, pair->value) < sizeof value, "values end");
  return BW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *copy = fuzz_copy(data, size);
  bwi_bytes text = {copy, size};
  fuzz_assert(bwi_pairs_each(text, see_pair, &text, NULL) == BW_OK, "a search cannot fail");
  (void)bwi_python_is_source(text);
  size_t at = 0, n = 0;
  while (bwi_python_find_danger(text, &at, &n)) {
    fuzz_assert(n > 0 && n <= size - at, "words lie in the text");
    at += n;
  }
  fuzz_answer = (bw_error){.status = BW_OK, .offset = BW_NO_OFFSET};
  free(copy);
  return 0;
}
