/* SPDX-License-Identifier: Apache-2.0 */
/* What is compiled once per instruction set: the inner loops. A table of them is chosen once per process
 * by what the processor supports (dispatch.c); nothing outside this folder knows a vector's width except
 * through `lanes`. */
#ifndef BACKEND_CPU_SIMD_SIMD_H
#define BACKEND_CPU_SIMD_SIMD_H

#include <stdbool.h>
#include <stdint.h>

/* A run of consecutive elements in every left row: row[offset .. offset + length). */
typedef struct bwi_segment {
  int64_t offset;
  int64_t length;
} bwi_segment;

/* Rows of a product with one panel of columns: for each row r and column j < n_columns,
 *   out[r][j] = start + sum over segments, then elements k in order, of rows[r][k] * panel[k][j]
 * and then + residual[r][j], max(., 0), 0 where mask[r][j] is, as asked. start is out[r][j] itself
 * (accumulate), bias[j], or 0. Every output is one chain of sums in the order of k, so it does not depend on
 * the other rows. */
typedef struct bwi_panel {
  uint32_t n_rows, n_segments;
  const float *const *rows;
  float *const *out;
  const float *const *residual; /* NULL: none */
  const uint8_t *const *mask;   /* NULL: none */
  const bwi_segment *segments;
  const uint16_t
      *narrow; /* bfloat16: the left rows instead of rows and segments, as bwi_simd.narrow makes them */
  const float *panel;   /* [elements][vectors * lanes], zeros past n_columns; bfloat16: pairs of elements */
  int64_t depth;        /* elements: the segments' lengths together */
  const float *ahead;   /* as much again that will be read next: a hint, never read here */
  const float *bias;    /* n_columns; NULL: 0 */
  int64_t first_column; /* added to out, residual and bias */
  uint32_t vectors;     /* width of the panel, 1..max_vectors */
  uint32_t n_columns;   /* (vectors - 1) * lanes < n_columns <= vectors * lanes */
  bool accumulate, relu;
} bwi_panel;

/* Dot products of rows with few filters: for each row r < n_rows and filter f,
 *   out[r * n_filters + f] = sum over segments and elements k of left[r * left_step + k] * weight(f, k)
 * Each lane sums its elements in order, then the lanes are added as a tree, so a sum does not depend on the
 * other rows. Past the last row up to BWI_DOT_ROWS more are read, and as many floats written. */
#define BWI_DOT_FILTERS 4
#define BWI_DOT_ROWS 16
typedef struct bwi_dot {
  int64_t n_rows;
  uint32_t n_filters, n_segments;
  const float *left;
  int64_t left_step;
  const bwi_segment *segments;
  const float *weights; /* [vector of a segment][n_filters][lanes], zeros past each segment's end */
  float *out;
} bwi_dot;

/* Pooling of (n, height, width, channels) images without padding. */
typedef struct bwi_pool {
  int64_t n, height, width, channels, out_height, out_width;
  int64_t window[2], stride[2];
  bool where_positive; /* the gradient of the maximum: 0 where the image is not > 0 */
} bwi_pool;

typedef enum bwi_reduce_kind { BWI_REDUCE_SUM, BWI_REDUCE_MIN, BWI_REDUCE_MAX } bwi_reduce_kind;

/* (outer, reduced, inner) elements to (outer, inner). */
typedef struct bwi_reduce_block {
  bwi_reduce_kind kind;
  int64_t outer, reduced, inner;
} bwi_reduce_block;

/* Normalisation of one row of n: (x - mean) / sqrt(mean of squares + eps) * weight + bias, where the mean is
 * 0 unless centred. */
typedef struct bwi_norm {
  int64_t n;
  bool centred;
  float eps;
  const float *weight, *bias; /* n each; bias NULL: none */
} bwi_norm;

/* A tile of Winograd's convolution is POINTS x POINTS pixels; point (i, j) is i * POINTS + j. */
#define BWI_WINOGRAD_POINTS 6

