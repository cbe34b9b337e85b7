/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution to very few channels as dot products: what the input gradient of a network's first layer is.
 * Direct convolution would fill a lane or three of each vector. The geometry is conv_phase.h's. */
#include <string.h>

#include "backend/cpu/conv_phase.h"
#include "base/memory.h"

enum { MOST_PHASES = 64 };

typedef struct phase {
  bwi_phase_axis axis[2];
  uint32_t n_segments;
  const bwi_segment *segments;
  int64_t first_vector; /* of its weights among all phases' */
} phase;

typedef struct dots {
  bwi_convolution c;
  const bwi_simd *simd;
  bwi_padding padding;
  uint32_t n_phases;
  phase *phases;
  bwi_segment *segments;
  bwi_right_run *runs; /* of one phase, while its weights are packed */
  int64_t n_vectors;   /* of one filter's weights, for all phases together */
  int64_t slack;       /* floats that are read past an image */
  const float *packed;
} dots;

/* --- running --- */

/* What scratch holds: an image with zeros around, what is read past it, and a line of one phase's outputs. */
static int64_t scratch_count(const dots *s) {
  return bwi_padded_count(&s->padding, &s->c) + s->slack + s->c.out[1] * s->c.out_channels + BWI_DOT_ROWS;
}

static inline void put_pixels(const bwi_phase_axis *x, const float *line, int64_t n_channels, float *out) {
  out += x->out_first * n_channels;
  for (int64_t i = 0; i < x->count; i++, line += n_channels, out += x->out_step * n_channels)
    for (int64_t channel = 0; channel < n_channels; channel++) out[channel] = line[channel];
}

/* One channel is worth a loop of its own. */
static void put_line(const bwi_phase_axis *x, const float *line, int64_t n_channels, float *out) {
  if (n_channels == 1)
    put_pixels(x, line, 1, out);
  else
    put_pixels(x, line, n_channels, out);
}

static void run_phase(const dots *s, const phase *p, const float *padded, float *line, float *image) {
  const bwi_convolution *c = &s->c;
  const bwi_phase_axis *y = &p->axis[0], *x = &p->axis[1];
  bwi_dot dot = {.n_rows = x->count,
                 .n_filters = (uint32_t)c->out_channels,
                 .n_segments = p->n_segments,
                 .left_step = x->step * c->channels,
                 .segments = p->segments,
                 .weights = s->packed + p->first_vector * c->out_channels * s->simd->lanes,
                 .out = line};
  for (int64_t i = 0; i < y->count; i++) {
    dot.left = padded + i * y->step * s->padding.extent[1] * c->channels;
    s->simd->dot(&dot);
    put_line(x, line, c->out_channels,
             image + (y->out_first + i * y->out_step) * c->out[1] * c->out_channels);
  }
}

static bw_status run(void *state, const void *const *in, void *out, void *scratch) {
  const dots *s = state;
  const bwi_convolution *c = &s->c;
  const int64_t n_read = bwi_padded_count(&s->padding, c) + s->slack;
  memset(scratch, 0, (size_t)n_read * sizeof(float));
  for (int64_t n = 0; n < c->batch; n++) {
    bwi_pad_images(scratch, &s->padding, c, in[0], n, 1);
    float *image = (float *)out + n * c->out[0] * c->out[1] * c->out_channels;
    for (uint32_t i = 0; i < s->n_phases; i++)
      run_phase(s, &s->phases[i], scratch, (float *)scratch + n_read, image);
  }
  return BW_OK;
}

/* --- binding --- */

static int64_t vectors_of(const dots *s, bwi_segment segment) {
  return (segment.length + s->simd->lanes - 1) / s->simd->lanes;
}

