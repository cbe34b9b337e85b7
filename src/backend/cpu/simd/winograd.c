/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms of Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016, "Fast algorithms for
 * convolutional neural networks") with six points, for kernels of 3, 4 or 5 taps, vectorised over channels.
 *
 * Differs: the points are 0, +-1/sqrt(2), +-sqrt(2) and infinity instead of 0, +-1, +-2 and infinity. Their
 * polynomial is x (x^4 - 2.5 x^2 + 1), whose coefficients are small, so the error is about twice that of
 * direct summation instead of five times. */
#include "backend/cpu/simd/epilogue.h"
#include "backend/cpu/simd/table.h"

enum { POINTS = BWI_WINOGRAD_POINTS, MOST_OUT = BWI_WINOGRAD_POINTS - 2, MOST_TAPS = 5 };

static const float SMALL = 0.70710678118654752f, LARGE = 1.41421356237309505f;

/* out[p] = sum over taps k of p^k g[k], over the derivative of the points' polynomial at p, a factor that the
 * other transforms leave to this one. Infinity takes the last tap. Absent taps are zero. */
INLINE void transform_weights(vf out[POINTS], const vf g[MOST_TAPS], const uint32_t n_taps) {
  const vf small_even = g[0] + 0.5f * g[2] + 0.25f * g[4], small_odd = SMALL * (g[1] + 0.5f * g[3]);
  const vf large_even = g[0] + 2.0f * g[2] + 4.0f * g[4], large_odd = LARGE * (g[1] + 2.0f * g[3]);
  out[0] = g[0];
  out[1] = (-1 / 1.5f) * (small_even + small_odd);
  out[2] = (-1 / 1.5f) * (small_even - small_odd);
  out[3] = (1 / 6.0f) * (large_even + large_odd);
  out[4] = (1 / 6.0f) * (large_even - large_odd);
  out[5] = g[n_taps - 1];
}

INLINE void transform_in(vf out[POINTS], const vf x[POINTS]) {
  const vf small_even = x[4] - 2.0f * x[2], small_odd = x[3] - 2.0f * x[1];
  const vf large_even = x[4] - 0.5f * x[2], large_odd = x[3] - 0.5f * x[1];
  out[0] = x[0] - 2.5f * x[2] + x[4];
  out[1] = small_even + SMALL * small_odd;
  out[2] = small_even - SMALL * small_odd;
  out[3] = large_even + LARGE * large_odd;
  out[4] = large_even - LARGE * large_odd;
  out[5] = x[1] - 2.5f * x[3] + x[5];
}

/* out[k] = sum over points p of p^k x[p], for n_out = 7 - taps outputs; infinity counts in the last one. */
INLINE void transform_out(vf out[MOST_OUT], const vf x[POINTS], const uint32_t n_out) {
  const vf small_even = x[1] + x[2], small_odd = SMALL * (x[1] - x[2]);
  const vf large_even = x[3] + x[4], large_odd = LARGE * (x[3] - x[4]);
  out[0] = x[0] + small_even + large_even;
  out[1] = small_odd + large_odd;
  out[2] = 0.5f * small_even + 2.0f * large_even;
  out[3] = 0.5f * small_odd + 2.0f * large_odd;
  out[n_out - 1] += x[5];
}

INLINE void weights_points(const bwi_winograd_weights *t, const uint32_t n_taps) {
  for (int64_t k = 0; k < t->count; k += LANES) {
    vf half[POINTS][MOST_TAPS] = {{vf_all(0.0f)}}; /* transposed: [point of x][line] */
    UNROLL for (uint32_t i = 0; i < n_taps; i++) {
      vf line[MOST_TAPS] = {vf_all(0.0f)}, points[POINTS];
      UNROLL for (uint32_t j = 0; j < n_taps; j++) line[j] = vf_load(t->taps[i * n_taps + j] + k);
      transform_weights(points, line, n_taps);
      UNROLL for (uint32_t j = 0; j < POINTS; j++) half[j][i] = points[j];
    }
    UNROLL for (uint32_t j = 0; j < POINTS; j++) {
      vf points[POINTS];
      transform_weights(points, half[j], n_taps);
      UNROLL for (uint32_t i = 0; i < POINTS; i++)
          vf_store(t->out + (i * POINTS + j) * t->point_stride + k, points[i]);
    }
  }
}

