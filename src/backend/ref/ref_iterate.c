/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ref/ref_iterate.h"

#include <string.h>

int64_t bwi_count(const bwi_dims *shape) {
  int64_t count = 1;
  for (uint32_t d = 0; d < shape->n; d++) count *= shape->v[d];
  return count;
}

bwi_dims bwi_row_major(const bwi_dims *shape) {
  bwi_dims strides = {.n = shape->n};
  int64_t stride = 1;
  for (uint32_t d = shape->n; d-- > 0;) {
    strides.v[d] = stride;
    stride *= shape->v[d];
  }
  return strides;
}

bwi_dims bwi_broadcast_strides(const bwi_dims *from, const bwi_dims *to) {
  const bwi_dims own = bwi_row_major(from);
  bwi_dims strides = {.n = to->n};
  const uint32_t extra = to->n - from->n;
  for (uint32_t d = 0; d < from->n; d++) strides.v[extra + d] = from->v[d] == 1 ? 0 : own.v[d];
  return strides;
}

/* Whether every operand steps from one row of axis d to the next as if both axes were one. */
static bool joins(const bwi_walk *w, uint32_t outer_axis, int64_t extent, const bwi_dims *strides,
                  uint32_t d) {
  for (uint32_t k = 0; k < w->n; k++)
    if (w->stride[outer_axis][k] != strides[k].v[d] * extent) return false;
  return true;
}

void bwi_walk_begin(bwi_walk *w, const bwi_dims *shape, uint32_t n, const bwi_dims *strides) {
  uint32_t axes = 0;
  w->n = n;
  w->row = 1;
  w->n_outer = 0;
  w->empty = w->started = false;
  for (uint32_t k = 0; k < n; k++)
    w->step[k] = w->offset[k] = 0; /* not the whole struct: gathering walks often */
  for (uint32_t d = 0; d < shape->n; d++) {
    if (shape->v[d] == 0) w->empty = true;
    if (shape->v[d] == 1) continue;
    if (axes > 0 && joins(w, axes - 1, shape->v[d], strides, d)) {
      w->extent[axes - 1] *= shape->v[d];
    } else {
      w->at[axes] = 0;
      w->extent[axes++] = shape->v[d];
    }
    for (uint32_t k = 0; k < n; k++) w->stride[axes - 1][k] = strides[k].v[d];
  }
  if (axes == 0) return;
  w->n_outer = axes - 1;
  w->row = w->extent[axes - 1];
  memcpy(w->step, w->stride[axes - 1], n * sizeof *w->step);
}

static void advance(bwi_walk *w, uint32_t axis, int64_t by) {
  for (uint32_t k = 0; k < w->n; k++) w->offset[k] += by * w->stride[axis][k];
}

bool bwi_walk_next(bwi_walk *w) {
  if (w->empty) return false;
  if (!w->started) {
    w->started = true;
    return true;
  }
  for (uint32_t axis = w->n_outer; axis-- > 0;) {
    if (++w->at[axis] < w->extent[axis]) {
      advance(w, axis, 1);
      return true;
    }
    advance(w, axis, 1 - w->extent[axis]);
    w->at[axis] = 0;
  }
  w->started = false;
  return false;
}

static void move_row(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n,
                     size_t element_bytes) {
  if (to_step == 1 && from_step == 1) {
    memcpy(to, from, (size_t)n * element_bytes);
    return;
  }
  const int64_t to_bytes = to_step * (int64_t)element_bytes, from_bytes = from_step * (int64_t)element_bytes;
  switch (element_bytes) { /* a copy of a size known here is one load and one store */
    case 1:
      for (int64_t i = 0; i < n; i++) to[i * to_bytes] = from[i * from_bytes];
      break;
    case 2:
      for (int64_t i = 0; i < n; i++) memcpy(to + i * to_bytes, from + i * from_bytes, 2);
      break;
    case 4:
      for (int64_t i = 0; i < n; i++) memcpy(to + i * to_bytes, from + i * from_bytes, 4);
      break;
    default:
      for (int64_t i = 0; i < n; i++) memcpy(to + i * to_bytes, from + i * from_bytes, 8);
      break;
  }
}

void bwi_move(void *to, const bwi_dims *to_strides, const void *from, const bwi_dims *from_strides,
              const bwi_dims *shape, size_t element_bytes) {
  const int64_t size = (int64_t)element_bytes;
  const bwi_dims strides[2] = {*to_strides, *from_strides};
  bwi_walk w;
  bwi_walk_begin(&w, shape, 2, strides);
  while (bwi_walk_next(&w))
    move_row((char *)to + w.offset[0] * size, w.step[0], (const char *)from + w.offset[1] * size, w.step[1],
             w.row, element_bytes);
}

bwi_lines bwi_lines_along(const bwi_dims *shape, int64_t axis) {
  bwi_lines lines = {.outer = 1, .extent = shape->v[axis], .inner = 1};
  for (int64_t d = 0; d < axis; d++) lines.outer *= shape->v[d];
  for (int64_t d = axis + 1; d < shape->n; d++) lines.inner *= shape->v[d];
  return lines;
}
