/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of stride 1 by Winograd's minimal filtering: tiles of the image and the weights are transformed
 * to points, at each point the channels are multiplied as matrices, and the sums are transformed back. The
 * products are 1 / 4 (3 x 3 kernels) to 1 / 2.8 (5 x 5) of those of direct convolution.
 *
 * Tiles of all samples form one list, taken in blocks whose points stay in second-level cache. A tile's
 * result depends on its own pixels alone. */
#include "backend/cpu/convolution.h"
#include "backend/cpu/gemm.h"
#include "base/memory.h"

enum { POINTS = BWI_WINOGRAD_POINTS, ALL_POINTS = POINTS * POINTS };
enum { LINE = 16 };                  /* floats of a cache line */
enum { POINTS_BYTES = 1024 * 1024 }; /* of a block of tiles, where that makes FEWEST_TILES */
enum { FEWEST_TILES = 48 };          /* that pay for reading the weights */

typedef struct winograd {
  bwi_convolution c;
  int64_t n_out;    /* a tile gives n_out x n_out outputs */
  int64_t tiles[2]; /* of an image */
  int64_t tiles_at_once;
  int64_t in_stride, out_stride; /* floats from a point to the next, in the two buffers */
  const float *zeros;            /* a pixel outside of the image */
  bwi_gemm gemm;                 /* of point 0 */
  int64_t packed_count;          /* floats of one point's weights */
  bwi_segment *segments;
} winograd;

/* --- weights --- */

/* Row p: the powers x^0 .. x^(taps - 1) of point p over the derivative of the points' polynomial; infinity
 * takes the last tap. The formulas of simd/winograd.c leave that factor to the weights. */
static void point_rows(double rows[POINTS][POINTS], int64_t taps) {
  static const double at[POINTS] = {
      0, 0.70710678118654752440, -0.70710678118654752440, 1.41421356237309504880, -1.41421356237309504880, 0};
  static const double derivative[POINTS] = {1, -1.5, -1.5, 6, 6, 1}; /* 5 x^4 - 7.5 x^2 + 1 */
  for (int p = 0; p < POINTS; p++) {
    double power = 1 / derivative[p];
    for (int64_t k = 0; k < taps; k++, power *= at[p])
      rows[p][k] = p < POINTS - 1 ? power : (double)(k == taps - 1);
  }
}

/* One filter (taps, taps, C) to its points: out[p * stride + channel]. half: taps * C numbers. */
static void transform_filter(float *out, int64_t stride, const bwi_convolution *c, const float *filter,
                             double *half) {
  const int64_t taps = c->kernel[0], n = c->channels;
  double rows[POINTS][POINTS] = {{0}};
  point_rows(rows, taps);
  for (int64_t y = 0; y < POINTS; y++) {
    for (int64_t j = 0; j < taps * n; j++) half[j] = 0;
    for (int64_t i = 0; i < taps; i++) {
      const double factor = rows[y][c->flip ? taps - 1 - i : i];
      for (int64_t j = 0; j < taps * n; j++) half[j] += factor * (double)filter[i * taps * n + j];
    }
    for (int64_t x = 0; x < POINTS; x++) {
      float *point = out + (y * POINTS + x) * stride;
      for (int64_t channel = 0; channel < n; channel++) {
        double sum = 0;
        for (int64_t j = 0; j < taps; j++) sum += rows[x][c->flip ? taps - 1 - j : j] * half[j * n + channel];
        point[channel] = (float)sum;
      }
    }
  }
}

/* As many filters at a time as a vector has lanes. */
static bw_status pack_points(void *payload, void *block, bw_error *err) {
  const winograd *s = payload;
  const bwi_convolution *c = &s->c;
  const int64_t lanes = s->gemm.simd->lanes, stride = lanes * c->channels;
  float *points = bwi_alloc((size_t)(ALL_POINTS * stride), sizeof *points);
  double *half = bwi_alloc((size_t)(c->kernel[1] * c->channels), sizeof *half);
  if (points == NULL || half == NULL) {
    bwi_free(points);
    bwi_free(half);
    return BW_FAIL(err, BW_ENOMEM, "out of memory for transformed weights");
  }
  const bwi_right_run run = {0, c->channels};
  for (int64_t first = 0; first < c->out_channels; first += lanes) {
    const int64_t left = c->out_channels - first, count = left < lanes ? left : lanes;
    for (int64_t o = 0; o < count; o++) {
      const float *filter = c->weights + (first + o) * c->kernel[0] * c->kernel[1] * c->channels;
      transform_filter(points + o * c->channels, stride, c, filter, half);
    }
    for (int64_t p = 0; p < ALL_POINTS; p++) {
      const bwi_right right = {points + p * stride, 1, c->channels, count, 1, &run};
      bwi_gemm_pack_lanes((float *)block + p * s->packed_count, &s->gemm, &right, first);
    }
  }
  bwi_free(points);
  bwi_free(half);
  return BW_OK;
}

