/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products over the last two axes; leading axes are batches. */
#include "graph/family.h"
#include "graph/pattern.h"

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

/* What a mode of mx.quantize allows; 0 bits or groups: several. */
static const struct {
  const char *name;
  uint32_t n_tables; /* scales, and biases where they are two */
  int64_t group, bits;
} modes[] = {{"affine", 2, 0, 0}, {"mxfp4", 1, 32, 4}, {"mxfp8", 1, 32, 8}, {"nvfp4", 1, 16, 4}};

/* The parameters of a mode: group, bits, mode. */
static bw_status check_mode(const bwi_params *params, uint32_t n_tables, bw_error *err) {
  const int64_t group = params->i[0], bits = params->i[1], mode = params->i[2];
  BW_TRY(bwi_check_range(mode, 0, 3, "mode", err));
  if (n_tables != modes[mode].n_tables)
    return BW_FAIL(err, BW_EFORMAT, "%s quantisation needs scales and %sbiases", modes[mode].name,
                   mode == 0 ? "" : "no ");
  if (mode != 0 && (group != modes[mode].group || bits != modes[mode].bits))
    return BW_FAIL(err, BW_EFORMAT, "mode %s has groups of %d values of %d bits", modes[mode].name,
                   (int)modes[mode].group, (int)modes[mode].bits);
  if (mode != 0) return BW_OK;
  if (group != 32 && group != 64 && group != 128)
    return BW_FAIL(err, BW_EFORMAT, "the group size must be 32, 64 or 128");
  if (bits < 1 || bits > 8 || bits == 7)
    return BW_FAIL(err, BW_EFORMAT, "bits must be 1, 2, 3, 4, 5, 6 or 8");
  return BW_OK;
}

/* Scales and biases: floats of the values' dtype, or scales that are small floats themselves, in bytes. */
static bw_status check_tables(bool affine, uint32_t n_tables, const bwi_node *const *tables,
                              const bwi_dims *expected, bw_error *err) {
  if (affine) {
    BW_TRY(bwi_check_same_float(n_tables, tables, err));
    BW_TRY(bwi_check_shape(tables[1], expected, "the biases", err));
  } else if (tables[0]->dtype != BW_U8) {
    return BW_FAIL(err, BW_EFORMAT, "the scales must be uint8, not %s", bw_dtype_name(tables[0]->dtype));
  }
  return bwi_check_shape(tables[0], expected, "the scales", err);
}

/* Quantised values: groups along the last axis share a scale, and a bias if the mode is affine; values are
 * packed from the lowest bit of 32-bit words. Gives the number of values in a row. */
static bw_status check_quantized(int64_t *columns, const bwi_params *params, const bwi_node *w,
                                 uint32_t n_tables, const bwi_node *const *tables, bw_error *err) {
  const int64_t group = params->i[0], bits = params->i[1];
  BW_TRY(check_mode(params, n_tables, err));
  if (w->dtype != BW_U32)
    return BW_FAIL(err, BW_EFORMAT, "packed values must be uint32, not %s", bw_dtype_name(w->dtype));
  BW_TRY(bwi_check_rank(w, 2, BW_MAX_RANK, "the packed operand", err));
  const uint32_t last = w->shape.n - 1;
  const int64_t packed_bits = w->shape.v[last] * 32;
  if (packed_bits % bits != 0 || packed_bits / bits % group != 0)
    return BW_FAIL(err, BW_EFORMAT, "a row of packed values does not divide into groups");
  *columns = packed_bits / bits;
  bwi_dims expected = w->shape;
  expected.v[last] = *columns / group;
  return check_tables(params->i[2] == 0, n_tables, tables, &expected, err);
}

/* A vector is a row that loses its axis again; MLX multiplies it by a single matrix only. */
static bw_status check_vector(const bwi_node *x, const bwi_node *packed, bw_error *err) {
  if (x->shape.n != 1 || packed->shape.n == 2) return BW_OK;
  return BW_FAIL(err, BW_EUNSUPPORTED, "a vector times a batch of packed matrices");
}

