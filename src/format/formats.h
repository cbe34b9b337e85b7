/* SPDX-License-Identifier: Apache-2.0 */
/* Readers and writers of array files. Each reader is strict and bounded: it refuses what it does not
 * know, trailing bytes included, and says the byte offset. */
#ifndef FORMAT_FORMATS_H
#define FORMAT_FORMATS_H

#include "base/buffer.h"
#include "base/cursor.h"

#include <bulwark/array.h>

/* A list of named arrays, as npz and safetensors hold them. */
typedef struct bwi_archive {
  size_t count;
  char **names;      /* without ".npy"; unique */
  bw_array **arrays; /* owned */
} bwi_archive;
void bwi_archive_clear(bwi_archive *archive);
const bw_array *bwi_archive_find(const bwi_archive *archive, const char *name); /* NULL if absent */
/* For readers: count empty places, each NULL until filled; cleared by bwi_archive_clear. BW_ENOMEM. */
bw_status bwi_archive_create(bwi_archive *out, size_t count, bw_error *err);

/* max_bytes bounds the decoded arrays together (compression bombs). Errors: BW_EFORMAT, BW_EUNSUPPORTED
 * (object arrays, complex, zip features), BW_ELIMIT, BW_ENOMEM; *out is untouched on failure. */
bw_status bwi_npy_read(bw_array **out, bwi_bytes bytes, size_t max_bytes, bw_error *err);
bw_status bwi_npz_read(bwi_archive *out, bwi_bytes bytes, size_t max_bytes, bw_error *err);
bw_status bwi_safetensors_read(bwi_archive *out, bwi_bytes bytes, size_t max_bytes, bw_error *err);
bw_status bwi_idx_read(bw_array **out, bwi_bytes bytes, size_t max_bytes, bw_error *err); /* plain or gzip */
/* CIFAR-10 binary batches: images (N, 3, 32, 32) u8 and labels (N) u8. */
bw_status bwi_cifar10_read(bw_array **images, bw_array **labels, bwi_bytes bytes, size_t max_bytes,
                           bw_error *err);

bw_status bwi_npy_write(bwi_buffer *out, const bw_array *array, bw_error *err);
/* Deflated when `deflate`. Deterministic: the same arrays give the same bytes. */
bw_status bwi_npz_write(bwi_buffer *out, size_t count, const char *const *names,
                        const bw_array *const *arrays, bool deflate, bw_error *err);

/* 8-bit PNG of (height, width, channels) pixels, channels 1 or 3. */
bw_status bwi_png_write(bwi_buffer *out, const uint8_t *pixels, uint32_t height, uint32_t width,
                        uint32_t channels, bw_error *err);

#endif
