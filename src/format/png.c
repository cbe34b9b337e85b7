/* SPDX-License-Identifier: Apache-2.0 */
/* PNG through libpng's simplified interface, which needs no jumps out of functions. */
#include <png.h>

#include "base/memory.h"
#include "format/formats.h"

#define MAX_PIXELS ((uint64_t)1 << 28)

bw_status bwi_png_write(bwi_buffer *out, const uint8_t *pixels, uint32_t height, uint32_t width,
                        uint32_t channels, bw_error *err) {
  if (channels != 1 && channels != 3)
    return BW_FAIL(err, BW_EINVAL, "%u channels; a PNG has 1 or 3", (unsigned)channels);
  if (height == 0 || width == 0 || (uint64_t)height * width > MAX_PIXELS)
    return BW_FAIL(err, BW_EINVAL, "a picture of %u by %u pixels; 1 to 2^28 in all are right",
                   (unsigned)height, (unsigned)width);
  png_image image = {.version = PNG_IMAGE_VERSION,
                     .width = width,
                     .height = height,
                     .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  uint8_t *encoded = bwi_alloc(size, 1);
  const bool done =
      encoded != NULL && png_image_write_to_memory(&image, encoded, &size, 0, pixels, 0, NULL) != 0;
  if (done) bwi_buffer_put(out, encoded, size);
  png_image_free(&image);
  bwi_free(encoded);
  return done && !out->failed ? BW_OK : BW_FAIL(err, BW_ENOMEM, "no memory to write a PNG");
}