/* Filters of n_taps x n_taps to points, number by number: tap (i, j) of number k is taps[i * n_taps + j][k],
 * and its point p goes to out[p * point_stride + k]. count: a multiple of lanes. */
typedef struct bwi_winograd_weights {
  const float *const *taps;
  uint32_t n_taps; /* 3, 4 or 5 */
  int64_t count;
  float *out;
  int64_t point_stride;
} bwi_winograd_weights;

typedef struct bwi_winograd_in {
  const float *const *pixels;        /* one a point */
  int64_t first_channel, n_channels; /* of each pixel */
  float *out;                        /* point p at out + p * point_stride */
  int64_t point_stride;
} bwi_winograd_in;

typedef struct bwi_winograd_out {
  const float *in; /* point p at in + p * point_stride */
  int64_t point_stride, n_channels;
  uint32_t n_out;    /* 4, 3 or 2: POINTS + 1 - the kernel's extent */
  float *const *out; /* n_out x n_out pixels; NULL outside of the image. What follows is as in bwi_panel. */
  const float *const *residual; /* as many; NULL: none */
  const uint8_t *const *mask;   /* as many; NULL: none */
  const float *bias;            /* NULL: none */
  bool relu;
} bwi_winograd_out;

/* Left rows in bfloat16 (to nearest even): out[r * depth + k] is element k of row r's segments together, zero
 * past them. Rows up to the next multiple of BWI_NARROW_ROWS are zero. */
#define BWI_NARROW_ROWS 16
typedef struct bwi_narrow {
  uint32_t n_rows, n_segments;
  const float *const *rows;
  const bwi_segment *segments;
  int64_t depth; /* a multiple of BWI_NARROW_DEPTH */
  uint16_t *out;
} bwi_narrow;
#define BWI_NARROW_DEPTH 32

/* With bfloat16 a table has what products need and nothing else: the first five members. */
typedef struct bwi_simd {
  const char *name;
  bool bfloat16;        /* panel multiplies bfloat16 numbers and sums in float32 */
  uint32_t lanes;       /* floats of a vector */
  uint32_t max_vectors; /* widest panel */
  void (*panel)(const bwi_panel *p);
  void (*narrow)(const bwi_narrow *p); /* bfloat16 only */
  void (*dot)(const bwi_dot *p);
  void (*winograd_weights)(const bwi_winograd_weights *t);
  void (*winograd_in)(const bwi_winograd_in *t);
  void (*winograd_out)(const bwi_winograd_out *t);
  /* One primitive (a bwi_prim; parameter: its i0) over n float32 elements; truth is 0 and 1. `in` has as many
   * entries as operands, then NULL. Returns 0 for a primitive that it does not know. */
  int (*step)(int prim, int32_t parameter, uint32_t n, const float *const *in, float *out);
  /* Bools to 0 and 1, and what is not 0 to bools. */
  void (*from_bools)(int64_t n, const uint8_t *x, float *y);
  void (*to_bools)(int64_t n, const float *x, uint8_t *y);
  void (*are_positive)(int64_t n, const float *x, uint8_t *y); /* x > 0 */
  void (*reduce)(const bwi_reduce_block *b, const float *x, float *y);
  void (*softmax)(int64_t n, const float *x, float *y); /* one row; y may be x */
  float (*logsumexp)(int64_t n, const float *x);
  void (*norm)(const bwi_norm *p, const float *x, float *y); /* y may be x */
  void (*max_pool)(const bwi_pool *p, const float *x, float *y);
  void (*max_pool_gradient)(const bwi_pool *p, const float *x, const float *y, const float *dy, float *dx);
  void (*avg_pool)(const bwi_pool *p, const float *x, float *y);
  void (*avg_pool_gradient)(const bwi_pool *p, const float *dy, float *dx);
} bwi_simd;

/* The best set that this processor supports. */
const bwi_simd *bwi_simd_best(void);
/* Products of bfloat16 numbers; NULL where the processor or the system has none worth it. */
const bwi_simd *bwi_simd_bfloat16(void);

#endif
