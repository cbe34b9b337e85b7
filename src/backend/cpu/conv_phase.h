/* SPDX-License-Identifier: Apache-2.0 */
/* A convolution of any stride and dilation as a few ordinary ones, without the zeros between dilated inputs.
 *
 * Along one axis, output o reads input (o * stride + k * dilation - low) / input_dilation for each tap k for
 * which that is whole. With period = input_dilation / gcd(stride, input_dilation), the outputs
 * o = period * q + r of one phase r share their taps and read at q * step + shift(k): each phase is an
 * ordinary convolution with taps at a regular distance. The input gradient of a strided convolution, which
 * arrives as one of dilated input, thus splits into small dense ones. Phases multiply over the two axes.
 *
 * Padding is a copy of a few images with zeros around, so that every tap of every row is in memory. */
#ifndef BACKEND_CPU_CONV_PHASE_H
#define BACKEND_CPU_CONV_PHASE_H

#include "backend/cpu/convolution.h"
#include "backend/cpu/gemm.h"

/* One axis of one phase: taps k_first + i * k_step, i < n_taps, read at q * step + shift_first + i *
 * shift_step. */
typedef struct bwi_phase_axis {
  int64_t out_first, out_step, count;
  int64_t n_taps, k_first, k_step;
  int64_t step, shift_first, shift_step;
} bwi_phase_axis;

int64_t bwi_phase_count(const bwi_convolution *c);
/* index < bwi_phase_count */
void bwi_phase_at(bwi_phase_axis axis[2], const bwi_convolution *c, int64_t index);

/* Images with zeros around. */
typedef struct bwi_padding {
  int64_t before[2], extent[2]; /* zeros before the image; extents with all zeros */
} bwi_padding;

/* What all phases read. */
bwi_padding bwi_padding_of(const bwi_convolution *c);
bool bwi_padding_is_none(const bwi_padding *p, const bwi_convolution *c);
/* Floats of an image with its zeros. */
int64_t bwi_padded_count(const bwi_padding *p, const bwi_convolution *c);
/* Copies images [first, first + count) of x to where, among zeros that are there already, padded ones go. */
void bwi_pad_images(float *to, const bwi_padding *p, const bwi_convolution *c, const float *x, int64_t first,
                    int64_t count);

/* The elements that output (0, 0) of a phase reads of a padded image; returns how many segments. Room for
 * bwi_phase_segments_most suffices. */
uint32_t bwi_phase_segments(bwi_segment *segments, const bwi_phase_axis axis[2], const bwi_convolution *c,
                            const bwi_padding *p, int64_t group);
/* Of all phases together, of one group. */
size_t bwi_phase_segments_most(const bwi_convolution *c);
/* The runs of one filter that the segments meet, in the same order; returns how many, at most the taps. */
uint32_t bwi_phase_runs(bwi_right_run *runs, const bwi_phase_axis axis[2], const bwi_convolution *c);

#endif
