/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/changes.h"

#include <string.h>

bool bwi_changes_fit(const bwi_sliding *w) {
  const int64_t reach = (w->extent[1] - 1) * w->dilation[1];
  return w->low[0] >= 0 && w->low[1] >= 0 && w->in[1] + w->low[1] <= BWI_CHANGES_WIDTH &&
         (w->out[1] - 1) * w->stride[1] < BWI_CHANGES_WIDTH && reach < BWI_CHANGES_WIDTH;
}

/* Bit p of what is returned: whether a window that begins at input p - low meets a set bit. */
static uint64_t slide_along(const bwi_sliding *w, uint64_t line) {
  uint64_t met = 0;
  for (int64_t j = 0; j < w->extent[1]; j++) {
    const int64_t shift = j * w->dilation[1] - w->low[1];
    met |= shift >= 0 ? line >> shift : line << -shift;
  }
  return met;
}

static uint64_t every(int64_t stride, int64_t count, uint64_t bits) {
  uint64_t taken = 0;
  for (int64_t x = 0; x < count; x++) taken |= (bits >> x * stride & 1) << x;
  return taken;
}

void bwi_changes_slide(uint64_t *out, const bwi_sliding *w, const uint64_t *in) {
  for (int64_t y = 0; y < w->out[0]; y++) {
    uint64_t line = 0;
    for (int64_t i = 0; i < w->extent[0]; i++) {
      const int64_t from = y * w->stride[0] - w->low[0] + i * w->dilation[0];
      if (from >= 0 && from < w->in[0]) line |= in[from];
    }
    out[y] = line != 0 ? every(w->stride[1], w->out[1], slide_along(w, line)) : 0;
  }
}

uint64_t bwi_changes_find(uint64_t *out, const void *before, const void *after, int64_t height, int64_t width,
                          int64_t pixel_bytes) {
  const char *a = before, *b = after;
  const size_t size = (size_t)pixel_bytes;
  uint64_t count = 0;
  for (int64_t y = 0; y < height; y++, a += width * pixel_bytes, b += width * pixel_bytes) {
    out[y] = 0;
    if (memcmp(a, b, (size_t)width * size) == 0) continue;
    for (int64_t x = 0; x < width; x++) {
      const bool differs = memcmp(a + x * pixel_bytes, b + x * pixel_bytes, size) != 0;
      out[y] |= (uint64_t)differs << x;
      count += differs;
    }
  }
  return count;
}

bool bwi_changes_take(uint64_t *line, int64_t *first, int64_t *end) {
  if (*line == 0) return false;
  *first = __builtin_ctzll(*line);
  const uint64_t rest = ~(*line >> *first);
  *end = rest != 0 ? *first + __builtin_ctzll(rest) : BWI_CHANGES_WIDTH;
  *line = *end < BWI_CHANGES_WIDTH ? *line >> *end << *end : 0;
  return true;
}
