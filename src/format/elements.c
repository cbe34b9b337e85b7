/* SPDX-License-Identifier: Apache-2.0 */
#include "format/elements.h"

#include <stdbool.h>

#include "base/checked.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the readers copy little-endian elements as they are"
#endif

bw_status bwi_elements_bytes(size_t *out, bw_dtype dtype, const bwi_dims *shape, uint64_t offset,
                             bw_error *err) {
  int64_t count = 0;
  size_t bytes = 0;
  char text[128];
  if (!bwi_shape_count(&count, shape->v, shape->n) || (uint64_t)count > SIZE_MAX ||
      !bwi_mul_size(&bytes, (size_t)count, bw_dtype_bytes(dtype)) || bytes > PTRDIFF_MAX)
    return BW_FAIL_AT(err, BW_EFORMAT, offset, "shape %s has a negative extent or overflows",
                      bwi_dims_text(text, sizeof text, shape));
  *out = bytes;
  return BW_OK;
}

bw_status bwi_elements_create(bw_array **out, bw_dtype dtype, const bwi_dims *shape, size_t *budget_bytes,
                              uint64_t offset, bw_error *err) {
  size_t bytes = 0;
  BW_TRY(bwi_elements_bytes(&bytes, dtype, shape, offset, err));
  if (bytes > *budget_bytes)
    return BW_FAIL_AT(err, BW_ELIMIT, offset, "an array of %zu bytes; the limit leaves %zu", bytes,
                      *budget_bytes);
  BW_TRY(bw_array_create(out, dtype, shape->n, shape->v, err));
  *budget_bytes -= bytes;
  return BW_OK;
}

size_t bwi_elements_first_untruth(const uint8_t *bytes, size_t n) {
  size_t i = 0;
  while (i < n && bytes[i] <= 1) i++;
  return i;
}

void bwi_elements_swap(bw_array *array) {
  const size_t width = bw_dtype_bytes(bw_array_dtype(array)), size = bw_array_bytes(array);
  uint8_t *bytes = bw_array_data(array);
  for (size_t first = 0; width > 1 && first < size; first += width)
    for (size_t k = 0; k < width / 2; k++) {
      const uint8_t low = bytes[first + k];
      bytes[first + k] = bytes[first + width - 1 - k];
      bytes[first + width - 1 - k] = low;
    }
}
