/* SPDX-License-Identifier: Apache-2.0 */
/* PNG through libpng, whose errors arrive by longjmp and whose memory is the library's. */
#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"

static void take_bytes(png_structp png, png_bytep data, size_t size) {
  bwi_buffer_put(png_get_io_ptr(png), data, size);
}

static void flush_nothing(png_structp png) {
  (void)png;
}

static void keep_quiet(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void jump(png_structp png, png_const_charp text) {
  (void)text;
  png_longjmp(png, 1);
}

static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
  (void)png;
  return bwi_alloc(size, 1);
}

static void give_memory(png_structp png, png_voidp block) {
  (void)png;
  bwi_free(block);
}

/* False when libpng gave up. Nothing here changes between setjmp and a jump. */
static bool encode(png_structp png, png_infop info, bwi_buffer *out, const uint8_t *pixels, uint32_t height,
                   uint32_t width, uint32_t channels) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, out, take_bytes, flush_nothing);
  png_set_IHDR(png, info, width, height, 8, channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (size_t row = 0; row < height; row++) png_write_row(png, pixels + row * width * channels);
  png_write_end(png, info);
  return true;
}

bw_status bwi_png_write(bwi_buffer *out, const uint8_t *pixels, uint32_t height, uint32_t width,
                        uint32_t channels, bw_error *err) {
  if (channels != 1 && channels != 3)
    return BW_FAIL(err, BW_EINVAL, "%u channels; a PNG has 1 or 3", (unsigned)channels);
  if (height == 0 || width == 0 || height > PNG_USER_HEIGHT_MAX || width > PNG_USER_WIDTH_MAX)
    return BW_FAIL(err, BW_EINVAL, "a picture of %u by %u pixels; 1 to %u are right", (unsigned)height,
                   (unsigned)width, (unsigned)PNG_USER_WIDTH_MAX);
  png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, jump, keep_quiet, NULL,
                                              take_memory, give_memory);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  const bool done = info != NULL && encode(png, info, out, pixels, height, width, channels);
  png_destroy_write_struct(&png, &info);
  return done && !out->failed ? BW_OK : BW_FAIL(err, BW_ENOMEM, "no memory to write a PNG");
}
