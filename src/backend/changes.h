/* SPDX-License-Identifier: Apache-2.0 */
/* Which pixels of a batch of images (n, height, width, channels) differ from an earlier batch: a word for
 * each line of each image, bit x for pixel x. Attacks that change a few pixels at a time compute only what
 * depends on them. */
#ifndef BACKEND_CHANGES_H
#define BACKEND_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

/* Wider images have no word for a line. */
#define BWI_CHANGES_WIDTH 64

/* A window that slides over images: output (y, x) reads input (y * stride[0] - low[0] + i * dilation[0],
 * x * stride[1] - low[1] + j * dilation[1]) for i < extent[0] and j < extent[1], as far as there is one. */
typedef struct bwi_sliding {
  int64_t in[2], out[2], extent[2], stride[2], low[2], dilation[2];
} bwi_sliding;

/* Whether the lines of input and output have words, margins included. */
bool bwi_changes_fit(const bwi_sliding *w);
/* Writes which outputs of one image (out[0] words) read a pixel that changed (in[0] words). */
void bwi_changes_slide(uint64_t *out, const bwi_sliding *w, const uint64_t *in);

/* Writes which pixels differ (height words), each of so many bytes; returns how many do. */
uint64_t bwi_changes_find(uint64_t *out, const void *before, const void *after, int64_t height, int64_t width,
                          int64_t pixel_bytes);

/* Takes a run of neighbouring set bits, the lowest, out of a line: [*first, *end). False if it is empty. */
bool bwi_changes_take(uint64_t *line, int64_t *first, int64_t *end);

#endif
