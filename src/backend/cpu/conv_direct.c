/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of any stride, dilation and number of groups as products with scattered rows: no im2col, and
 * no multiplication by the zeros between dilated inputs.
 *
 * Along one axis, output o reads input (o * stride + k * dilation - low) / input_dilation for each tap k for
 * which that is whole. With period = input_dilation / gcd(stride, input_dilation), the outputs
 * o = period * q + r of one phase r share their taps and read at q * step + shift(k): each phase is an
 * ordinary convolution with taps at a regular distance. The input gradient of a strided convolution, which
 * arrives as one of dilated input, thus splits into small dense ones. Phases multiply over the two axes.
 *
 * Padding is a copy of a few images with zeros around, so that every tap of every row is in memory. */
#include <string.h>

#include "backend/cpu/convolution.h"
#include "backend/cpu/gemm.h"
#include "base/memory.h"

enum { MOST_PHASES = 64, IMAGES_BYTES = 512 * 1024 };

/* One axis of one phase: taps k_first + i * k_step, i < n_taps, read at q * step + shift_first + i *
 * shift_step. */
typedef struct phase_axis {
  int64_t out_first, out_step, count;
  int64_t n_taps, k_first, k_step;
  int64_t step, shift_first, shift_step;
} phase_axis;

/* One phase, one group: a product of its own. */
typedef struct part {
  phase_axis axis[2];
  int64_t group;
  bwi_gemm gemm;
  int64_t packed_offset; /* of its weights in the block that all parts share */
} part;

typedef struct direct {
  bwi_convolution c;
  int64_t pad[2], padded[2]; /* zeros before the image; extents with all zeros */
  int64_t images;            /* that are padded at once */
  uint32_t n_parts;
  part *parts;
  int64_t packed_count;  /* floats of the weights of all parts */
  bwi_segment *segments; /* of all parts */
  bwi_right_run *runs;   /* of one part, while its weights are packed */
} direct;

/* --- geometry --- */

