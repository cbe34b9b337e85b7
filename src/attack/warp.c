/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/warp.h"

#include <math.h>
#include <string.h>

bwi_warp bwi_warp_of(const bwi_layout *l, double angle, double scale, double down, double right) {
  const double c = cos(angle) / scale, s = sin(angle) / scale;
  const double row = ((double)l->height - 1) / 2, column = ((double)l->width - 1) / 2;
  bwi_warp w = {.turn = {{c, s}, {-s, c}}};
  w.origin[0] = row - c * (row + down) - s * (column + right);
  w.origin[1] = column + s * (row + down) - c * (column + right);
  return w;
}

/* The pixels that one of the result is made of; those outside have weight 0. */
typedef struct taps {
  uint64_t at[4];
  float weight[4];
} taps;

static taps taps_of(const bwi_layout *l, const bwi_warp *w, uint64_t row, uint64_t column) {
  const double y = w->origin[0] + w->turn[0][0] * (double)row + w->turn[0][1] * (double)column,
               x = w->origin[1] + w->turn[1][0] * (double)row + w->turn[1][1] * (double)column;
  taps t = {{0}, {0}};
  if (!(y > -1 && x > -1 && y < (double)l->height && x < (double)l->width)) return t;
  const int64_t top = (int64_t)floor(y), left = (int64_t)floor(x);
  const double below = y - (double)top, beside = x - (double)left;
  for (int k = 0; k < 4; k++) {
    const int64_t r = top + k / 2, c = left + k % 2;
    if (r < 0 || c < 0 || r >= (int64_t)l->height || c >= (int64_t)l->width) continue;
    t.at[k] = (uint64_t)r * l->row_step + (uint64_t)c * l->column_step;
    t.weight[k] = (float)((k / 2 != 0 ? below : 1 - below) * (k % 2 != 0 ? beside : 1 - beside));
  }
  return t;
}

/* The taps are the same in both directions. */
static void carry(const bwi_layout *l, const bwi_warp *w, bool is_back, const float *in, float *out) {
  memset(out, 0, l->height * l->width * l->channels * sizeof *out);
  for (uint64_t row = 0; row < l->height; row++)
    for (uint64_t column = 0; column < l->width; column++) {
      const taps t = taps_of(l, w, row, column);
      const uint64_t to = row * l->row_step + column * l->column_step;
      for (uint64_t c = 0; c < l->channels * l->channel_step; c += l->channel_step)
        for (int k = 0; k < 4; k++)
          if (is_back)
            out[t.at[k] + c] += t.weight[k] * in[to + c];
          else
            out[to + c] += t.weight[k] * in[t.at[k] + c];
    }
}

void bwi_warp_show(const bwi_layout *layout, const bwi_warp *warp, const float *x, float *out) {
  carry(layout, warp, false, x, out);
}

void bwi_warp_back(const bwi_layout *layout, const bwi_warp *warp, const float *slope, float *out) {
  carry(layout, warp, true, slope, out);
}

bw_status bwi_check_is_picture(const bwi_layout *layout, const char *name, bw_error *err) {
  if (layout->height > 1 && layout->width > 1) return BW_OK;
  return BW_FAIL(err, BW_EUNSUPPORTED, "%s needs pictures: the samples have no rows and columns", name);
}
