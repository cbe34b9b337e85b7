/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and blocking around the panel kernel. The packed form is, for each group of segments, for each
 * panel, the panel's lines of that group: what one call of the kernel reads, in order. A line is one element
 * k of all columns, in bfloat16 two of them interleaved: either way as many floats as the panel has columns.
 */
#include "backend/cpu/gemm.h"

#include <stddef.h>

#include "base/half.h"

uint32_t bwi_segments_needed(int64_t length) {
  return (uint32_t)((length + BWI_GEMM_DEPTH - 1) / BWI_GEMM_DEPTH);
}

uint32_t bwi_segments_add(bwi_segment *segments, uint32_t count, int64_t offset, int64_t length) {
  const int64_t pieces = bwi_segments_needed(length);
  for (int64_t piece = 0; piece < pieces; piece++) {
    const int64_t first = length * piece / pieces, end = length * (piece + 1) / pieces;
    segments[count++] = (bwi_segment){offset + first, end - first};
  }
  return count;
}

static int64_t padded_columns(const bwi_simd *simd, int64_t n_columns) {
  return (n_columns + simd->lanes - 1) / simd->lanes * simd->lanes;
}

static int64_t lines_of(const bwi_simd *simd, int64_t k_count) {
  if (!simd->bfloat16) return k_count;
  return (k_count + BWI_NARROW_DEPTH - 1) / BWI_NARROW_DEPTH * (BWI_NARROW_DEPTH / 2);
}

/* Segments [first, end) whose panels pass together, their elements, and the packed lines before and in them.
 */
typedef struct group {
  uint32_t first, end;
  int64_t k_count, line_first, n_lines;
} group;

static group next_group(const bwi_gemm *p, group g) {
  group next = {.first = g.end, .end = g.end, .line_first = g.line_first + g.n_lines};
  while (next.end < p->n_segments && next.k_count + p->segments[next.end].length <= BWI_GEMM_DEPTH)
    next.k_count += p->segments[next.end++].length;
  next.n_lines = lines_of(p->simd, next.k_count);
  return next;
}

int64_t bwi_gemm_packed_count(const bwi_gemm *p) {
  int64_t n_lines = 0;
  for (group g = next_group(p, (group){0}); g.k_count > 0; g = next_group(p, g)) n_lines += g.n_lines;
  return n_lines * padded_columns(p->simd, p->n_columns);
}

uint64_t bwi_gemm_variant(const bwi_simd *simd, uint64_t variant) {
  return 2 * variant + simd->bfloat16;
}

bwi_gemm_columns bwi_gemm_columns_from(const bwi_gemm *p, int64_t first) {
  const int64_t lanes = p->simd->lanes, most = lanes * p->simd->max_vectors, left = p->n_columns - first;
  const int64_t count = left < most ? left : most, width = padded_columns(p->simd, count);
  return (bwi_gemm_columns){first, count, width, (uint32_t)(width / lanes)};
}

static int64_t panel_offset(const bwi_gemm *p, group g, bwi_gemm_columns c) {
  return g.line_first * padded_columns(p->simd, p->n_columns) + g.n_lines * c.first;
}

int64_t bwi_gemm_packed_at(const bwi_gemm *p, int64_t line, int64_t column) {
  const bwi_gemm_columns c = bwi_gemm_columns_from(p, column);
  group g = next_group(p, (group){0});
  while (line >= g.line_first + g.n_lines) g = next_group(p, g);
  return panel_offset(p, g, c) + (line - g.line_first) * c.width;
}

/* Element k of n columns into a panel so many floats wide. */
static void put_row(float *panel, const bwi_simd *simd, int64_t width, int64_t k, const float *row,
                    int64_t stride, int64_t n) {
  if (simd->bfloat16) {
    uint16_t *to = (uint16_t *)(void *)(panel + k / 2 * width) + k % 2;
    for (int64_t j = 0; j < n; j++) to[2 * j] = bwi_f32_to_bf16(row[j * stride]);
  } else {
    float *to = panel + k * width;
    for (int64_t j = 0; j < n; j++) to[j] = row[j * stride];
  }
}

void bwi_gemm_pack_lanes(float *packed, const bwi_gemm *p, const bwi_right *right, int64_t first) {
  const int64_t most = (int64_t)p->simd->lanes * p->simd->max_vectors;
  const bwi_gemm_columns c = bwi_gemm_columns_from(p, first / most * most);
  const bwi_right_run *run = right->runs;
  const float *row = right->data + run->offset;
  int64_t left = run->length;
  for (group g = next_group(p, (group){0}); g.k_count > 0; g = next_group(p, g)) {
    float *panel = packed + panel_offset(p, g, c) + first - c.first;
    for (int64_t k = 0; k < g.k_count; k++, row += right->k_stride, left--) {
      for (; left == 0; left = run->length) row = right->data + (++run)->offset;
      put_row(panel, p->simd, c.width, k, row, right->column_stride, right->n_columns);
    }
  }
}

/* A vector of columns at a time: columns far apart would evict each other from cache. */
void bwi_gemm_pack(float *packed, const bwi_gemm *p, const bwi_right *right) {
  const int64_t lanes = p->simd->lanes;
  for (int64_t first = 0; first < right->n_columns; first += lanes) {
    bwi_right part = *right;
    part.data += first * right->column_stride;
    part.n_columns = right->n_columns - first < lanes ? right->n_columns - first : lanes;
    bwi_gemm_pack_lanes(packed, p, &part, first);
  }
}

static void run_panels(const bwi_gemm *p, group g, bwi_panel panel) {
  for (bwi_gemm_columns c = bwi_gemm_columns_from(p, 0); c.count > 0;
       c = bwi_gemm_columns_from(p, c.first + c.count)) {
    panel.panel = p->packed + panel_offset(p, g, c);
    panel.first_column = c.first;
    panel.n_columns = (uint32_t)c.count;
    panel.vectors = c.vectors;
    panel.ahead = panel.panel + g.n_lines * c.width; /* the next panel or group follows */
    p->simd->panel(&panel);
  }
}

/* The rows are made narrow once for all panels. */
static void run_narrow(const bwi_gemm *p, group g, bwi_panel panel) {
  _Alignas(64) uint16_t left[BWI_GEMM_ROWS * BWI_GEMM_DEPTH];
  panel.depth = 2 * g.n_lines;
  panel.narrow = left;
  p->simd->narrow(
      &(bwi_narrow){panel.n_rows, panel.n_segments, panel.rows, panel.segments, panel.depth, left});
  run_panels(p, g, panel);
}

static void run_group(const bwi_gemm *p, group g, bwi_panel panel) {
  panel.segments = p->segments + g.first;
  panel.n_segments = g.end - g.first;
  panel.depth = g.k_count;
  if (p->simd->bfloat16)
    run_narrow(p, g, panel);
  else
    run_panels(p, g, panel);
}

void bwi_gemm_rows(const bwi_gemm *p, const bwi_gemm_block *block, bwi_epilogue epilogue) {
  group g = next_group(p, (group){0});
  for (bool first = true;; first = false) { /* a product of no segments still writes its bias */
    const bool last = g.end == p->n_segments;
    run_group(p, g,
              (bwi_panel){.n_rows = block->n_rows,
                          .rows = block->rows,
                          .out = block->out,
                          .residual = last ? block->residual : NULL,
                          .mask = last ? block->mask : NULL,
                          .bias = epilogue.bias,
                          .accumulate = !first,
                          .relu = last && epilogue.relu});
    if (last) return;
    g = next_group(p, g);
  }
}
