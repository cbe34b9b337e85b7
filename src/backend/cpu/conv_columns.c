/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of dilated input to very few channels: what the input gradient of a network's first layer is.
 * Direct convolution would fill a lane or three of each vector. Instead the pixels of a line are multiplied
 * with all taps at once, (pixels, channels) times (channels, out channels x taps), and the columns of that
 * product are added where they belong (col2im).
 *
 * Input i meets output i * dilation + low - k at tap k. Outputs of one remainder by the dilation are kept in
 * a plane of their own while they are summed: there a column falls on consecutive elements. Lines are taken
 * in order, so each output's sum has an order that its own image alone decides. */
#include <string.h>

#include "backend/cpu/convolution.h"
#include "backend/cpu/gemm.h"
#include "base/memory.h"

enum { MOST_OUT_CHANNELS = 4, QUAD = 4 };

typedef float quad __attribute__((vector_size(QUAD * 4)));
typedef float quad_anywhere __attribute__((vector_size(QUAD * 4), aligned(4), may_alias));

/* Where a column goes. */
typedef struct column {
  int64_t line;  /* of the image, for input line 0 */
  int64_t plane; /* (out channel, remainder) */
  int64_t from;  /* the element of the turned column that falls on the first one of the plane's line */
} column;

typedef struct columns {
  bwi_convolution c;
  bwi_gemm gemm;
  column *column;         /* (out channels, taps) */
  int64_t n_columns;      /* of the product: out channels x taps, rounded up to vectors */
  int64_t n_turned;       /* columns that are turned: rounded up to quads */
  int64_t n_pixels;       /* of a line, rounded up to quads */
  int64_t first_shift;    /* the least shift of a column, see shift_of */
  int64_t margin;         /* the greatest less the least */
  int64_t plane_width;    /* elements of a plane's line: where columns fall, rounded up to quads */
  int64_t column_width;   /* elements of a turned column: a line's pixels with margins of zeros */
  bwi_segment segments[]; /* of a pixel */
} columns;

/* Where column tap j along axis d puts input 0. */
static int64_t offset_of(const bwi_convolution *c, int d, int64_t j) {
  return c->low[d] - (c->flip ? c->kernel[d] - 1 - j : j) * c->dilation[d];
}

/* offset = shift * dilation + remainder, with 0 <= remainder < dilation. */
static int64_t shift_of(const bwi_convolution *c, int64_t offset) {
  const int64_t dilation = c->input_dilation[1];
  return offset >= 0 ? offset / dilation : -((dilation - 1 - offset) / dilation);
}

static int64_t n_taps(const bwi_convolution *c) {
  return c->kernel[0] * c->kernel[1];
}

/* --- running --- */

/* Turns (pixels, columns) into columns, four of four pixels at a time. */
static void turn(const columns *s, const float *product, float *turned) {
  for (int64_t n = 0; n < s->n_turned; n += QUAD)
    for (int64_t x = 0; x < s->n_pixels; x += QUAD) {
      const float *from = product + x * s->n_columns + n;
      float *to = turned + n * s->column_width + s->margin + x;
      const quad a = *(const quad_anywhere *)from, b = *(const quad_anywhere *)(from + s->n_columns);
      const quad c = *(const quad_anywhere *)(from + 2 * s->n_columns),
                 d = *(const quad_anywhere *)(from + 3 * s->n_columns);
      const quad ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                 ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const quad cd01 = __builtin_shufflevector(c, d, 0, 4, 1, 5),
                 cd23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      *(quad_anywhere *)to = __builtin_shufflevector(ab01, cd01, 0, 1, 4, 5);
      *(quad_anywhere *)(to + s->column_width) = __builtin_shufflevector(ab01, cd01, 2, 3, 6, 7);
      *(quad_anywhere *)(to + 2 * s->column_width) = __builtin_shufflevector(ab23, cd23, 0, 1, 4, 5);
      *(quad_anywhere *)(to + 3 * s->column_width) = __builtin_shufflevector(ab23, cd23, 2, 3, 6, 7);
    }
}

