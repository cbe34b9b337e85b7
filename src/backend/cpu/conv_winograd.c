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
/* Weights whose points take more are kept as taps, and as many channels and tiles at a time pass as stay in
 * second-level cache. */
enum { KEPT_BYTES = 3 * 1024 * 1024, PASSING_CHANNELS = 64, PASSING_TILES = 64 };

typedef struct winograd {
  bwi_convolution c;
  int64_t n_out;    /* a tile gives n_out x n_out outputs */
  int64_t tiles[2]; /* of an image */
  int64_t tiles_at_once;
  int64_t in_channels;           /* that lie together before the products: a divisor of all */
  int64_t in_stride, out_stride; /* floats from a point to the next, before and after the products */
  const float *zeros;            /* a pixel outside of the image */
  bwi_gemm gemm;                 /* of point 0; passing: of the first tap */
  int64_t packed_count;          /* floats of one point's or tap's weights */
  bool passing;                  /* weights are kept as taps */
  int64_t point_stride;          /* floats from a passing point to the next */
  bwi_segment *segments;
} winograd;

/* --- weights --- */

/* Points [0, ALL_POINTS) of count numbers of a packed form, whose tap t is taps + t * tap_stride. */
static void transform_weights(const winograd *s, const float *taps, int64_t tap_stride, int64_t count,
                              float *out, int64_t point_stride) {
  const int64_t n_taps = s->c.kernel[0];
  const float *each[ALL_POINTS];
  for (int64_t t = 0; t < n_taps * n_taps; t++) each[t] = taps + t * tap_stride;
  s->gemm.simd->winograd_weights(&(bwi_winograd_weights){each, (uint32_t)n_taps, count, out, point_stride});
}