void VARIANT(winograd_weights)(const bwi_winograd_weights *t) {
  switch (t->n_taps) {
    case 3: weights_points(t, 3); break;
    case 4: weights_points(t, 4); break;
    default: weights_points(t, 5); break;
  }
}

INLINE void in_channels(const bwi_winograd_in *t, int64_t channel, uint32_t lanes) {
  vf half[POINTS][POINTS]; /* transposed: [point of x][line] */
  UNROLL for (uint32_t i = 0; i < POINTS; i++) {
    vf line[POINTS], points[POINTS];
    UNROLL for (uint32_t j = 0; j < POINTS; j++) line[j] =
        vf_load_n(t->pixels[i * POINTS + j] + t->first_channel + channel, lanes);
    transform_in(points, line);
    UNROLL for (uint32_t j = 0; j < POINTS; j++) half[j][i] = points[j];
  }
  UNROLL for (uint32_t j = 0; j < POINTS; j++) {
    vf points[POINTS];
    transform_in(points, half[j]);
    UNROLL for (uint32_t i = 0; i < POINTS; i++)
        vf_store_n(t->out + (i * POINTS + j) * t->point_stride + channel, points[i], lanes);
  }
}

void VARIANT(winograd_in)(const bwi_winograd_in *t) {
  int64_t channel = 0;
  for (; channel + LANES <= t->n_channels; channel += LANES) in_channels(t, channel, LANES);
  if (channel < t->n_channels) in_channels(t, channel, (uint32_t)(t->n_channels - channel));
}

INLINE void finish_pixel(const bwi_winograd_out *t, uint32_t pixel, int64_t channel, vf v, uint32_t lanes) {
  if (t->out[pixel] == NULL) return;
  if (t->bias != NULL) v += vf_load_n(t->bias + channel, lanes);
  finish_lanes(v, t->out[pixel] + channel, t->residual[pixel] != NULL ? t->residual[pixel] + channel : NULL,
               t->relu, t->mask[pixel] != NULL ? t->mask[pixel] + channel : NULL, lanes);
}

INLINE void out_channels(const bwi_winograd_out *t, int64_t channel, const uint32_t n_out, uint32_t lanes) {
  vf half[MOST_OUT][POINTS]; /* transposed: [column][point of y] */
  UNROLL for (uint32_t i = 0; i < POINTS; i++) {
    vf points[POINTS], line[MOST_OUT];
    UNROLL for (uint32_t j = 0; j < POINTS; j++) points[j] =
        vf_load_n(t->in + (i * POINTS + j) * t->point_stride + channel, lanes);
    transform_out(line, points, n_out);
    UNROLL for (uint32_t j = 0; j < n_out; j++) half[j][i] = line[j];
  }
  UNROLL for (uint32_t j = 0; j < n_out; j++) {
    vf column[MOST_OUT];
    transform_out(column, half[j], n_out);
    UNROLL for (uint32_t i = 0; i < n_out; i++) finish_pixel(t, i * n_out + j, channel, column[i], lanes);
  }
}

INLINE void out_tile(const bwi_winograd_out *t, const uint32_t n_out) {
  int64_t channel = 0;
  for (; channel + LANES <= t->n_channels; channel += LANES) out_channels(t, channel, n_out, LANES);
  if (channel < t->n_channels) out_channels(t, channel, n_out, (uint32_t)(t->n_channels - channel));
}

void VARIANT(winograd_out)(const bwi_winograd_out *t) {
  switch (t->n_out) {
    case 4: out_tile(t, 4); break;
    case 3: out_tile(t, 3); break;
    default: out_tile(t, 2); break;
  }
}
