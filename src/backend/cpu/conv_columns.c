/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of dilated input to very few channels: what the input gradient of a network's first layer is.
 * Direct convolution would fill a lane or three of each vector. Instead every input pixel is multiplied with
 * all taps at once, (pixels, channels) times (channels, out channels x taps), and the columns are added
 * where they belong (col2im).
 *
 * Pixels are taken in order, so each output is summed in an order that its own image alone decides. */
#include <string.h>

#include "backend/cpu/convolution.h"
#include "backend/cpu/gemm.h"
#include "base/memory.h"

enum { MOST_OUT_CHANNELS = 4 };

typedef struct columns {
  bwi_convolution c;
  bwi_gemm gemm;
  bwi_segment segments[]; /* of a pixel */
} columns;

/* Along axis d, input index i meets output `first + sign * t` at weight tap t, for t in [begin, end). */
typedef struct reach {
  int64_t first, step, begin, end;
} reach;

static reach reach_of(const bwi_convolution *c, int d, int64_t i) {
  const int64_t taps = c->kernel[d], at = i * c->input_dilation[d] + c->low[d];
  reach r = {.first = at, .step = -c->dilation[d], .begin = 0, .end = taps};
  if (c->flip) r = (reach){at - (taps - 1) * c->dilation[d], c->dilation[d], 0, taps};
  while (r.begin < taps && (r.first + r.begin * r.step < 0 || r.first + r.begin * r.step >= c->out[d])) r.begin++;
  while (r.end > r.begin && (r.first + (r.end - 1) * r.step < 0 || r.first + (r.end - 1) * r.step >= c->out[d])) r.end--;
  return r;
}

/* Adds one pixel's columns, (out channel, tap y, tap x), to the image. */
static void add_columns(const bwi_convolution *c, const float *values, reach y, reach x, float *image) {
  for (int64_t channel = 0; channel < c->out_channels; channel++)
    for (int64_t i = y.begin; i < y.end; i++) {
      const float *line = values + (channel * c->kernel[0] + i) * c->kernel[1];
      float *out = image + ((y.first + i * y.step) * c->out[1] + x.first) * c->out_channels + channel;
      for (int64_t j = x.begin; j < x.end; j++) out[j * x.step * c->out_channels] += line[j];
    }
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const columns *s = state;
  const bwi_convolution *c = &s->c;
  const int64_t pixels = c->in[0] * c->in[1], width = s->gemm.n_columns;
  const int64_t image = c->out[0] * c->out[1] * c->out_channels;
  const float *rows[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  memset(out, 0, (size_t)(c->batch * image) * sizeof(float));
  for (int64_t first = 0; first < c->batch * pixels; first += BWI_GEMM_ROWS) {
    const int64_t left = c->batch * pixels - first, count = left < BWI_GEMM_ROWS ? left : BWI_GEMM_ROWS;
    for (int64_t k = 0; k < count; k++) {
      rows[k] = (const float *)in[0] + (first + k) * c->channels;
      outs[k] = (float *)scratch + k * width;
    }
    bwi_gemm_rows(&s->gemm, (uint32_t)count, rows, outs, NULL, (bwi_epilogue){NULL, false});
    for (int64_t k = 0; k < count; k++) {
      const int64_t n = (first + k) / pixels, pixel = (first + k) % pixels;
      add_columns(c, outs[k], reach_of(c, 0, pixel / c->in[1]), reach_of(c, 1, pixel % c->in[1]), (float *)out + n * image);
    }
  }
  return BW_OK;
}

static bw_status pack(void *payload, void *block, bw_error *err) {
  (void)err;
  const columns *s = payload;
  const bwi_right_run run_of_channels = {0, s->c.channels};
  bwi_gemm_pack(block, &s->gemm, &(bwi_right){s->c.weights, 1, s->c.channels, s->gemm.n_columns, 1, &run_of_channels});
  return BW_OK;
}

bw_status bwi_bind_columns(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err) {
  if (c->out_channels > MOST_OUT_CHANNELS || c->groups != 1 || c->stride[0] != 1 || c->stride[1] != 1 || c->has_bias)
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a convolution to few channels");
  const bwi_simd *simd = bwi_simd_best();
  const int64_t width = c->out_channels * c->kernel[0] * c->kernel[1];
  const void *packed = NULL;
  columns *s = bwi_alloc(1, sizeof *s + bwi_segments_needed(c->channels) * sizeof *s->segments);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
  s->c = *c;
  s->gemm = (bwi_gemm){simd, width, bwi_segments_add(s->segments, 0, 0, c->channels), s->segments, NULL};
  const size_t bytes = (size_t)bwi_gemm_packed_count(simd, c->channels, width) * sizeof(float);
  const bw_status status = bwi_weights_get(&packed, weights, c->weights, "columns", bwi_convolution_variant(c), bytes, pack, s, err);
  if (status != BW_OK) {
    bwi_free(s);
    return status;
  }
  s->gemm.packed = packed;
  *out = (bwi_kernel){.run = run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = (size_t)(BWI_GEMM_ROWS * width) * sizeof(float),
                      .in_place = -1,
                      .name = "columns"};
  return BW_OK;
}
