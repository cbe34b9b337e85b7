/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by packed panels. A constant right side is packed once and shared by all plans; another
 * is packed at each run, which costs one pass over it. */
#include "backend/cpu/matmul.h"

#include "backend/cpu/gemm.h"
#include "base/memory.h"

typedef struct state {
  bwi_gemm gemm;
  bwi_right right;   /* data is set where it is one constant matrix */
  bwi_right_run run; /* the whole depth */
  int64_t rows, depth;
  bwi_dims batch; /* leading axes, and the operands' strides along them: */
  int64_t left_strides[BW_MAX_RANK], right_strides[BW_MAX_RANK]; /* in matrices; 0 where broadcast */
  bool right_is_one;
  uint32_t bias, residual, mask; /* operands, or 0 for none */
  int64_t residual_stride;       /* 0 where one row is added to all */
  bool relu;
  bwi_segment segments[]; /* of a left row */
} state;

void bwi_multiply_rows(const bwi_gemm *gemm, const bwi_row_block *block, bwi_epilogue epilogue) {
  const float *rows[BWI_GEMM_ROWS], *residuals[BWI_GEMM_ROWS];
  const uint8_t *masks[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  const bool adds = block->residual != NULL, hides = block->mask != NULL;
  for (int64_t first = 0; first < block->n_rows; first += BWI_GEMM_ROWS) {
    const int64_t left = block->n_rows - first, count = left < BWI_GEMM_ROWS ? left : BWI_GEMM_ROWS;
    for (int64_t k = 0; k < count; k++) {
      rows[k] = block->left + (first + k) * block->left_stride;
      outs[k] = block->out + (first + k) * block->out_stride;
      residuals[k] = adds ? block->residual + (first + k) * block->residual_stride : NULL;
      masks[k] = hides ? block->mask + (first + k) * block->out_stride : NULL;
    }
    const bwi_gemm_block some = {(uint32_t)count, rows, outs, adds ? residuals : NULL, hides ? masks : NULL};
    bwi_gemm_rows(gemm, &some, epilogue);
  }
}

/* What lies past the last column may be anything: those columns are never stored. */
static void pack_right(float *packed, const state *s, const float *data) {
  bwi_right right = s->right;
  right.data = data;
  right.runs = &s->run;
  bwi_gemm_pack(packed, &s->gemm, &right);
}

static int64_t product_of(const bwi_dims *d) {
  int64_t product = 1;
  for (uint32_t a = 0; a < d->n; a++) product *= d->v[a];
  return product;
}

/* Which matrix of an operand belongs to matrix b of the result. */
static int64_t matrix_of(const bwi_dims *batch, const int64_t *strides, int64_t b) {
  int64_t matrix = 0;
  for (uint32_t a = batch->n; a-- > 0;) {
    matrix += b % batch->v[a] * strides[a];
    b /= batch->v[a];
  }
  return matrix;
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  const state *s = opaque;
  bwi_gemm gemm = s->gemm;
  const bwi_epilogue epilogue = {s->bias != 0 ? in[s->bias] : NULL, s->relu};
  const bool packs = gemm.packed == NULL;
  if (packs) gemm.packed = scratch;
  int64_t packed = -1;
  const int64_t n_matrices = product_of(&s->batch);
  for (int64_t b = 0; b < n_matrices; b++) {
    const int64_t left = matrix_of(&s->batch, s->left_strides, b),
                  right = matrix_of(&s->batch, s->right_strides, b);
    if (packs && right != packed)
      pack_right(scratch, s, (const float *)in[1] + right * s->depth * gemm.n_columns);
    packed = right;
    bwi_row_block block = {.n_rows = s->rows,
                           .left = (const float *)in[0] + left * s->rows * s->depth,
                           .out = (float *)out + b * s->rows * gemm.n_columns,
                           .left_stride = s->depth,
                           .residual_stride = s->residual_stride,
                           .out_stride = gemm.n_columns};
    if (s->residual != 0) block.residual = (const float *)in[s->residual] + b * s->rows * s->residual_stride;
    if (s->mask != 0) block.mask = (const uint8_t *)in[s->mask] + b * s->rows * gemm.n_columns;
    bwi_multiply_rows(&gemm, &block, epilogue);
  }
  return BW_OK;
}

static bw_status pack_constant(void *payload, void *block, bw_error *err) {
  (void)err;
  const state *s = payload;
  pack_right(block, s, s->right.data);
  return BW_OK;
}

/* Strides over the batch's axes, in matrices. Returns whether the operand is never broadcast. */
static bool place(int64_t *strides, const bwi_dims *batch, const bwi_dims *shape) {
  bool whole = true;
  int64_t stride = 1;
  for (uint32_t a = batch->n, k = shape->n - 2; a-- > 0;) {
    const int64_t extent = k > 0 ? shape->v[--k] : 1;
    strides[a] = extent == 1 ? 0 : stride;
    stride *= extent;
    whole = whole && extent == batch->v[a];
  }
  return whole;
}

/* What is added to the product. AddMM's third operand is added last, be it a row for all or as large as the
 * result: which of them it is cannot be told in a batch of 1. */
static bool describe_sum(state *s, const bwi_graph *g, const bwi_node *n) {
  const int64_t columns = n->shape.v[n->shape.n - 1];
  s->residual_stride = columns;
  if (n->prim == BWI_FusedMatmul) {
    const bool masked = n->params->i[0] == 2;
    s->bias = 2;
    s->residual = n->n_in - masked > 3 ? 3 : 0;
    s->mask = masked ? n->n_in - 1 : 0;
    s->relu = n->params->i[0] == 1;
  }
  if (n->prim != BWI_AddMM) return true;
  const bwi_node *c = bwi_graph_node(g, n->in[2]);
  const int64_t count = bwi_node_count(c);
  s->residual = 2;
  if (count != bwi_node_count(n)) s->residual_stride = 0;
  const bool is_row = c->shape.n > 0 && c->shape.v[c->shape.n - 1] == columns && count == columns;
  return c->dtype == BW_F32 && n->params->f[0] == 1 && n->params->f[1] == 1 &&
         (is_row || count == bwi_node_count(n));
}

/* Leading axes of the left side are taken as rows where the right side is one matrix. */
static bool describe(state *s, const bwi_node *n, const bwi_node *a, const bwi_node *b) {
  if (n->dtype != BW_F32 || a->dtype != BW_F32 || b->dtype != BW_F32 || a->shape.n < 2 || b->shape.n < 2 ||
      bwi_node_count(n) == 0)
    return false;
  s->depth = a->shape.v[a->shape.n - 1];
  s->rows = a->shape.v[a->shape.n - 2];
  s->batch = n->shape;
  s->batch.n -= 2;
  const bool left_is_whole = place(s->left_strides, &s->batch, &a->shape);
  place(s->right_strides, &s->batch, &b->shape);
  s->right_is_one = true;
  for (uint32_t d = 0; d < s->batch.n; d++) s->right_is_one = s->right_is_one && s->right_strides[d] == 0;
  if (left_is_whole && s->right_is_one) {
    s->rows *= product_of(&s->batch);
    s->batch.n = 0;
  }
  return true;
}

static bw_status make(state **out, const bwi_graph *g, const bwi_node *n, const bwi_simd *simd,
                      bw_error *err) {
  const bwi_node *a = bwi_graph_node(g, n->in[0]), *b = bwi_graph_node(g, n->in[1]);
  state shape = {.rows = 0};
  if (!describe(&shape, n, a, b) || !describe_sum(&shape, g, n))
    return BW_FAIL(err, BW_EUNSUPPORTED, "a matrix product that the reference computes");
  const int64_t columns = b->shape.v[b->shape.n - 1];
  const bool constant = b->prim == BWI_Constant && shape.right_is_one;
  state *s = bwi_alloc(1, sizeof *s + bwi_segments_needed(shape.depth) * sizeof *s->segments);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = shape;
  s->run = (bwi_right_run){0, s->depth};
  s->right = (bwi_right){.data = constant ? b->data : NULL,
                         .k_stride = columns,
                         .column_stride = 1,
                         .n_columns = columns,
                         .n_runs = 1};
  s->gemm = (bwi_gemm){constant ? simd : bwi_simd_best(), columns,
                       bwi_segments_add(s->segments, 0, 0, s->depth), s->segments, NULL};
  *out = s;
  return BW_OK;
}

bw_status bwi_bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, const bwi_simd *simd,
                          bwi_weights *weights, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  if (n->prim != BWI_Matmul && n->prim != BWI_FusedMatmul && n->prim != BWI_AddMM)
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a matrix product");
  state *s = NULL;
  BW_TRY(make(&s, g, n, simd, err));
  const size_t packed_bytes = (size_t)bwi_gemm_packed_count(&s->gemm) * sizeof(float);
  const bool constant = s->right.data != NULL;
  if (constant) {
    const void *packed = NULL;
    const bw_status status = bwi_weights_get(&packed, weights, s->right.data, "matmul",
                                             bwi_gemm_variant(simd, (uint64_t)s->gemm.n_columns),
                                             packed_bytes, pack_constant, s, err);
    if (status != BW_OK) {
      bwi_free(s);
      return status;
    }
    s->gemm.packed = packed;
  }
  *out = (bwi_kernel){.run = run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = constant ? 0 : packed_bytes,
                      .in_place = -1,
                      .name = s->gemm.simd->bfloat16 ? "gemm bfloat16" : "gemm"};
  return BW_OK;
}
