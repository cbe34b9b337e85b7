/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of any stride, dilation and number of groups as products with scattered rows: no im2col, and
 * no multiplication by the zeros between dilated inputs. */
#include <string.h>

#include "backend/changes.h"
#include "backend/cpu/conv_phase.h"
#include "base/memory.h"

enum { MOST_PHASES = 64, IMAGES_BYTES = 512 * 1024 };

/* One phase, one group: a product of its own. */
typedef struct part {
  bwi_phase_axis axis[2];
  int64_t group;
  bwi_gemm gemm;
  int64_t packed_offset; /* of its weights in the block that all parts share */
} part;

typedef struct direct {
  bwi_convolution c;
  bwi_padding padding;
  int64_t images; /* that are padded at once */
  bool keeps;     /* the padded images, for updates */
  uint32_t n_parts;
  part *parts;
  int64_t packed_count;  /* floats of the weights of all parts */
  bwi_segment *segments; /* of all parts */
  bwi_right_run *runs;   /* of one part, while its weights are packed */
} direct;

/* --- geometry --- */

static bool is_padded(const direct *s) {
  return !bwi_padding_is_none(&s->padding, &s->c);
}

/* Enough images to fill a block of rows, more while they are small; all, where they are kept. */
static int64_t images_at_once(const direct *s) {
  if (!is_padded(s) || s->keeps) return s->c.batch;
  const int64_t pixels = s->parts[0].axis[0].count * s->parts[0].axis[1].count;
  const int64_t for_rows = pixels > 0 ? (BWI_GEMM_ROWS + pixels - 1) / pixels : 1;
  const int64_t for_cache = IMAGES_BYTES / (bwi_padded_count(&s->padding, &s->c) * (int64_t)sizeof(float));
  const int64_t images = for_rows > for_cache ? for_rows : for_cache;
  return images < s->c.batch ? images : s->c.batch;
}

/* --- binding --- */

static void make_parts(direct *s, const bwi_simd *simd) {
  const int64_t n_columns = s->c.out_channels / s->c.groups;
  s->padding = bwi_padding_of(&s->c);
  for (int64_t i = 0; i < s->n_parts; i++) {
    s->parts[i].group = i % s->c.groups;
    bwi_phase_at(s->parts[i].axis, &s->c, i / s->c.groups);
  }
  s->images = images_at_once(s);
  bwi_segment *segments = s->segments;
  int64_t offset = 0;
  for (uint32_t i = 0; i < s->n_parts; i++) {
    part *p = &s->parts[i];
    const uint32_t count = bwi_phase_segments(segments, p->axis, &s->c, &s->padding, p->group);
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
                             .n_runs = bwi_phase_runs(s->runs, p->axis, c),
                             .runs = s->runs};
    bwi_gemm_pack((float *)block + p->packed_offset, &p->gemm, &right);
  }
  return BW_OK;
}

/* --- running --- */

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
  const bwi_phase_axis *y = &p->axis[0], *x = &p->axis[1];
  if (at->i == y->count) {
    at->i = 0;
    at->image++;
  }
  const int64_t line = at->image * c->out[0] + y->out_first + at->i * y->out_step;
  at->j = 0;
  at->row =
      padded + (at->image * s->padding.extent[0] + at->i * y->step) * s->padding.extent[1] * c->channels;
  at->at = (line * c->out[1] + x->out_first) * c->out_channels;
}

/* The next n outputs: where they begin, and the left rows that make them. A line at a time, so that no pixel
 * costs more than an addition. */
