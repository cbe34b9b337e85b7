/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF: deterministic, frees all; what is accepted lies inside the file. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/gguf.h"
#include "fuzz.h"

static bool lies_in(bwi_bytes part, bwi_bytes whole) {
  return part.data >= whole.data && part.size <= whole.size - (size_t)(part.data - whole.data);
}

static void check_file(const bwi_gguf *file, bwi_bytes bytes) {
  fuzz_assert(file->data_offset <= bytes.size, "the data begins in the file");
  for (size_t i = 0; i < file->n_texts; i++)
    fuzz_assert(lies_in(file->texts[i].key, bytes), "keys lie in the file");
  for (size_t i = 0; i < file->n_tensors; i++) {
    const bwi_gguf_tensor *t = &file->tensors[i];
    fuzz_assert(lies_in(t->name, bytes) && t->type != NULL, "a tensor has a name and a type");
    fuzz_assert(file->data_offset + t->begin + t->bytes <= bytes.size, "tensors lie in the file");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_error why, why_again;
  bwi_gguf first = {0}, second = {0};
  const bw_status status = bwi_gguf_read(&first, bytes, size, &why);
  fuzz_check_answers(status, &why, bwi_gguf_read(&second, bytes, size, &why_again), &why_again, size);
  if (status == BW_OK) check_file(&first, bytes);
  bwi_gguf_clear(&first);
  bwi_gguf_clear(&second);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