static bw_status infer_quantized_matmul(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                        bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  int64_t columns = 0;
  BW_TRY(check_quantized(&columns, params, in[1], n_in - 2, in + 2, err));
  BW_TRY(bwi_check_range(params->i[3], 0, 1, "transpose", err));
  BW_TRY(params->i[2] == 0 ? bwi_check_same_dtype(in[0], in[2], err)
                           : bwi_check_float(in[0], "the left operand", err));
  BW_TRY(check_vector(in[0], in[1], err));
  bwi_node x = *in[0], matrix = *in[1];
  if (x.shape.n == 1) x.shape = (bwi_dims){2, {1, x.shape.v[0]}};
  const uint32_t last = matrix.shape.n - 1;
  const int64_t rows = matrix.shape.v[last - 1];
  matrix.shape.v[last - 1] = params->i[3] ? columns : rows;
  matrix.shape.v[last] = params->i[3] ? rows : columns;
  out->dtype = x.dtype;
  BW_TRY(product_shape(&out->shape, &x, &matrix, err));
  if (in[0]->shape.n == 1) out->shape = (bwi_dims){1, {out->shape.v[1]}};
  return BW_OK;
}

static bw_status infer_dequantize(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  int64_t columns = 0;
  BW_TRY(check_quantized(&columns, params, in[0], n_in - 1, in + 1, err));
  if (params->i[2] == 0) params->dtype = in[1]->dtype;
  if (!bwi_is_float(params->dtype))
    return BW_FAIL(err, BW_EFORMAT, "values cannot be unpacked as %s", bw_dtype_name(params->dtype));
  *out = (bwi_typed_shape){params->dtype, in[0]->shape};
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

/* --- derivatives --- */

/* How many rows all matrices of a have together. */
static int64_t total_rows(const bwi_graph *g, bwi_id a) {
  int64_t rows = 1;
  const bwi_dims *shape = &bwi_graph_node(g, a)->shape;
  for (uint32_t d = 0; d + 1 < shape->n; d++) rows *= shape->v[d];
  return rows;
}

static bwi_id left_cotangent(bwi_graph *g, bwi_id a, bwi_id b, bwi_id c) {
  return bwi_sum_to(g, bwi_matmul(g, c, bwi_swap_last(g, b)), &bwi_graph_node(g, a)->shape);
}

/* A matrix that multiplies a batch gets its cotangent from one product over all rows. */
static bwi_id right_cotangent(bwi_graph *g, bwi_id a, bwi_id b, bwi_id c) {
  const bwi_dims to = bwi_graph_node(g, b)->shape;
  if (to.n == 2) {
    a = bwi_reshape(g, a, &(bwi_dims){2, {total_rows(g, a), to.v[0]}});
    c = bwi_reshape(g, c, &(bwi_dims){2, {total_rows(g, c), to.v[1]}});
  }
  return bwi_sum_to(g, bwi_matmul(g, bwi_swap_last(g, a), c), &to);
}

static void vjp_matmul(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) cotangents[0] = left_cotangent(g, n->in[0], n->in[1], c);
  if (wanted[1]) cotangents[1] = right_cotangent(g, n->in[0], n->in[1], c);
}

static void vjp_addmm(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  vjp_matmul(g, node, bwi_scale(g, c, n->params->f[0]), wanted, cotangents);
  if (wanted[2])
    cotangents[2] = bwi_sum_to(g, bwi_scale(g, c, n->params->f[1]), &bwi_graph_node(g, n->in[2])->shape);
}