/* --- running --- */

typedef struct tile_at {
  int64_t image, y, x; /* of its first output pixel */
} tile_at;

static tile_at tile_of(const winograd *s, int64_t index) {
  const int64_t of_image = s->tiles[0] * s->tiles[1];
  return (tile_at){index / of_image, index % of_image / s->tiles[1] * s->n_out,
                   index % s->tiles[1] * s->n_out};
}

static void transform_tile(const winograd *s, const float *x, tile_at at, float *out) {
  const bwi_convolution *c = &s->c;
  const float *pixels[ALL_POINTS];
  for (int64_t i = 0; i < POINTS; i++) {
    const int64_t y = at.y - c->low[0] + i;
    const float *line = x + (at.image * c->in[0] + y) * c->in[1] * c->channels;
    for (int64_t j = 0; j < POINTS; j++) {
      const int64_t column = at.x - c->low[1] + j;
      const bool inside = y >= 0 && y < c->in[0] && column >= 0 && column < c->in[1];
      pixels[i * POINTS + j] = inside ? line + column * c->channels : s->zeros;
    }
  }
  s->gemm.simd->winograd_in(&(bwi_winograd_in){pixels, c->channels, out, s->in_stride});
}

static void finish_tile(const winograd *s, const float *points, tile_at at, float *out,
                        const bwi_convolution_epilogue *e) {
  const bwi_convolution *c = &s->c;
  float *pixels[ALL_POINTS];
  const float *residuals[ALL_POINTS], *masks[ALL_POINTS];
  for (int64_t i = 0; i < s->n_out; i++)
    for (int64_t j = 0; j < s->n_out; j++) {
      const int64_t y = at.y + i, x = at.x + j;
      const int64_t first = ((at.image * c->out[0] + y) * c->out[1] + x) * c->out_channels;
      const bool inside = y < c->out[0] && x < c->out[1];
      pixels[i * s->n_out + j] = inside ? out + first : NULL;
      residuals[i * s->n_out + j] = inside && e->residual != NULL ? e->residual + first : NULL;
      masks[i * s->n_out + j] = inside && e->mask != NULL ? e->mask + first : NULL;
    }
  s->gemm.simd->winograd_out(&(bwi_winograd_out){.in = points,
                                                 .point_stride = s->out_stride,
                                                 .n_channels = c->out_channels,
                                                 .n_out = (uint32_t)s->n_out,
                                                 .out = pixels,
                                                 .residual = residuals,
                                                 .mask = masks,
                                                 .bias = e->bias,
                                                 .relu = c->relu});
}

