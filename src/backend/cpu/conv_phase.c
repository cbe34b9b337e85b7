/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/cpu/conv_phase.h"

#include <string.h>

/* --- phases --- */

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

static bwi_phase_axis axis_of(const bwi_convolution *c, int d, int64_t r) {
  const int64_t dilated = c->input_dilation[d], period = period_of(c, d);
  const int64_t shared = gcd(c->dilation[d], dilated);
  bwi_phase_axis a = {.out_first = r,
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

int64_t bwi_phase_count(const bwi_convolution *c) {
  return period_of(c, 0) * period_of(c, 1);
}

void bwi_phase_at(bwi_phase_axis axis[2], const bwi_convolution *c, int64_t index) {
  axis[0] = axis_of(c, 0, index / period_of(c, 1));
  axis[1] = axis_of(c, 1, index % period_of(c, 1));
}

/* --- padding --- */

/* Axis by axis: phases along one are the same whichever they meet along the other. */
bwi_padding bwi_padding_of(const bwi_convolution *c) {
  bwi_padding p = {.extent = {c->in[0], c->in[1]}};
  for (int d = 0; d < 2; d++) {
    for (int64_t r = 0; r < period_of(c, d); r++) {
      const bwi_phase_axis a = axis_of(c, d, r);
      if (a.n_taps == 0 || a.count == 0) continue;
      const int64_t lowest = a.shift_first;
      const int64_t highest = (a.count - 1) * a.step + a.shift_first + (a.n_taps - 1) * a.shift_step;
      if (-lowest > p.before[d]) p.before[d] = -lowest;
      if (highest >= p.extent[d]) p.extent[d] = highest + 1; /* without the zeros before, added at the end */
    }
    p.extent[d] += p.before[d];
  }
  return p;
}

bool bwi_padding_is_none(const bwi_padding *p, const bwi_convolution *c) {
  return p->extent[0] == c->in[0] && p->extent[1] == c->in[1];
}

int64_t bwi_padded_count(const bwi_padding *p, const bwi_convolution *c) {
  return p->extent[0] * p->extent[1] * c->channels;
}

void bwi_pad_images(float *to, const bwi_padding *p, const bwi_convolution *c, const float *x, int64_t first,
                    int64_t count) {
  const int64_t line = c->in[1] * c->channels, padded_line = p->extent[1] * c->channels;
  x += first * c->in[0] * line;
  to += p->before[0] * padded_line + p->before[1] * c->channels;
  for (int64_t n = 0; n < count; n++, to += bwi_padded_count(p, c))
    for (int64_t y = 0; y < c->in[0]; y++, x += line)
      memcpy(to + y * padded_line, x, (size_t)line * sizeof *x);
}

/* --- what a phase reads --- */

/* Taps next to each other in x are one segment where they are next to each other in memory. */
uint32_t bwi_phase_segments(bwi_segment *segments, const bwi_phase_axis axis[2], const bwi_convolution *c,
                            const bwi_padding *p, int64_t group) {
  const bwi_phase_axis *y = &axis[0], *x = &axis[1];
  const int64_t channels = c->channels / c->groups;
  const bool joined = c->groups == 1 && x->shift_step == 1;
  const int64_t pieces = joined && x->n_taps > 0 ? 1 : x->n_taps;
  uint32_t count = 0;
  for (int64_t i = 0; i < y->n_taps; i++) {
    const int64_t line = p->before[0] + y->shift_first + i * y->shift_step;
    for (int64_t j = 0; j < pieces; j++) {
      const int64_t pixel = line * p->extent[1] + p->before[1] + x->shift_first + j * x->shift_step;
      count = bwi_segments_add(segments, count, pixel * c->channels + group * channels,
                               joined ? x->n_taps * channels : channels);
    }
  }
  return count;
}

size_t bwi_phase_segments_most(const bwi_convolution *c) {
  return (size_t)(c->kernel[0] * c->kernel[1]) * bwi_segments_needed(c->channels / c->groups);
}

uint32_t bwi_phase_runs(bwi_right_run *runs, const bwi_phase_axis axis[2], const bwi_convolution *c) {
  const int64_t channels = c->channels / c->groups;
  uint32_t count = 0;
  for (int64_t i = 0; i < axis[0].n_taps; i++) {
    const int64_t ky = axis[0].k_first + i * axis[0].k_step;
    for (int64_t j = 0; j < axis[1].n_taps; j++) {
      const int64_t kx = axis[1].k_first + j * axis[1].k_step;
      const int64_t tap = ky * c->kernel[1] + kx, last = c->kernel[0] * c->kernel[1] - 1;
      runs[count++] = (bwi_right_run){(c->flip ? last - tap : tap) * channels, channels};
    }
  }
  return count;
}