/* Adds the columns of input line y to the planes, whose lines are those of the image. */
static void add_columns(const columns *s, const float *turned, int64_t y, float *planes) {
  const bwi_convolution *c = &s->c;
  for (int64_t n = 0; n < c->out_channels * n_taps(c); n++) {
    const column *k = &s->column[n];
    const int64_t line = y * c->input_dilation[0] + k->line;
    if (line < 0 || line >= c->out[0]) continue;
    const float *from = turned + n * s->column_width + k->from;
    float *to = planes + (k->plane * c->out[0] + line) * s->plane_width;
    for (int64_t x = 0; x < s->plane_width; x += QUAD)
      *(quad_anywhere *)(to + x) += *(const quad_anywhere *)(from + x);
  }
}

/* (pixels of a line, channels) times (channels, columns). */
static void multiply_line(const columns *s, const float *line, float *product) {
  const float *rows[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  for (int64_t first = 0; first < s->c.in[1]; first += BWI_GEMM_ROWS) {
    const int64_t left = s->c.in[1] - first, count = left < BWI_GEMM_ROWS ? left : BWI_GEMM_ROWS;
    for (int64_t k = 0; k < count; k++) {
      rows[k] = line + (first + k) * s->c.channels;
      outs[k] = product + (first + k) * s->n_columns;
    }
    bwi_gemm_rows(&s->gemm, &(bwi_gemm_block){.n_rows = (uint32_t)count, .rows = rows, .out = outs},
                  (bwi_epilogue){NULL, false});
  }
}

static void gather_image(const columns *s, const float *planes, float *image) {
  const bwi_convolution *c = &s->c;
  const int64_t dilation = c->input_dilation[1];
  for (int64_t y = 0; y < c->out[0]; y++)
    for (int64_t channel = 0; channel < c->out_channels; channel++)
      for (int64_t remainder = 0; remainder < dilation; remainder++) {
        const float *line = planes + ((channel * dilation + remainder) * c->out[0] + y) * s->plane_width;
        float *to = image + (y * c->out[1] + remainder) * c->out_channels + channel;
        const int64_t count = (c->out[1] - remainder + dilation - 1) / dilation;
        for (int64_t x = 0; x < count; x++) {
          const int64_t at = x - s->first_shift;
          to[x * dilation * c->out_channels] = at >= 0 && at < s->plane_width ? line[at] : 0.0f;
        }
      }
}

/* What scratch holds, and its floats. */
typedef struct work {
  float *planes, *product, *turned;
  int64_t planes_count, product_count, turned_count;
} work;

static work lay_out(const columns *s, void *scratch) {
  work w = {.planes_count = s->c.out_channels * s->c.input_dilation[1] * s->c.out[0] * s->plane_width,
            .product_count = s->n_pixels * s->n_columns,
            .turned_count = s->n_turned * s->column_width};
  if (scratch == NULL) return w;
  w.planes = scratch;
  w.product = w.planes + w.planes_count;
  w.turned = w.product + w.product_count;
  return w;
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const columns *s = state;
  const bwi_convolution *c = &s->c;
  const work w = lay_out(s, scratch);
  const float *line = in[0];
  if (scratch == NULL) return BW_EINTERNAL;
  memset(w.product, 0, (size_t)w.product_count * sizeof(float)); /* for the pixels past a line's end */
  memset(w.turned, 0, (size_t)w.turned_count * sizeof(float));   /* for the margins */
  for (int64_t n = 0; n < c->batch; n++) {
    memset(w.planes, 0, (size_t)w.planes_count * sizeof(float));
    for (int64_t y = 0; y < c->in[0]; y++, line += c->in[1] * c->channels) {
      multiply_line(s, line, w.product);
      turn(s, w.product, w.turned);
      add_columns(s, w.turned, y, w.planes);
    }
    gather_image(s, w.planes, (float *)out + n * c->out[0] * c->out[1] * c->out_channels);
  }
  return BW_OK;
}

/* --- binding --- */

static bw_status pack(void *payload, void *block, bw_error *err) {
  (void)err;
  const columns *s = payload;
  const bwi_convolution *c = &s->c;
  const bwi_right_run run_of_channels = {0, c->channels};
  bwi_gemm_pack(block, &s->gemm,
                &(bwi_right){.data = c->weights,
                             .k_stride = 1,
                             .column_stride = c->channels,
                             .n_columns = c->out_channels * n_taps(c),
                             .n_runs = 1,
                             .runs = &run_of_channels});
  return BW_OK;
}

static int64_t round_up(int64_t count, int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

static void measure(columns *s) {
  const bwi_convolution *c = &s->c;
  int64_t least = shift_of(c, offset_of(c, 1, 0)), greatest = least;
  for (int64_t j = 1; j < c->kernel[1]; j++) {
    const int64_t shift = shift_of(c, offset_of(c, 1, j));
    if (shift < least) least = shift;
    if (shift > greatest) greatest = shift;
  }
  s->n_columns = round_up(c->out_channels * n_taps(c), bwi_simd_best()->lanes);
  s->n_turned = round_up(c->out_channels * n_taps(c), QUAD);
  s->n_pixels = round_up(c->in[1], QUAD);
  s->first_shift = least;
  s->margin = greatest - least;
  s->plane_width = round_up(s->n_pixels + s->margin, QUAD);
  s->column_width = s->margin + s->plane_width;
  for (int64_t n = 0; n < c->out_channels * n_taps(c); n++) {
    const int64_t offset = offset_of(c, 1, n % c->kernel[1]), shift = shift_of(c, offset);
    s->column[n] =
        (column){.line = offset_of(c, 0, n / c->kernel[1] % c->kernel[0]),
                 .plane = n / n_taps(c) * c->input_dilation[1] + offset - shift * c->input_dilation[1],
                 .from = s->margin - (shift - least)};
  }
  s->gemm = (bwi_gemm){bwi_simd_best(), s->n_columns, bwi_segments_add(s->segments, 0, 0, c->channels),
                       s->segments, NULL};
}

static void free_state(void *state) {
  columns *s = state;
  if (s == NULL) return;
  bwi_free(s->column);
  bwi_free(s);
}

static size_t scratch_bytes(const columns *s) {
  const work w = lay_out(s, NULL);
  return (size_t)(w.planes_count + w.product_count + w.turned_count) * sizeof(float);
}

bw_status bwi_bind_columns(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err) {
  if (c->out_channels > MOST_OUT_CHANNELS || c->groups != 1 || c->stride[0] != 1 || c->stride[1] != 1 ||
      c->bias != 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a convolution to few channels");
  const void *packed = NULL;
  bw_status status = BW_ENOMEM;
  columns *s = bwi_alloc(1, sizeof *s + bwi_segments_needed(c->channels) * sizeof *s->segments);
  if (s != NULL) s->column = bwi_alloc((size_t)(c->out_channels * n_taps(c)), sizeof *s->column);
  if (s == NULL || s->column == NULL) {
    BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
    goto out;
  }
  s->c = *c;
  measure(s);
  status = bwi_weights_get(&packed, weights, c->weights, "columns", bwi_convolution_variant(c),
                           (size_t)bwi_gemm_packed_count(&s->gemm) * sizeof(float), pack, s, err);
  if (status != BW_OK) goto out;
  s->gemm.packed = packed;
  *out = (bwi_kernel){.run = run,
                      .free = free_state,
                      .state = s,
                      .scratch_bytes = scratch_bytes(s),
                      .in_place = -1,
                      .name = "columns"};
  s = NULL;
out:
  free_state(s);
  return status;
}