static void take_rows(cursor *at, const direct *s, const part *p, const float *padded, int64_t n,
                      const float **rows, int64_t *offsets) {
  const bwi_phase_axis *x = &p->axis[1];
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

/* Where some outputs of a part begin, counted from its first column, and the left rows that make them. */
typedef struct outputs {
  uint32_t count;
  const float *rows[BWI_GEMM_ROWS];
  int64_t offsets[BWI_GEMM_ROWS];
} outputs;

/* out and e begin at the part's first column. */
static void multiply(const direct *s, const part *p, const outputs *o, float *out,
                     const bwi_convolution_epilogue *e) {
  float *outs[BWI_GEMM_ROWS];
  const float *residual[BWI_GEMM_ROWS];
  const uint8_t *mask[BWI_GEMM_ROWS];
  for (uint32_t k = 0; k < o->count; k++) outs[k] = out + o->offsets[k];
  for (uint32_t k = 0; e->residual != NULL && k < o->count; k++) residual[k] = e->residual + o->offsets[k];
  for (uint32_t k = 0; e->mask != NULL && k < o->count; k++) mask[k] = e->mask + o->offsets[k];
  const bwi_gemm_block block = {o->count, o->rows, outs, e->residual != NULL ? residual : NULL,
                                e->mask != NULL ? mask : NULL};
  bwi_gemm_rows(&p->gemm, &block, (bwi_epilogue){e->bias, s->c.relu});
}

/* The outputs of a part for some images. */
static void run_part(const direct *s, const part *p, int64_t n_images, const float *padded, float *out,
                     const bwi_convolution_epilogue *e) {
  const int64_t total = n_images * p->axis[0].count * p->axis[1].count;
  outputs o;
  cursor at = {.image = 0};
  if (total > 0) begin_line(&at, s, p, padded);
  for (int64_t first = 0; first < total; first += o.count) {
    o.count = (uint32_t)(total - first < BWI_GEMM_ROWS ? total - first : BWI_GEMM_ROWS);
    take_rows(&at, s, p, padded, o.count, o.rows, o.offsets);
    multiply(s, p, &o, out, e);
  }
}

static size_t scratch_bytes(const direct *s) {
  if (!is_padded(s)) return 0;
  return (size_t)(s->images * bwi_padded_count(&s->padding, &s->c)) * sizeof(float);
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const direct *s = state;
  const bwi_convolution *c = &s->c;
  const int64_t out_image = c->out[0] * c->out[1] * c->out_channels;
  const bwi_convolution_epilogue all = bwi_convolution_epilogue_of(c, in);
  memset(scratch, 0, scratch_bytes(s));
  for (int64_t first = 0; first < c->batch; first += s->images) {
    const int64_t count = c->batch - first < s->images ? c->batch - first : s->images;
    const float *padded = in[0];
    if (is_padded(s)) {
      bwi_pad_images(scratch, &s->padding, c, in[0], first, count);
      padded = scratch;
    }
    for (uint32_t i = 0; i < s->n_parts; i++) {
      const part *p = &s->parts[i];
      const int64_t column = p->group * p->gemm.n_columns, at = first * out_image + column;
      const bwi_convolution_epilogue e = advance(all, at, column);
      run_part(s, p, count, padded, (float *)out + at, &e);
    }
  }
  return BW_OK;
}

/* --- updates --- */

static bwi_sliding sliding_of(const bwi_convolution *c) {
  bwi_sliding w;
  for (int d = 0; d < 2; d++) {
    w.in[d] = c->in[d];
    w.out[d] = c->out[d];
    w.extent[d] = c->kernel[d];
    w.stride[d] = c->stride[d];
    w.low[d] = c->low[d];
    w.dilation[d] = c->dilation[d];
  }
  return w;
}

static bool can_update(const bwi_convolution *c) {
  const bwi_sliding w = sliding_of(c);
  return c->input_dilation[0] == 1 && c->input_dilation[1] == 1 && bwi_changes_fit(&w);
}

/* Copies the pixels of the images that changed into the padded ones. */
static void update_padded(const direct *s, const float *x, const uint64_t *changed, float *padded) {
  const bwi_convolution *c = &s->c;
  const bwi_padding *p = &s->padding;
  for (int64_t line = 0; line < c->batch * c->in[0]; line++) {
    const int64_t image = line / c->in[0], y = line % c->in[0];
    const int64_t to = (image * p->extent[0] + p->before[0] + y) * p->extent[1] + p->before[1];
    uint64_t left = changed[line];
    for (int64_t first, end; bwi_changes_take(&left, &first, &end);)
      memcpy(padded + (to + first) * c->channels, x + (line * c->in[1] + first) * c->channels,
             (size_t)((end - first) * c->channels) * sizeof *x);
  }
}

/* The outputs of a part in the pixels that are set. */
static void update_part(const direct *s, const part *p, const uint64_t *changed, const float *padded,
                        float *out, const bwi_convolution_epilogue *e) {
  const bwi_convolution *c = &s->c;
  const int64_t image_count = bwi_padded_count(&s->padding, c), step = p->axis[1].step * c->channels,
                line_step = p->axis[0].step * s->padding.extent[1] * c->channels;
  outputs o = {0};
  for (int64_t line = 0; line < c->batch * c->out[0]; line++) {
    const float *row = padded + line / c->out[0] * image_count + line % c->out[0] * line_step;
    for (uint64_t left = changed[line]; left != 0; left &= left - 1) {
      const int64_t x = __builtin_ctzll(left);
      o.rows[o.count] = row + x * step;
      o.offsets[o.count++] = (line * c->out[1] + x) * c->out_channels;
      if (o.count < BWI_GEMM_ROWS) continue;
      multiply(s, p, &o, out, e);
      o.count = 0;
    }
  }
  if (o.count > 0) multiply(s, p, &o, out, e);
}

static bw_status update(void *state, const void *const *in, void *out, void *scratch, const uint64_t *changed,
                        uint64_t *out_changed) {
  const direct *s = state;
  const bwi_convolution *c = &s->c;
  const bwi_sliding w = sliding_of(c);
  const bwi_convolution_epilogue all = bwi_convolution_epilogue_of(c, in);
  if (is_padded(s)) update_padded(s, in[0], changed, scratch);
  for (int64_t n = 0; n < c->batch; n++)
    bwi_changes_slide(out_changed + n * c->out[0], &w, changed + n * c->in[0]);
  for (uint32_t i = 0; i < s->n_parts; i++) {
    const int64_t column = s->parts[i].group * s->parts[i].gemm.n_columns;
    const bwi_convolution_epilogue e = advance(all, column, column);
    update_part(s, &s->parts[i], out_changed, is_padded(s) ? scratch : in[0], (float *)out + column, &e);
  }
  return BW_OK;
}

/* --- life --- */

static void free_state(void *state) {
  direct *s = state;
  if (s == NULL) return;
  bwi_free(s->parts);
  bwi_free(s->segments);
  bwi_free(s->runs);
  bwi_free(s);
}

/* The geometry, and the weights packed for it. */
static bw_status make_state(direct **out, const bwi_convolution *c, const bwi_simd *simd, bool keeps,
                            bwi_weights *weights, bw_error *err) {
  bw_status status = BW_ENOMEM;
  const void *packed = NULL;
  const int64_t n_phases = bwi_phase_count(c), n_taps = c->kernel[0] * c->kernel[1];
  if (n_phases > MOST_PHASES) return BW_FAIL(err, BW_EUNSUPPORTED, "input dilation of too many phases");
  direct *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
  s->c = *c;
  s->keeps = keeps;
  s->n_parts = (uint32_t)(n_phases * c->groups);
  s->parts = bwi_alloc(s->n_parts, sizeof *s->parts);
  s->segments = bwi_alloc((size_t)c->groups * bwi_phase_segments_most(c), sizeof *s->segments);
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
  BW_TRY(make_state(&s, c, simd, false, weights, err));
  *out = s->parts[0].gemm.packed;
  free_state(s);
  return BW_OK;
}

bw_status bwi_bind_direct(bwi_kernel *out, const bwi_convolution *c, const bwi_simd *simd, bool updates,
                          bwi_weights *weights, bw_error *err) {
  direct *s = NULL;
  updates = updates && can_update(c);
  BW_TRY(make_state(&s, c, simd, updates, weights, err));
  *out = (bwi_kernel){.run = run,
                      .update = updates ? update : NULL,
                      .free = free_state,
                      .state = s,
                      .scratch_bytes = scratch_bytes(s),
                      .in_place = -1,
                      .name = simd->bfloat16 ? "direct bfloat16" : "direct"};
  return BW_OK;
}