/* Repeats a block mask so that it has one element of `dtype` an element of the matrix. */
static bwi_id expand_mask(bwi_graph *g, bwi_id mask, bw_dtype dtype, const bwi_dims *matrix, int64_t block) {
  bwi_dims blocks = *matrix, split, repeated, whole;
  const uint32_t rows = matrix->n - 2, columns = matrix->n - 1;
  blocks.v[rows] = (matrix->v[rows] + block - 1) / block;
  blocks.v[columns] = (matrix->v[columns] + block - 1) / block;
  split = repeated = whole = blocks;
  split.n = repeated.n = matrix->n + 2;
  split.v[rows + 1] = split.v[rows + 3] = 1;
  split.v[rows + 2] = blocks.v[columns];
  repeated = split;
  repeated.v[rows + 1] = repeated.v[rows + 3] = block;
  whole.v[rows] *= block;
  whole.v[columns] *= block;
  if (split.n > BW_MAX_RANK) return bwi_graph_fail(g, BW_ELIMIT, "block masks of rank %u", matrix->n);
  mask = bwi_broadcast(g, bwi_astype(g, mask, dtype), &blocks);
  mask = bwi_reshape(g, bwi_broadcast(g, bwi_reshape(g, mask, &split), &repeated), &whole);
  return bwi_slice_axis(g, bwi_slice_axis(g, mask, rows, 0, matrix->v[rows]), columns, 0, matrix->v[columns]);
}

static bwi_id compose_block_masked(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  const bool has_out_mask = n->n_in == 3 || n->n_in == 5, has_operand_masks = n->n_in >= 4;
  bwi_id operands[2];
  for (uint32_t k = 0; k < 2; k++) {
    operands[k] = in[k];
    if (!has_operand_masks || in[k] == BWI_NONE) continue;
    const bwi_dims *shape = &bwi_graph_node(g, in[k])->shape;
    operands[k] =
        bwi_multiply(g, in[k], expand_mask(g, in[n->n_in - 2 + k], n->dtype, shape, n->params->i[0]));
  }
  const bwi_id product = bwi_matmul(g, operands[0], operands[1]);
  if (!has_out_mask) return product;
  return bwi_multiply(g, product, expand_mask(g, in[2], n->dtype, &n->shape, n->params->i[0]));
}

static void vjp_block_masked(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  bwi_vjp_composed(g, node, c, wanted, cotangents, compose_block_masked);
}

/* Sums products (indices..., rows, columns) into the matrices of `like` that the indices name. */
static bwi_id scatter_matrices(bwi_graph *g, bwi_id products, bwi_id indices, bwi_id like) {
  if (products == BWI_NONE) return BWI_NONE;
  const bwi_node *l = bwi_graph_node(g, like);
  const bwi_dims shape = l->shape, places = bwi_graph_node(g, indices)->shape;
  const int64_t rows = shape.v[shape.n - 2], columns = shape.v[shape.n - 1];
  int64_t batch = 1;
  for (uint32_t d = 0; d + 2 < shape.n; d++) batch *= shape.v[d];
  bwi_dims updates = places;
  if (places.n + 3 > BW_MAX_RANK) return bwi_graph_fail(g, BW_ELIMIT, "indices of rank %u", places.n);
  updates.v[updates.n++] = 1;
  updates.v[updates.n++] = rows;
  updates.v[updates.n++] = columns;
  if (bwi_counts_to(g, indices, batch)) return bwi_reshape(g, products, &shape); /* each once */
  const bwi_id zeros = bwi_zeros(g, l->dtype, &(bwi_dims){3, {batch, rows, columns}});
  const bwi_params params = {.i = {BWI_UPDATE_SUM}, .v = {{1, {0}}}};
  const bwi_id sums =
      bwi_apply(g, BWI_Scatter, &params, 3, (bwi_id[]){zeros, indices, bwi_reshape(g, products, &updates)});
  return bwi_reshape(g, sums, &shape);
}

