/* SPDX-License-Identifier: Apache-2.0 */
/* CIFAR-10: deterministic, frees all; every byte of the input is a label or a pixel, labels are classes. */
#include <stdlib.h>

#include "base/memory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_array *images = NULL, *labels = NULL, *images_again = NULL, *labels_again = NULL;
  bw_error why, why_again;
  const bw_status status = bwi_cifar10_read(&images, &labels, bytes, FUZZ_MAX_BYTES, &why);
  const bw_status again = bwi_cifar10_read(&images_again, &labels_again, bytes, FUZZ_MAX_BYTES, &why_again);
  fuzz_check_answers(status, &why, again, &why_again, size);
  if (status == BW_OK) {
    const uint8_t *classes = bw_array_view(labels);
    fuzz_assert(bw_array_bytes(images) + bw_array_bytes(labels) == size, "every byte is used");
    for (size_t i = 0; i < bw_array_bytes(labels); i++) fuzz_assert(classes[i] < 10, "labels are classes");
    fuzz_check_same_array(images, images_again);
    fuzz_check_same_array(labels, labels_again);
  }
  bw_array_free(images);
  bw_array_free(labels);
  bw_array_free(images_again);
  bw_array_free(labels_again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
