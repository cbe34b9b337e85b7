/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products over the last two axes; leading axes are batches. */
#include "graph/family.h"

/* The shape of a @ b: batches broadcast, the last two axes multiply. */
static bw_status product_shape(bwi_dims *out, const bwi_node *a, const bwi_node *b, bw_error *err) {
  BW_TRY(bwi_check_rank(a, 2, BW_MAX_RANK, "the left operand", err));
  BW_TRY(bwi_check_rank(b, 2, BW_MAX_RANK, "the right operand", err));
  const bwi_dims *s = &a->shape, *t = &b->shape;
  BW_TRY(bwi_check_range(t->v[t->n - 2], s->v[s->n - 1], s->v[s->n - 1], "inner extent", err));
  bwi_dims left = *s, right = *t;
  left.n -= 2;
  right.n -= 2;
  BW_TRY(bwi_check_broadcast(out, &left, &right, err));
  out->v[out->n++] = s->v[s->n - 2];
  out->v[out->n++] = t->v[t->n - 1];
  return BW_OK;
}

static bw_status infer_matmul(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)params;
  BW_TRY(bwi_check_same_float(n_in, in, err));
  out->dtype = in[0]->dtype;
  return product_shape(&out->shape, in[0], in[1], err);
}

static bw_status infer_addmm(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_same_float(n_in, in, err));
  BW_TRY(bwi_check_finite(params->f[0], "alpha", err));
  BW_TRY(bwi_check_finite(params->f[1], "beta", err));
  out->dtype = in[0]->dtype;
  BW_TRY(product_shape(&out->shape, in[0], in[1], err));
  return bwi_check_broadcast_to(&in[2]->shape, &out->shape, "the addend", err);
}

/* A mask has one element a block of a (rows, columns) matrix, and the matrix's batches. */
static bw_status check_block_mask(const bwi_node *mask, const bwi_dims *matrix, int64_t block,
                                  bw_error *err) {
  bwi_dims blocks = *matrix;
  for (uint32_t d = matrix->n - 2; d < matrix->n; d++) blocks.v[d] = (matrix->v[d] + block - 1) / block;
  return bwi_check_broadcast_to(&mask->shape, &blocks, "a block mask", err);
}

static bw_status infer_block_masked(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                    bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  const bool has_out_mask = n_in == 3 || n_in == 5, has_operand_masks = n_in >= 4;
  BW_TRY(bwi_check_same_float(2, in, err));
  if (params->i[0] != 32 && params->i[0] != 64)
    return BW_FAIL(err, BW_EFORMAT, "the block size must be 32 or 64");
  out->dtype = in[0]->dtype;
  BW_TRY(product_shape(&out->shape, in[0], in[1], err));
  for (uint32_t k = 2; k < n_in; k++)
    if (in[k]->dtype != BW_BOOL) BW_TRY(bwi_check_same_dtype(in[0], in[k], err));
  if (has_out_mask) BW_TRY(check_block_mask(in[2], &out->shape, params->i[0], err));
  if (has_operand_masks) {
    BW_TRY(check_block_mask(in[n_in - 2], &in[0]->shape, params->i[0], err));
    BW_TRY(check_block_mask(in[n_in - 1], &in[1]->shape, params->i[0], err));
  }
  return BW_OK;
}

static bw_status infer_gather_mm(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *a = &in[0]->shape, *b = &in[1]->shape, *indices = &in[2]->shape;
  BW_TRY(bwi_check_same_float(2, in, err));
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "left sorted", err));
  BW_TRY(bwi_check_range(params->i[1], 0, 1, "right sorted", err));
  BW_TRY(bwi_check_rank(in[0], 2, BW_MAX_RANK, "the left operand", err));
  BW_TRY(bwi_check_rank(in[1], 2, BW_MAX_RANK, "the right operand", err));
  BW_TRY(bwi_check_range(b->v[b->n - 2], a->v[a->n - 1], a->v[a->n - 1], "inner extent", err));
  BW_TRY(bwi_check_index(in[2], "left indices", err));
  BW_TRY(bwi_check_index(in[3], "right indices", err));
  BW_TRY(bwi_check_shape(in[3], indices, "the right indices", err));
  if (indices->n + 2 > BW_MAX_RANK) return BW_FAIL(err, BW_ELIMIT, "indices of rank %u", indices->n);
  *out = (bwi_typed_shape){in[0]->dtype, *indices};
  out->shape.v[out->shape.n++] = a->v[a->n - 2];
  out->shape.v[out->shape.n++] = b->v[b->n - 1];
  return BW_OK;
}

/* Quantised values: groups along the last axis share a scale and a bias; values are packed from the
 * lowest bit of 32-bit words. Gives the number of values in a row. */