static void vjp_gather_mm(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id a = n->in[0], b = n->in[1], left = n->in[2], right = n->in[3];
  const bwi_dims places = bwi_graph_node(g, left)->shape;
  const int64_t count = bwi_node_count(bwi_graph_node(g, left));
  const bwi_id each = bwi_reshape(g, bwi_arange(g, BW_U32, 0, count), &places);
  if (wanted[0]) {
    const bwi_id operands[] = {c, bwi_swap_last(g, b), each, right};
    cotangents[0] = scatter_matrices(g, bwi_apply(g, BWI_GatherMM, NULL, 4, operands), left, a);
  }
  if (wanted[1]) {
    const bwi_id operands[] = {bwi_swap_last(g, a), c, left, each};
    cotangents[1] = scatter_matrices(g, bwi_apply(g, BWI_GatherMM, NULL, 4, operands), right, b);
  }
}

/* value * scale + bias for each group of packed values (w, scales, biases). */
static bwi_id compose_dequantize(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  if (in[1] == BWI_NONE) return BWI_NONE;
  const bwi_dims tables = bwi_graph_node(g, in[1])->shape;
  if (tables.n + 1 > BW_MAX_RANK) return bwi_graph_fail(g, BW_ELIMIT, "packed values of rank %u", tables.n);
  bwi_dims grouped = tables, one = tables, flat = tables;
  grouped.v[grouped.n++] = n->params->i[0];
  one.v[one.n++] = 1;
  flat.v[flat.n - 1] *= n->params->i[0];
  const bw_dtype dtype = bwi_graph_node(g, in[1])->dtype;
  const bwi_id ones = bwi_broadcast(g, bwi_scalar(g, dtype, 1), &tables),
               zeros = bwi_zeros(g, dtype, &tables);
  const bwi_params params = {.i = {n->params->i[0], n->params->i[1], n->params->i[2]}};
  const bwi_id values = bwi_apply(g, BWI_Dequantize, &params, 3, (bwi_id[]){in[0], ones, zeros});
  const bwi_id scaled = bwi_multiply(g, bwi_reshape(g, values, &grouped), bwi_reshape(g, in[1], &one));
  return bwi_reshape(g, bwi_add(g, scaled, bwi_reshape(g, in[2], &one)), &flat);
}

static bwi_id compose_quantized_matmul(bwi_graph *g, const bwi_node *n, const bwi_id *in) {
  return bwi_matmul_rows(g, in[0], compose_dequantize(g, n, in + 1), n->params->i[3] == 1);
}

/* Only affine quantisation has tables with a derivative. */
static void vjp_dequantize(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  if (bwi_graph_node(g, node)->params->i[2] == 0)
    bwi_vjp_composed(g, node, c, wanted, cotangents, compose_dequantize);
}

static void vjp_quantized_matmul(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted,
                                 bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (n->params->i[2] == 0 && (wanted[2] || wanted[3])) {
    bwi_vjp_composed(g, node, c, wanted, cotangents, compose_quantized_matmul);
    return;
  }
  if (!wanted[0]) return;
  bwi_params params = *n->params;
  params.i[3] = !params.i[3];
  bwi_id in[4] = {c, n->in[1], n->in[2]};
  if (n->n_in == 4) in[3] = n->in[3];
  const bwi_id product = bwi_apply(g, BWI_QuantizedMatmul, &params, n->n_in, in);
  cotangents[0] = bwi_sum_to(g, product, &bwi_graph_node(g, n->in[0])->shape);
}

/* The matrix is symmetric. */
static void vjp_hadamard(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  cotangents[0] = bwi_apply(g, BWI_Hadamard, bwi_graph_node(g, node)->params, 1, &c);
}

BWI_PRIMITIVE(AddMM, false, infer_addmm, vjp_addmm);
BWI_PRIMITIVE(BlockMaskedMM, false, infer_block_masked, vjp_block_masked);
BWI_PRIMITIVE(GatherMM, false, infer_gather_mm, vjp_gather_mm);
BWI_PRIMITIVE(Matmul, false, infer_matmul, vjp_matmul);
BWI_PRIMITIVE(QuantizedMatmul, false, infer_quantized_matmul, vjp_quantized_matmul);
BWI_PRIMITIVE(Dequantize, false, infer_dequantize, vjp_dequantize);
BWI_PRIMITIVE(Hadamard, false, infer_hadamard, vjp_hadamard);