static int64_t gcd(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static int64_t period_of(const bwi_convolution *c, int d) {
  return c->input_dilation[d] / gcd(c->stride[d], c->input_dilation[d]);
}

static phase_axis phase_axis_of(const bwi_convolution *c, int d, int64_t r) {
  const int64_t dilated = c->input_dilation[d], period = period_of(c, d);
  const int64_t shared = gcd(c->dilation[d], dilated);
  phase_axis a = {.out_first = r,
                  .out_step = period,
                  .count = c->out[d] > r ? (c->out[d] - r + period - 1) / period : 0,
                  .k_step = dilated / shared,
                  .step = period * c->stride[d] / dilated,
                  .shift_step = c->dilation[d] / shared};
  const int64_t start = r * c->stride[d] - c->low[d];
  while (a.k_first < c->kernel[d] && (start + a.k_first * c->dilation[d]) % dilated != 0) a.k_first++;
  if (a.k_first == c->kernel[d]) return a;
  a.n_taps = (c->kernel[d] - 1 - a.k_first) / a.k_step + 1;
  a.shift_first = (start + a.k_first * c->dilation[d]) / dilated;
  return a;
}

/* Makes room around the image for what the phase reads. */
static void grow_padding(direct *s, const part *p) {
  for (int d = 0; d < 2; d++) {
    const phase_axis *a = &p->axis[d];
    if (a->n_taps == 0 || a->count == 0) continue;
    const int64_t lowest = a->shift_first;
    const int64_t highest = (a->count - 1) * a->step + a->shift_first + (a->n_taps - 1) * a->shift_step;
    if (-lowest > s->pad[d]) s->pad[d] = -lowest;
    if (highest >= s->padded[d]) s->padded[d] = highest + 1; /* without the zeros before, added at the end */
  }
}

static bool is_padded(const direct *s) {
  return s->padded[0] != s->c.in[0] || s->padded[1] != s->c.in[1];
}

static int64_t image_count(const direct *s) {
  return s->padded[0] * s->padded[1] * s->c.channels;
}

/* Enough images to fill a block of rows, more while they are small. */
static int64_t images_at_once(const direct *s) {
  if (!is_padded(s)) return s->c.batch;
  const int64_t pixels = s->parts[0].axis[0].count * s->parts[0].axis[1].count;
  const int64_t for_rows = pixels > 0 ? (BWI_GEMM_ROWS + pixels - 1) / pixels : 1;
  const int64_t for_cache = IMAGES_BYTES / (image_count(s) * (int64_t)sizeof(float));
  const int64_t images = for_rows > for_cache ? for_rows : for_cache;
  return images < s->c.batch ? images : s->c.batch;
}

/* --- binding --- */

/* The runs of the weights that a part's left segments meet, in the same order; returns how many. */
static uint32_t runs_of(const direct *s, const part *p, bwi_right_run *runs) {
  const bwi_convolution *c = &s->c;
  const int64_t channels = c->channels / c->groups;
  uint32_t count = 0;
  for (int64_t i = 0; i < p->axis[0].n_taps; i++) {
    const int64_t ky = p->axis[0].k_first + i * p->axis[0].k_step;
    for (int64_t j = 0; j < p->axis[1].n_taps; j++) {
      const int64_t kx = p->axis[1].k_first + j * p->axis[1].k_step;
      const int64_t tap = ky * c->kernel[1] + kx, last = c->kernel[0] * c->kernel[1] - 1;
      runs[count++] = (bwi_right_run){(c->flip ? last - tap : tap) * channels, channels};
    }
  }
  return count;
}

/* Taps next to each other in x are one segment where they are next to each other in memory. */
static uint32_t segments_of(const direct *s, const part *p, bwi_segment *segments) {
  const bwi_convolution *c = &s->c;
  const phase_axis *y = &p->axis[0], *x = &p->axis[1];
  const int64_t channels = c->channels / c->groups;
  const bool joined = c->groups == 1 && x->shift_step == 1;
  const int64_t pieces = joined && x->n_taps > 0 ? 1 : x->n_taps;
  uint32_t count = 0;
  for (int64_t i = 0; i < y->n_taps; i++) {
    const int64_t line = s->pad[0] + y->shift_first + i * y->shift_step;
    for (int64_t j = 0; j < pieces; j++) {
      const int64_t pixel = line * s->padded[1] + s->pad[1] + x->shift_first + j * x->shift_step;
      count = bwi_segments_add(segments, count, pixel * c->channels + p->group * channels,
                               joined ? x->n_taps * channels : channels);
    }
  }
  return count;
}

static void make_parts(direct *s, const bwi_simd *simd) {
  const int64_t period[2] = {period_of(&s->c, 0), period_of(&s->c, 1)};
  const int64_t n_columns = s->c.out_channels / s->c.groups;
  s->padded[0] = s->c.in[0];
  s->padded[1] = s->c.in[1];
  for (int64_t i = 0; i < s->n_parts; i++) {
    const int64_t phase = i / s->c.groups;
    part *p = &s->parts[i];
    p->group = i % s->c.groups;
    p->axis[0] = phase_axis_of(&s->c, 0, phase / period[1]);
    p->axis[1] = phase_axis_of(&s->c, 1, phase % period[1]);
    grow_padding(s, p);
  }
  for (int d = 0; d < 2; d++) s->padded[d] += s->pad[d];
  s->images = images_at_once(s);
  bwi_segment *segments = s->segments;
  int64_t offset = 0;
  for (uint32_t i = 0; i < s->n_parts; i++) {
    part *p = &s->parts[i];
    const uint32_t count = segments_of(s, p, segments);
    p->gemm = (bwi_gemm){simd, n_columns, count, segments, NULL};
    p->packed_offset = offset;
    segments += count;
    offset += bwi_gemm_packed_count(&p->gemm);
  }
  s->packed_count = offset;
}

static bw_status pack_all(void *payload, void *block, bw_error *err) {
  (void)err;
  const direct *s = payload;
  const bwi_convolution *c = &s->c;
  const int64_t filter = c->kernel[0] * c->kernel[1] * (c->channels / c->groups);
  for (uint32_t i = 0; i < s->n_parts; i++) {
    const part *p = &s->parts[i];
    const bwi_right right = {.data = c->weights + p->group * (c->out_channels / c->groups) * filter,
                             .k_stride = 1,
                             .column_stride = filter,
                             .n_columns = p->gemm.n_columns,
                             .n_runs = runs_of(s, p, s->runs),
                             .runs = s->runs};
    bwi_gemm_pack((float *)block + p->packed_offset, &p->gemm, &right);
  }
  return BW_OK;
}

/* --- running --- */

/* Writes count floats: zeros, then n_values of values, then zeros. */
static float *put_padded(float *to, int64_t n_before, const float *values, int64_t n_values, int64_t count) {
  memset(to, 0, (size_t)n_before * sizeof *to);
  memcpy(to + n_before, values, (size_t)n_values * sizeof *to);
  memset(to + n_before + n_values, 0, (size_t)(count - n_before - n_values) * sizeof *to);
  return to + count;
}

/* Images [first, first + count) of x with zeros around. */
static const float *pad_images(const direct *s, const float *x, int64_t first, int64_t count, float *padded) {
  const bwi_convolution *c = &s->c;
  const int64_t line = c->in[1] * c->channels, padded_line = s->padded[1] * c->channels;
  const int64_t before = s->pad[1] * c->channels;
  x += first * c->in[0] * line;
  if (!is_padded(s)) return x;
  float *to = padded;
  for (int64_t n = 0; n < count; n++) {
    to = put_padded(to, 0, x, 0, s->pad[0] * padded_line);
    for (int64_t y = 0; y < c->in[0]; y++, x += line) to = put_padded(to, before, x, line, padded_line);
    to = put_padded(to, 0, x, 0, (s->padded[0] - s->pad[0] - c->in[0]) * padded_line);
  }
  return padded;
}

/* Of the outputs from element `at` on, which is in that column. */
static bwi_convolution_epilogue advance(bwi_convolution_epilogue e, int64_t at, int64_t column) {
  if (e.bias != NULL) e.bias += column;
  if (e.residual != NULL) e.residual += at;
  if (e.mask != NULL) e.mask += at;
  return e;
}

/* The pixel that is next among a part's outputs for some images: the left row and the output's offset. */
typedef struct cursor {
  int64_t image, i, j; /* line and column among the part's outputs */
  const float *row;
  int64_t at;
} cursor;

static void begin_line(cursor *at, const direct *s, const part *p, const float *padded) {
  const bwi_convolution *c = &s->c;
  const phase_axis *y = &p->axis[0], *x = &p->axis[1];
  if (at->i == y->count) {
    at->i = 0;
    at->image++;
  }
  const int64_t line = at->image * c->out[0] + y->out_first + at->i * y->out_step;
  at->j = 0;
  at->row = padded + (at->image * s->padded[0] + at->i * y->step) * s->padded[1] * c->channels;
  at->at = (line * c->out[1] + x->out_first) * c->out_channels;
}

/* The next n outputs: where they begin, and the left rows that make them. A line at a time, so that no pixel
 * costs more than an addition. */
static void take_rows(cursor *at, const direct *s, const part *p, const float *padded, int64_t n,
                      const float **rows, int64_t *offsets) {
  const phase_axis *x = &p->axis[1];
  const int64_t row_step = x->step * s->c.channels, out_step = x->out_step * s->c.out_channels;
  for (int64_t k = 0; k < n;) {
    const int64_t left = x->count - at->j, count = left < n - k ? left : n - k;
    for (int64_t i = 0; i < count; i++) {
      rows[k + i] = at->row + i * row_step;
      offsets[k + i] = at->at + i * out_step;
    }
    k += count;
    at->j += count;
    at->row += count * row_step;
    at->at += count * out_step;
    if (at->j < x->count) continue;
    at->i++;
    begin_line(at, s, p, padded); /* past the last image too, where it only computes */
  }
}

/* The outputs of a part for some images; out and e begin at its group's first column. */
static void run_part(const direct *s, const part *p, int64_t n_images, const float *padded, float *out,
                     const bwi_convolution_epilogue *e) {
  const int64_t total = n_images * p->axis[0].count * p->axis[1].count;
  const float *rows[BWI_GEMM_ROWS], *residual[BWI_GEMM_ROWS];
  const uint8_t *mask[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  int64_t offsets[BWI_GEMM_ROWS] = {0};
  bwi_gemm_block block = {0, rows, outs, e->residual != NULL ? residual : NULL,
                          e->mask != NULL ? mask : NULL};
  cursor at = {.image = 0};
  if (total > 0) begin_line(&at, s, p, padded);
  for (int64_t first = 0; first < total; first += block.n_rows) {
    block.n_rows = (uint32_t)(total - first < BWI_GEMM_ROWS ? total - first : BWI_GEMM_ROWS);
    take_rows(&at, s, p, padded, block.n_rows, rows, offsets);
    for (uint32_t k = 0; k < block.n_rows; k++) outs[k] = out + offsets[k];
    for (uint32_t k = 0; e->residual != NULL && k < block.n_rows; k++) residual[k] = e->residual + offsets[k];
    for (uint32_t k = 0; e->mask != NULL && k < block.n_rows; k++) mask[k] = e->mask + offsets[k];
    bwi_gemm_rows(&p->gemm, &block, (bwi_epilogue){e->bias, s->c.relu});
  }
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const direct *s = state;
  const bwi_convolution *c = &s->c;
  const int64_t out_image = c->out[0] * c->out[1] * c->out_channels;
  const bwi_convolution_epilogue all = bwi_convolution_epilogue_of(c, in);
  for (int64_t first = 0; first < c->batch; first += s->images) {
    const int64_t count = c->batch - first < s->images ? c->batch - first : s->images;
    const float *padded = pad_images(s, in[0], first, count, scratch);
    for (uint32_t i = 0; i < s->n_parts; i++) {
      const part *p = &s->parts[i];
      const int64_t column = p->group * p->gemm.n_columns, at = first * out_image + column;
      const bwi_convolution_epilogue e = advance(all, at, column);
      run_part(s, p, count, padded, (float *)out + at, &e);
    }
  }
  return BW_OK;
}

static void free_state(void *state) {
  direct *s = state;
  if (s == NULL) return;
  bwi_free(s->parts);
  bwi_free(s->segments);
  bwi_free(s->runs);
  bwi_free(s);
}

/* The geometry, and the weights packed for it. */
static bw_status make_state(direct **out, const bwi_convolution *c, const bwi_simd *simd,
                            bwi_weights *weights, bw_error *err) {
  bw_status status = BW_ENOMEM;
  const void *packed = NULL;
  const int64_t n_phases = period_of(c, 0) * period_of(c, 1), n_taps = c->kernel[0] * c->kernel[1];
  if (n_phases > MOST_PHASES) return BW_FAIL(err, BW_EUNSUPPORTED, "input dilation of too many phases");
  direct *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
  s->c = *c;
  s->n_parts = (uint32_t)(n_phases * c->groups);
  s->parts = bwi_alloc(s->n_parts, sizeof *s->parts);
  s->segments = bwi_alloc((size_t)(c->groups * n_taps) * bwi_segments_needed(c->channels / c->groups),
                          sizeof *s->segments);
  s->runs = bwi_alloc((size_t)n_taps, sizeof *s->runs);
  if (s->parts == NULL || s->segments == NULL || s->runs == NULL) {
    BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
    goto out;
  }
  make_parts(s, simd);
  status = bwi_weights_get(&packed, weights, c->weights, "direct",
                           bwi_gemm_variant(simd, bwi_convolution_variant(c)),
                           (size_t)s->packed_count * sizeof(float), pack_all, s, err);
  if (status != BW_OK) goto out;
  for (uint32_t i = 0; i < s->n_parts; i++)
    s->parts[i].gemm.packed = (const float *)packed + s->parts[i].packed_offset;
  *out = s;
  s = NULL;
out:
  free_state(s);
  return status;
}

bw_status bwi_direct_weights(const float **out, const bwi_convolution *c, const bwi_simd *simd,
                             bwi_weights *weights, bw_error *err) {
  direct *s = NULL;
  BW_TRY(make_state(&s, c, simd, weights, err));
  *out = s->parts[0].gemm.packed;
  free_state(s);
  return BW_OK;
}

bw_status bwi_bind_direct(bwi_kernel *out, const bwi_convolution *c, const bwi_simd *simd,
                          bwi_weights *weights, bw_error *err) {
  direct *s = NULL;
  BW_TRY(make_state(&s, c, simd, weights, err));
  *out =
      (bwi_kernel){.run = run,
                   .free = free_state,
                   .state = s,
                   .scratch_bytes = is_padded(s) ? (size_t)(s->images * image_count(s)) * sizeof(float) : 0,
                   .in_place = -1,
                   .name = simd->bfloat16 ? "direct bfloat16" : "direct"};
  return BW_OK;
}