static bw_status pack_points(void *payload, void *block, bw_error *err) {
  const winograd *s = payload;
  const bwi_convolution *c = &s->c;
  const int64_t n_taps = c->kernel[0] * c->kernel[1];
  const bwi_right_run run = {0, c->channels};
  float *taps = bwi_alloc((size_t)(n_taps * s->packed_count), sizeof *taps);
  if (taps == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for transformed weights");
  for (int64_t t = 0; t < n_taps; t++) {
    const float *tap = c->weights + (c->flip ? n_taps - 1 - t : t) * c->channels;
    const bwi_right right = {tap, 1, n_taps * c->channels, c->out_channels, 1, &run};
    bwi_gemm_pack(taps + t * s->packed_count, &s->gemm, &right);
  }
  transform_weights(s, taps, s->packed_count, s->packed_count, block, s->packed_count);
  bwi_free(taps);
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

/* A tile's channels lie in chunks, each with all points of all tiles. */
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
  for (int64_t first = 0; first < c->channels; first += s->in_channels, out += ALL_POINTS * s->in_stride)
    s->gemm.simd->winograd_in(&(bwi_winograd_in){pixels, first, s->in_channels, out, s->in_stride});
}

/* Channels [first, first + count) of a tile's outputs. */
static void finish_tile(const winograd *s, const float *points, tile_at at, int64_t first, int64_t count,
                        float *out, const bwi_convolution_epilogue *e) {
  const bwi_convolution *c = &s->c;
  float *pixels[ALL_POINTS];
  const float *residuals[ALL_POINTS];
  const uint8_t *masks[ALL_POINTS];
  for (int64_t i = 0; i < s->n_out; i++)
    for (int64_t j = 0; j < s->n_out; j++) {
      const int64_t y = at.y + i, x = at.x + j;
      const int64_t offset = ((at.image * c->out[0] + y) * c->out[1] + x) * c->out_channels + first;
      const bool inside = y < c->out[0] && x < c->out[1];
      pixels[i * s->n_out + j] = inside ? out + offset : NULL;
      residuals[i * s->n_out + j] = inside && e->residual != NULL ? e->residual + offset : NULL;
      masks[i * s->n_out + j] = inside && e->mask != NULL ? e->mask + offset : NULL;
    }
  s->gemm.simd->winograd_out(&(bwi_winograd_out){.in = points,
                                                 .point_stride = s->out_stride,
                                                 .n_channels = count,
                                                 .n_out = (uint32_t)s->n_out,
                                                 .out = pixels,
                                                 .residual = residuals,
                                                 .mask = masks,
                                                 .bias = e->bias != NULL ? e->bias + first : NULL,
                                                 .relu = c->relu});
}

/* Tiles [first, first + count) of all, and what is theirs in the scratch and beyond. */
typedef struct block {
  int64_t first, count;
  float *in, *out, *weights; /* points: before and after the products, and of passing weights */
  float *image;
  bwi_convolution_epilogue epilogue;
} block;

static void finish_tiles(const winograd *s, const block *b, int64_t column, int64_t count,
                         int64_t tile_stride) {
  for (int64_t i = 0; i < b->count; i++)
    finish_tile(s, b->out + i * tile_stride, tile_of(s, b->first + i), column, count, b->image, &b->epilogue);
}

/* (tiles, C) times (C, O) at each point. */
static void multiply_kept(const winograd *s, const block *b) {
  const float *rows[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  for (int64_t point = 0; point < ALL_POINTS; point++) {
    bwi_gemm gemm = s->gemm;
    gemm.packed += point * s->packed_count;
    for (int64_t first = 0; first < b->count; first += BWI_GEMM_ROWS) {
      const int64_t count = b->count - first < BWI_GEMM_ROWS ? b->count - first : BWI_GEMM_ROWS;
      for (int64_t i = 0; i < count; i++) {
        rows[i] = b->in + point * s->in_stride + (first + i) * s->c.channels;
        outs[i] = b->out + point * s->out_stride + (first + i) * s->c.out_channels;
      }
      bwi_gemm_rows(&gemm, &(bwi_gemm_block){.n_rows = (uint32_t)count, .rows = rows, .out = outs},
                    (bwi_epilogue){NULL, false});
    }
  }
  finish_tiles(s, b, 0, s->c.out_channels, s->c.out_channels);
}

/* One panel of columns and one chunk of channels, at each point. */
static void multiply_chunk(const winograd *s, const block *b, int64_t chunk, bwi_gemm_columns c) {
  const bwi_segment segment = {0, s->in_channels};
  const float *rows[PASSING_TILES];
  float *outs[PASSING_TILES];
  for (int64_t point = 0; point < ALL_POINTS; point++) {
    const float *panel = b->weights + point * s->point_stride;
    for (int64_t i = 0; i < b->count; i++) {
      rows[i] = b->in + (chunk * ALL_POINTS + point) * s->in_stride + i * s->in_channels;
      outs[i] = b->out + point * s->out_stride + i * c.width;
    }
    s->gemm.simd->panel(&(bwi_panel){.n_rows = (uint32_t)b->count,
                                     .n_segments = 1,
                                     .rows = rows,
                                     .out = outs,
                                     .segments = &segment,
                                     .panel = panel,
                                     .depth = s->in_channels,
                                     .ahead = panel + s->point_stride,
                                     .vectors = c.vectors,
                                     .n_columns = (uint32_t)c.count,
                                     .accumulate = chunk > 0});
  }
}

/* The same with weights that are transformed as they are needed, for a panel of columns and a chunk of
 * channels at a time. That costs a small part of the products, and saves three quarters of the memory and of
 * its traffic. */
static void multiply_passing(const winograd *s, const block *b) {
  const bwi_gemm *p = &s->gemm;
  for (bwi_gemm_columns c = bwi_gemm_columns_from(p, 0); c.count > 0;
       c = bwi_gemm_columns_from(p, c.first + c.count)) {
    for (int64_t chunk = 0; chunk * s->in_channels < s->c.channels; chunk++) {
      const float *taps = p->packed + bwi_gemm_packed_at(p, chunk * s->in_channels, c.first);
      transform_weights(s, taps, s->packed_count, s->in_channels * c.width, b->weights, s->point_stride);
      multiply_chunk(s, b, chunk, c);
    }
    finish_tiles(s, b, c.first, c.count, c.width);
  }
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const winograd *s = state;
  const int64_t total = s->c.batch * s->tiles[0] * s->tiles[1];
  block b = {.in = scratch, .image = out, .epilogue = bwi_convolution_epilogue_of(&s->c, in)};
  b.out = b.in + ALL_POINTS * s->in_stride * (s->c.channels / s->in_channels);
  b.weights = b.out + ALL_POINTS * s->out_stride;
  for (; b.first < total; b.first += b.count) {
    b.count = total - b.first < s->tiles_at_once ? total - b.first : s->tiles_at_once;
    for (int64_t i = 0; i < b.count; i++)
      transform_tile(s, in[0], tile_of(s, b.first + i), b.in + i * s->in_channels);
    if (s->passing)
      multiply_passing(s, &b);
    else
      multiply_kept(s, &b);
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
  if (s->passing) tiles = PASSING_TILES;
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
  s->passing =
      c->channels % BWI_GEMM_DEPTH == 0 && ALL_POINTS * s->packed_count * (int64_t)sizeof(float) > KEPT_BYTES;
  s->tiles_at_once = tiles_at_once(s);
  s->in_channels = s->passing ? PASSING_CHANNELS : c->channels;
  /* One line more than the tiles take: points a power of two apart would evict each other. */
  s->in_stride = s->tiles_at_once * s->in_channels + LINE;
  s->out_stride = s->tiles_at_once * (s->passing ? simd->lanes * simd->max_vectors : c->out_channels) + LINE;
  if (s->passing) s->point_stride = PASSING_CHANNELS * simd->lanes * simd->max_vectors + LINE;
  *out = s;
  return BW_OK;
}

static bw_status find_weights(winograd *s, bwi_weights *weights, bw_error *err) {
  if (s->passing) return bwi_direct_weights(&s->gemm.packed, &s->c, s->gemm.simd, weights, err);
  const void *packed = NULL;
  BW_TRY(bwi_weights_get(&packed, weights, s->c.weights, "winograd", bwi_convolution_variant(&s->c),
                         (size_t)(ALL_POINTS * s->packed_count) * sizeof(float), pack_points, s, err));
  s->gemm.packed = packed;
  return BW_OK;
}

bw_status bwi_bind_winograd(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err) {
  if (!applies(c)) return BW_FAIL(err, BW_EUNSUPPORTED, "Winograd's transform does not pay");
  winograd *s = NULL;
  BW_TRY(make_state(&s, c, err));
  const bw_status status = find_weights(s, weights, err);
  if (status != BW_OK) {
    free_state(s);
    return status;
  }
  const int64_t in_count = s->in_stride * (c->channels / s->in_channels);
  const int64_t scratch = ALL_POINTS * (in_count + s->out_stride + s->point_stride);
  *out = (bwi_kernel){.run = run,
                      .free = free_state,
                      .state = s,
                      .scratch_bytes = (size_t)scratch * sizeof(float),
                      .in_place = -1,
                      .name = "winograd"};
  return BW_OK;
}