/* Returns the elements that the phases' outputs are sums of, together. */
static int64_t make_phases(dots *s) {
  int64_t n_elements = 0;
  bwi_segment *segments = s->segments;
  s->padding = bwi_padding_of(&s->c);
  for (uint32_t i = 0; i < s->n_phases; i++) {
    phase *p = &s->phases[i];
    bwi_phase_at(p->axis, &s->c, i);
    p->n_segments = bwi_phase_segments(segments, p->axis, &s->c, &s->padding, 0);
    p->segments = segments;
    p->first_vector = s->n_vectors;
    for (uint32_t j = 0; j < p->n_segments; j++, segments++) {
      s->n_vectors += vectors_of(s, *segments);
      n_elements += segments->length;
    }
    const int64_t slack = BWI_DOT_ROWS * p->axis[1].step * s->c.channels;
    if (slack > s->slack) s->slack = slack;
  }
  return n_elements;
}

/* Element k of a phase is channel k % channels of run k / channels. */
static void pack_filter(const dots *s, const phase *p, int64_t filter, float *packed) {
  const bwi_convolution *c = &s->c;
  const int64_t lanes = s->simd->lanes;
  const float *weights = c->weights + filter * c->kernel[0] * c->kernel[1] * c->channels;
  float *to = packed + (p->first_vector * c->out_channels + filter) * lanes;
  int64_t k = 0;
  for (uint32_t j = 0; j < p->n_segments; j++) {
    for (int64_t i = 0; i < p->segments[j].length; i++, k++)
      to[i / lanes * c->out_channels * lanes + i % lanes] =
          weights[s->runs[k / c->channels].offset + k % c->channels];
    to += vectors_of(s, p->segments[j]) * c->out_channels * lanes;
  }
}

static bw_status pack(void *payload, void *block, bw_error *err) {
  (void)err;
  const dots *s = payload;
  for (uint32_t i = 0; i < s->n_phases; i++) {
    bwi_phase_runs(s->runs, s->phases[i].axis, &s->c);
    for (int64_t filter = 0; filter < s->c.out_channels; filter++)
      pack_filter(s, &s->phases[i], filter, block);
  }
  return BW_OK;
}

static void free_state(void *state) {
  dots *s = state;
  if (s == NULL) return;
  bwi_free(s->phases);
  bwi_free(s->segments);
  bwi_free(s->runs);
  bwi_free(s);
}

bw_status bwi_bind_dots(bwi_kernel *out, const bwi_convolution *c, bwi_weights *weights, bw_error *err) {
  if (c->out_channels > BWI_DOT_FILTERS || c->groups != 1 || c->bias != 0 || bwi_phase_count(c) > MOST_PHASES)
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a convolution to few channels");
  const void *packed = NULL;
  bw_status status = BW_ENOMEM;
  dots *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
  s->c = *c;
  s->simd = bwi_simd_best();
  s->n_phases = (uint32_t)bwi_phase_count(c);
  s->phases = bwi_alloc(s->n_phases, sizeof *s->phases);
  s->segments = bwi_alloc(bwi_phase_segments_most(c), sizeof *s->segments);
  s->runs = bwi_alloc((size_t)(c->kernel[0] * c->kernel[1]), sizeof *s->runs);
  if (s->phases == NULL || s->segments == NULL || s->runs == NULL) {
    BW_FAIL(err, BW_ENOMEM, "out of memory for a convolution");
    goto out;
  }
  if (make_phases(s) < s->n_vectors * c->out_channels) {
    status = BW_FAIL(err, BW_EUNSUPPORTED, "sums too short for vectors");
    goto out;
  }
  status = bwi_weights_get(&packed, weights, c->weights, "dots", bwi_convolution_variant(c),
                           (size_t)(s->n_vectors * c->out_channels * s->simd->lanes) * sizeof(float), pack, s,
                           err);
  if (status != BW_OK) goto out;
  s->packed = packed;
  *out = (bwi_kernel){.run = run,
                      .free = free_state,
                      .state = s,
                      .scratch_bytes = (size_t)scratch_count(s) * sizeof(float),
                      .in_place = -1,
                      .name = "dots"};
  s = NULL;
out:
  free_state(s);
  return status;
}