/* (tiles, C) times (C, O) at each point. */
static void multiply_points(const winograd *s, const float *in, float *out, int64_t n_tiles) {
  const float *rows[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  for (int64_t point = 0; point < ALL_POINTS; point++) {
    bwi_gemm gemm = s->gemm;
    gemm.packed += point * s->packed_count;
    for (int64_t first = 0; first < n_tiles; first += BWI_GEMM_ROWS) {
      const int64_t count = n_tiles - first < BWI_GEMM_ROWS ? n_tiles - first : BWI_GEMM_ROWS;
      for (int64_t i = 0; i < count; i++) {
        rows[i] = in + point * s->in_stride + (first + i) * s->c.channels;
        outs[i] = out + point * s->out_stride + (first + i) * s->c.out_channels;
      }
      bwi_gemm_rows(&gemm, &(bwi_gemm_block){.n_rows = (uint32_t)count, .rows = rows, .out = outs},
                    (bwi_epilogue){NULL, false});
    }
  }
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const winograd *s = state;
  const bwi_convolution *c = &s->c;
  float *points_in = scratch, *points_out = points_in + ALL_POINTS * s->in_stride;
  const bwi_convolution_epilogue epilogue = bwi_convolution_epilogue_of(c, in);
  const int64_t total = c->batch * s->tiles[0] * s->tiles[1];
  for (int64_t first = 0; first < total; first += s->tiles_at_once) {
    const int64_t count = total - first < s->tiles_at_once ? total - first : s->tiles_at_once;
    for (int64_t i = 0; i < count; i++)
      transform_tile(s, in[0], tile_of(s, first + i), points_in + i * c->channels);
    multiply_points(s, points_in, points_out, count);
    for (int64_t i = 0; i < count; i++)
      finish_tile(s, points_out + i * c->out_channels, tile_of(s, first + i), out, &epilogue);
  }
  return BW_OK;
}

/* --- binding --- */

static bool applies(const bwi_convolution *c) {
  for (int d = 0; d < 2; d++) {
    if (c->stride[d] != 1 || c->dilation[d] != 1 || c->input_dilation[d] != 1 || c->low[d] < 0) return false;
    if (c->kernel[d] < 3 || c->kernel[d] > 5) return false;
  }
  if (c->groups != 1 || c->kernel[0] != c->kernel[1] || c->channels < 16 || c->out_channels < 16)
    return false;
  /* Half of the products at least must go, for the transforms to pay. */
  const int64_t n_out = POINTS + 1 - c->kernel[0];
  const int64_t tiles = ((c->out[0] + n_out - 1) / n_out) * ((c->out[1] + n_out - 1) / n_out);
  return 2 * tiles * ALL_POINTS <= c->out[0] * c->out[1] * c->kernel[0] * c->kernel[1];
}

static int64_t tiles_at_once(const winograd *s) {
  const int64_t total = s->c.batch * s->tiles[0] * s->tiles[1];
  const int64_t tile_bytes = ALL_POINTS * (s->c.channels + s->c.out_channels) * (int64_t)sizeof(float);
  int64_t tiles = POINTS_BYTES / tile_bytes / 24 * 24; /* whole tiles of the panel kernel */
  if (tiles < FEWEST_TILES) tiles = FEWEST_TILES;
  return tiles < total ? tiles : total;
}

static void free_state(void *state) {
  winograd *s = state;
  if (s == NULL) return;
  bwi_free(s->segments);
  bwi_free(s);
}

static bw_status make_state(winograd **out, const bwi_convolution *c, bw_error *err) {
  const bwi_simd *simd = bwi_simd_best();
  const uint32_t n_segments = bwi_segments_needed(c->channels);
  const int64_t n_out = POINTS + 1 - c->kernel[0];
  winograd *s = bwi_alloc(1, sizeof *s + (size_t)c->channels * sizeof(float));
  bwi_segment *segments = bwi_alloc(n_segments, sizeof *segments);
  if (s == NULL || segments == NULL) {
    bwi_free(s);
    bwi_free(segments);
    return BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
  }
  *s = (winograd){.c = *c,
                  .n_out = n_out,
                  .tiles = {(c->out[0] + n_out - 1) / n_out, (c->out[1] + n_out - 1) / n_out},
                  .zeros = (const float *)(s + 1),
                  .gemm = {simd, c->out_channels, n_segments, segments, NULL},
                  .segments = segments};
  bwi_segments_add(segments, 0, 0, c->channels);
  s->packed_count = bwi_gemm_packed_count(&s->gemm);
  s->tiles_at_once = tiles_at_once(s);
  /* One line more than the tiles take: points a power of two apart would evict each other. */
  s->in_stride = s->tiles_at_once * c->channels + LINE;
  s->out_stride = s->tiles_at_once * c->out_channels + LINE;
  *out = s;
  return BW_OK;
}

bw_status bwi_bind_winograd(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err) {
  if (!applies(c)) return BW_FAIL(err, BW_EUNSUPPORTED, "Winograd's transform does not pay");
  winograd *s = NULL;
  const void *packed = NULL;
  BW_TRY(make_state(&s, c, err));
  const bw_status status =
      bwi_weights_get(&packed, weights, c->weights, "winograd", bwi_convolution_variant(c),
                      (size_t)(ALL_POINTS * s->packed_count) * sizeof(float), pack_points, s, err);
  if (status != BW_OK) {
    free_state(s);
    return status;
  }
  s->gemm.packed = packed;
  *out = (bwi_kernel){.run = run,
                      .free = free_state,
                      .state = s,
                      .scratch_bytes = (size_t)(ALL_POINTS * (s->in_stride + s->out_stride)) * sizeof(float),
                      .in_place = -1,
                      .name = "winograd"};
  return BW_OK;
}
