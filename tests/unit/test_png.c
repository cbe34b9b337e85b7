/* SPDX-License-Identifier: Apache-2.0 */
/* What was written, libpng reads back. */
#include <png.h>
#include <string.h>

#include "format/formats.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { HEIGHT = 5, WIDTH = 7 };

static void check_round_trip(uint32_t channels) {
  uint8_t pixels[HEIGHT * WIDTH * 3], decoded[sizeof pixels] = {0};
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 37);
  bwi_buffer out = {0}, again = {0};
  assert_int_equal(bwi_png_write(&out, pixels, HEIGHT, WIDTH, channels, NULL), BW_OK);
  assert_int_equal(bwi_png_write(&again, pixels, HEIGHT, WIDTH, channels, NULL), BW_OK);
  assert_int_equal(out.size, again.size);
  assert_memory_equal(out.data, again.data, out.size);
  png_image image = {.version = PNG_IMAGE_VERSION};
  assert_int_equal(png_image_begin_read_from_memory(&image, out.data, out.size), 1);
  assert_int_equal(image.height, HEIGHT);
  assert_int_equal(image.width, WIDTH);
  const png_uint_32 format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  assert_int_equal(image.format, format);
  assert_int_equal(png_image_finish_read(&image, NULL, decoded, 0, NULL), 1);
  assert_memory_equal(decoded, pixels, (size_t)HEIGHT * WIDTH * channels);
  bwi_buffer_free(&out);
  bwi_buffer_free(&again);
}

static void writes_grey_and_colour(void **state) {
  (void)state;
  check_round_trip(1);
  check_round_trip(3);
}

static void refuses_other_pictures(void **state) {
  (void)state;
  static const struct {
    uint32_t height, width, channels;
  } rows[] = {{1, 1, 0},
              {1, 1, 2},
              {1, 1, 4},
              {0, 1, 1},
              {1, 0, 3},
              {1u << 16, 1u << 16, 1},
              {UINT32_MAX, UINT32_MAX, 3}};
  const uint8_t pixel[4] = {0};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    bwi_buffer out = {0};
    bw_error err;
    assert_int_equal(bwi_png_write(&out, pixel, rows[k].height, rows[k].width, rows[k].channels, &err),
                     BW_EINVAL);
    assert_int_equal(out.size, 0);
  }
}

static bw_status write_picture(void *payload) {
  bwi_buffer out = {0};
  const bw_status status = bwi_png_write(&out, payload, 2, 2, 1, NULL);
  bwi_buffer_free(&out);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  uint8_t pixels[4] = {0};
  assert_true(sweep_allocations(write_picture, pixels) >= 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_grey_and_colour),
      cmocka_unit_test(refuses_other_pictures),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