static bw_status check_quantized(int64_t *columns, const bwi_params *params, const bwi_node *w,
                                 uint32_t n_tables, const bwi_node *const *tables, bw_error *err) {
  static const char *const modes[] = {"affine", "mxfp4", "mxfp8", "nvfp4"};
  const int64_t group = params->i[0], bits = params->i[1], mode = params->i[2];
  BW_TRY(bwi_check_range(mode, 0, 3, "mode", err));
  if (mode != 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "quantisation mode %s, only affine is supported", modes[mode]);
  if (group != 32 && group != 64 && group != 128)
    return BW_FAIL(err, BW_EFORMAT, "the group size must be 32, 64 or 128");
  if (bits < 2 || bits > 8 || bits == 7) return BW_FAIL(err, BW_EFORMAT, "bits must be 2, 3, 4, 5, 6 or 8");
  if (n_tables != 2) return BW_FAIL(err, BW_EFORMAT, "affine quantisation needs scales and biases");
  if (w->dtype != BW_U32)
    return BW_FAIL(err, BW_EFORMAT, "packed values must be uint32, not %s", bw_dtype_name(w->dtype));
  BW_TRY(bwi_check_rank(w, 2, BW_MAX_RANK, "the packed operand", err));
  BW_TRY(bwi_check_same_float(n_tables, tables, err));
  const uint32_t last = w->shape.n - 1;
  const int64_t packed_bits = w->shape.v[last] * 32;
  if (packed_bits % bits != 0 || packed_bits / bits % group != 0)
    return BW_FAIL(err, BW_EFORMAT, "a row of packed values does not divide into groups");
  *columns = packed_bits / bits;
  bwi_dims expected = w->shape;
  expected.v[last] = *columns / group;
  BW_TRY(bwi_check_shape(tables[0], &expected, "the scales", err));
  return bwi_check_shape(tables[1], &expected, "the biases", err);
}

static bw_status infer_quantized_matmul(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                        bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  int64_t columns = 0;
  BW_TRY(check_quantized(&columns, params, in[1], n_in - 2, in + 2, err));
  BW_TRY(bwi_check_range(params->i[3], 0, 1, "transpose", err));
  BW_TRY(bwi_check_same_dtype(in[0], in[2], err));
  bwi_node matrix = *in[1];
  const uint32_t last = matrix.shape.n - 1;
  const int64_t rows = matrix.shape.v[last - 1];
  matrix.shape.v[last - 1] = params->i[3] ? columns : rows;
  matrix.shape.v[last] = params->i[3] ? rows : columns;
  bwi_node x = *in[0];
  const bool is_vector = x.shape.n == 1;
  if (is_vector) x.shape = (bwi_dims){.n = 2, .v = {1, x.shape.v[0]}};
  out->dtype = x.dtype;
  BW_TRY(product_shape(&out->shape, &x, &matrix, err));
  if (!is_vector) return BW_OK;
  out->shape.v[out->shape.n - 2] = out->shape.v[out->shape.n - 1];
  out->shape.n--;
  return BW_OK;
}

static bw_status infer_dequantize(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  int64_t columns = 0;
  BW_TRY(check_quantized(&columns, params, in[0], n_in - 1, in + 1, err));
  *out = (bwi_typed_shape){in[1]->dtype, in[0]->shape};
  out->shape.v[out->shape.n - 1] = columns;
  return BW_OK;
}

static bw_status infer_hadamard(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_float(in[0], "the operand", err));
  BW_TRY(bwi_check_rank(in[0], 1, BW_MAX_RANK, "the operand", err));
  BW_TRY(bwi_check_finite(params->f[0], "scale", err));
  int64_t odd = in[0]->shape.v[in[0]->shape.n - 1];
  while (odd > 0 && odd % 2 == 0) odd /= 2;
  if (odd != 1) return BW_FAIL(err, BW_EUNSUPPORTED, "the last extent must be a power of two");
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

BWI_PRIMITIVE(AddMM, false, infer_addmm, bwi_vjp_none);
BWI_PRIMITIVE(BlockMaskedMM, false, infer_block_masked, bwi_vjp_none);
BWI_PRIMITIVE(GatherMM, false, infer_gather_mm, bwi_vjp_none);
BWI_PRIMITIVE(Matmul, false, infer_matmul, bwi_vjp_none);
BWI_PRIMITIVE(QuantizedMatmul, false, infer_quantized_matmul, bwi_vjp_none);
BWI_PRIMITIVE(Dequantize, false, infer_dequantize, bwi_vjp_none);
BWI_PRIMITIVE(Hadamard, false, infer_hadamard, bwi_vjp_none);
