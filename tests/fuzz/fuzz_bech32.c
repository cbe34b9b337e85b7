/* SPDX-License-Identifier: Apache-2.0 */
/* bech32: deterministic; what is read as a key is written as the same text, but for its case. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "age/bech32.h"
#include "fuzz.h"

#define PREFIX "age"
enum { KEY_BYTES = 32, KEY_CHARACTERS = BWI_BECH32_CHARACTERS(sizeof PREFIX - 1, KEY_BYTES) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *copy = fuzz_copy(data, size), key[KEY_BYTES], again[KEY_BYTES];
  const bwi_bytes bytes = {copy, size};
  bw_error why, why_again;
  const bw_status status = bwi_bech32_decode(key, sizeof key, PREFIX, bytes, &why);
  fuzz_check_answers(status, &why, bwi_bech32_decode(again, sizeof again, PREFIX, bytes, &why_again),
                     &why_again, size);
  if (status == BW_OK) {
    char text[KEY_CHARACTERS + 1];
    bwi_bech32_encode(text, PREFIX, (bwi_bytes){key, sizeof key});
    fuzz_assert(size == KEY_CHARACTERS, "one length for each size");
    for (size_t i = 0; i < size; i++) fuzz_assert(tolower(copy[i]) == text[i], "one text for each key");
  }
  free(copy);
  return 0;
}
