/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/resample.h"

#include <string.h>

/* Where pixel `to` of the result comes from; false: from the padding. */
static bool source_of(const bwi_resample *axis, uint64_t to, uint64_t *from) {
  const uint64_t at = to * axis->padded / axis->length;
  if (at < axis->offset || at - axis->offset >= axis->resized) return false;
  *from = (at - axis->offset) * axis->length / axis->resized;
  return true;
}

/* The pairs of pixels are the same in both directions. */
static void carry(const bwi_layout *l, const bwi_resample *rows, const bwi_resample *columns, bool is_back,
                  const float *in, float *out) {
  memset(out, 0, l->height * l->width * l->channels * sizeof *out);
  for (uint64_t row = 0; row < l->height; row++) {
    uint64_t from_row = 0, from_column = 0;
    if (!source_of(rows, row, &from_row)) continue;
    for (uint64_t column = 0; column < l->width; column++) {
      if (!source_of(columns, column, &from_column)) continue;
      const uint64_t to = row * l->row_step + column * l->column_step,
                     from = from_row * l->row_step + from_column * l->column_step;
      for (uint64_t c = 0; c < l->channels * l->channel_step; c += l->channel_step)
        if (is_back)
          out[from + c] += in[to + c];
        else
          out[to + c] = in[from + c];
    }
  }
}

void bwi_resample_show(const bwi_layout *layout, const bwi_resample *rows, const bwi_resample *columns,
                       const float *x, float *out) {
  carry(layout, rows, columns, false, x, out);
}

void bwi_resample_back(const bwi_layout *layout, const bwi_resample *rows, const bwi_resample *columns,
                       const float *slope, float *out) {
  carry(layout, rows, columns, true, slope, out);
}
