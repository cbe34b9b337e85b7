/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's quantisation. Affine: value q of a group stands for scale * q + bias. The others are those of the
 * Open Compute Project's Microscaling Formats (v1.0) and of NVFP4: q is a small float, times a scale that is
 * one too. The q of a row are packed from the lowest bit on without gaps, so one of 3, 5 or 6 bits may lie
 * across two bytes or words. */
#include <math.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_iterate.h"
#include "backend/ref/ref_product.h"

typedef enum mode { AFFINE, MXFP4, MXFP8, NVFP4 } mode;

typedef struct quantized {
  const uint32_t *words;
  const void *scales, *biases;
  bw_dtype dtype; /* of the scales and biases */
  int64_t group, bits, words_a_row, columns;
  mode mode;
} quantized;

/* The packed operand is k, then its scales and biases. */
static quantized packed_operand(const bwi_ref_call *call, uint32_t k) {
  const bwi_dims *shape = &call->operand[k]->shape;
  quantized q = {.words = call->in[k],
                 .scales = call->in[k + 1],
                 .dtype = call->operand[k + 1]->dtype,
                 .group = call->node->params->i[0],
                 .bits = call->node->params->i[1],
                 .words_a_row = shape->v[shape->n - 1],
                 .mode = (mode)call->node->params->i[2]};
  if (q.mode == AFFINE) q.biases = call->in[k + 2];
  q.columns = q.words_a_row * 32 / q.bits;
  return q;
}

/* A float of so many bits after its sign, none of which stands for infinity or NaN. */
static double small_float(uint64_t code, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (int)(code >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = (int)code & ((1 << mantissa_bits) - 1);
  const int whole = exponent == 0 ? mantissa : mantissa | 1 << mantissa_bits;
  const double size = ldexp(whole, (exponent == 0 ? 1 : exponent) - bias - mantissa_bits);
  return (code >> (exponent_bits + mantissa_bits) & 1) != 0 ? -size : size;
}

static double e2m1(uint64_t code) {
  return small_float(code, 2, 1);
}

static double e4m3(uint64_t code) {
  return (code & 0x7F) == 0x7F ? (double)NAN : small_float(code, 4, 3);
}

/* An exponent only; the greatest is infinite, as MLX has it. */
static double e8m0(uint8_t code) {
  return code == UINT8_MAX ? (double)INFINITY : ldexp(1, code - 127);
}

static double floating_value(const quantized *q, uint64_t code, int64_t table) {
  const uint8_t scale = ((const uint8_t *)q->scales)[table];
  const double value = q->mode == MXFP8 ? e4m3(code) : e2m1(code);
  return value * (q->mode == NVFP4 ? e4m3(scale) : e8m0(scale));
}

/* `row` counts through all leading axes. */
static double value_at(const quantized *q, int64_t row, int64_t column) {
  const int64_t bit = column * q->bits, word = row * q->words_a_row + bit / 32, shift = bit % 32;
  uint64_t window = q->words[word];
  if (shift + q->bits > 32) window |= (uint64_t)q->words[word + 1] << 32;
  const uint64_t level = window >> shift & ((UINT64_C(1) << q->bits) - 1);
  const int64_t table = (row * q->columns + column) / q->group;
  if (q->mode != AFFINE) return floating_value(q, level, table);
  double scale, bias;
  bwi_load_real(&scale, q->scales, q->dtype, table, 1, 1);
  bwi_load_real(&bias, q->biases, q->dtype, table, 1, 1);
  return scale * (double)level + bias;
}

bw_status bwi_ref_dequantize(const bwi_ref_call *call) {
  const quantized q = packed_operand(call, 0);
  const int64_t count = bwi_node_count(call->node);
  for (int64_t i = 0; i < count; i++) {
    const double value = value_at(&q, i / q.columns, i % q.columns);
    bwi_store_real(call->out, call->node->dtype, i, 1, &value, 1);
  }
  return BW_OK;
}

/* One batch: the packed matrix starts at first_row. */
static void multiply_quantized(const bwi_product *p, const quantized *q, int64_t first_row, bool transpose,
                               void *scratch) {
  double *row = scratch, *panel = row + p->inner;
  for (int64_t j = 0; j < p->columns; j += BWI_PANEL) {
    const int64_t width = p->columns - j < BWI_PANEL ? p->columns - j : BWI_PANEL;
    for (int64_t k = 0; k < p->inner; k++)
      for (int64_t c = 0; c < width; c++)
        panel[k * width + c] =
            transpose ? value_at(q, first_row + j + c, k) : value_at(q, first_row + k, j + c);
    bwi_multiply_panel(p, panel, row, j, width);
  }
}

bw_status bwi_ref_quantized_matmul(const bwi_ref_call *call) {
  const quantized q = packed_operand(call, 1);
  const bool transpose = call->node->params->i[3] != 0;
  bwi_dims x = call->operand[0]->shape, w = call->operand[1]->shape, leading = call->node->shape;
  const int64_t inner = x.v[x.n - 1], rows = x.n > 1 ? x.v[x.n - 2] : 1, packed_rows = w.v[w.n - 2];
  bwi_product p = {.rows = rows,
                   .inner = inner,
                   .columns = leading.v[leading.n - 1],
                   .a = {.data = call->in[0], .dtype = call->operand[0]->dtype, .row = inner, .column = 1},
                   .alpha = 1,
                   .out = call->out,
                   .dtype = call->node->dtype};
  /* Leading axes count whole matrices; a vector has no axis of rows, and so has its product. */
  leading.n -= x.n > 1 ? 2 : 1;
  x.n -= x.n > 1 ? 2 : 1;
  w.n -= 2;
  const bwi_dims strides[2] = {bwi_broadcast_strides(&x, &leading), bwi_broadcast_strides(&w, &leading)};
  bwi_walk walk;
  bwi_walk_begin(&walk, &leading, 2, strides);
  while (bwi_walk_next(&walk)) {
    for (int64_t i = 0; i < walk.row; i++) {
      p.a.offset = (walk.offset[0] + i * walk.step[0]) * rows * inner;
      multiply_quantized(&p, &q, (walk.offset[1] + i * walk.step[1]) * packed_rows, transpose, call->scratch);
      p.out_offset += rows * p.columns;
    }
  }
  return BW_OK;
}
