/* SPDX-License-Identifier: Apache-2.0 */
/* A PNG sheet: a row a sample, with the clean picture, the adversarial one and their difference. */
#include <bulwark/evaluation.h>
#include <string.h>

#include "attack/picture.h"
#include "attack/result.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"

enum { MARGIN = 8, LEAST_SIDE = 84, MOST_ROWS = 200 };

typedef struct sheet {
  bwi_picture picture;
  uint32_t scale, height, width;
  uint8_t *pixels; /* (height, width, 3) */
  uint8_t *tile;   /* (picture.height, picture.width, 3) */
} sheet;

/* Enlarges the tile by whole pixels into column `column` of row `row`. */
static void place_tile(sheet *s, uint32_t row, uint32_t column) {
  const uint32_t tile_height = s->picture.height * s->scale, tile_width = s->picture.width * s->scale;
  const uint32_t top = MARGIN + row * (tile_height + MARGIN), left = MARGIN + column * (tile_width + MARGIN);
  for (uint32_t y = 0; y < tile_height; y++)
    for (uint32_t x = 0; x < tile_width; x++) {
      const uint8_t *from = s->tile + 3 * ((size_t)(y / s->scale) * s->picture.width + x / s->scale);
      memcpy(s->pixels + 3 * ((size_t)(top + y) * s->width + left + x), from, 3);
    }
}

static void draw_row(sheet *s, uint32_t row, const bw_attack_result *result, uint64_t i) {
  const float *clean = bw_dataset_sample(result->dataset, i),
              *adversarial = bw_attack_result_sample(result, i);
  const float lower = result->ball.lower, upper = result->ball.upper;
  bwi_picture_pixels(s->tile, &s->picture, clean, lower, upper);
  place_tile(s, row, 0);
  bwi_picture_pixels(s->tile, &s->picture, adversarial, lower, upper);
  place_tile(s, row, 1);
  bwi_picture_difference(s->tile, &s->picture, clean, adversarial,
                         bwi_picture_largest(&s->picture, clean, adversarial));
  place_tile(s, row, 2);
}

static uint64_t count_successes(const bw_attack_result *result) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < result->count; i++) n += result->outcomes[i].success;
  return n;
}

/* The first successes; where there is none, the first samples, unchanged. */
static void draw(sheet *s, uint32_t rows, const bw_attack_result *result, bool successes) {
  uint32_t row = 0;
  for (uint64_t i = 0; i < result->count && row < rows; i++)
    if (!successes || result->outcomes[i].success) draw_row(s, row++, result, i);
}

bw_status bw_attack_result_sheet(const bw_attack_result *result, const bw_dataset *dataset, uint32_t rows,
                                 const char *path, bw_error *err) {
  sheet s = {0};
  if (!bwi_picture_of(&s.picture, bw_dataset_rank(dataset), bw_dataset_shape(dataset)))
    return BW_FAIL(err, BW_EUNSUPPORTED, "the samples are not images, so there is no sheet of them");
  const uint64_t n_successes = count_successes(result),
                 n_shown = n_successes > 0 ? n_successes : result->count;
  if (rows > MOST_ROWS) rows = MOST_ROWS;
  if (rows > n_shown) rows = (uint32_t)n_shown;
  if (rows == 0) rows = 1;
  s.scale = (LEAST_SIDE + s.picture.height - 1) / s.picture.height;
  s.height = MARGIN + rows * (s.picture.height * s.scale + MARGIN);
  s.width = MARGIN + 3 * (s.picture.width * s.scale + MARGIN);
  bwi_buffer png = {0};
  s.pixels = bwi_alloc((size_t)s.height * s.width, 3);
  s.tile = bwi_alloc((size_t)s.picture.height * s.picture.width, 3);
  bw_status status = BW_OK;
  if (s.pixels == NULL || s.tile == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory for a sheet of %u rows", (unsigned)rows);
    goto out;
  }
  memset(s.pixels, 0xF4, (size_t)s.height * s.width * 3);
  draw(&s, rows, result, n_successes > 0);
  status = bwi_png_write(&png, s.pixels, s.height, s.width, 3, err);
  if (status == BW_OK) status = bwi_file_write(path, png.data, png.size, err);
out:
  bwi_buffer_free(&png);
  bwi_free(s.tile);
  bwi_free(s.pixels);
  return status;
}
