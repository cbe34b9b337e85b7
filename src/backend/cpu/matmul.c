/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by packed panels. A constant right side is packed once and shared by all plans; another
 * is packed at each run, which costs one pass over it. */
#include "backend/cpu/matmul.h"

#include "backend/cpu/gemm.h"
#include "base/memory.h"

typedef struct state {
  bwi_gemm gemm;
  bwi_right right;   /* data is set at each run where the right side is no constant */
  bwi_right_run run; /* the whole depth */
  int64_t batch, rows, depth;
  bool left_is_shared, right_is_shared; /* by all of the batch */
  bool has_bias, has_residual, relu;
  bwi_segment segments[]; /* of a left row */
} state;

static void multiply(const state *s, const bwi_gemm *gemm, const float *a, float *out, const float *residual, bwi_epilogue epilogue) {
  const float *rows[BWI_GEMM_ROWS], *residuals[BWI_GEMM_ROWS];
  float *outs[BWI_GEMM_ROWS];
  const int64_t n = gemm->n_columns;
  for (int64_t first = 0; first < s->rows; first += BWI_GEMM_ROWS) {
    const int64_t count = s->rows - first < BWI_GEMM_ROWS ? s->rows - first : BWI_GEMM_ROWS;
    for (int64_t k = 0; k < count; k++) {
      rows[k] = a + (first + k) * s->depth;
      outs[k] = out + (first + k) * n;
      residuals[k] = residual == NULL ? NULL : residual + (first + k) * n;
    }
    bwi_gemm_rows(gemm, (uint32_t)count, rows, outs, residual == NULL ? NULL : residuals, epilogue);
  }
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  const state *s = opaque;
  bwi_gemm gemm = s->gemm;
  bwi_right right = s->right;
  right.runs = &s->run;
  const bwi_epilogue epilogue = {s->has_bias ? in[2] : NULL, s->relu};
  const float *residual = s->has_residual ? in[3] : NULL;
  const bool packs = gemm.packed == NULL;
  if (packs) gemm.packed = scratch;
  for (int64_t b = 0; b < s->batch; b++) {
    if (packs && (b == 0 || !s->right_is_shared)) {
      right.data = (const float *)in[1] + (s->right_is_shared ? 0 : b * s->depth * gemm.n_columns);
      bwi_gemm_pack(scratch, &gemm, &right);
    }
    const float *a = (const float *)in[0] + (s->left_is_shared ? 0 : b * s->rows * s->depth);
    multiply(s, &gemm, a, (float *)out + b * s->rows * gemm.n_columns, residual, epilogue);
  }
  return BW_OK;
}

static bw_status pack(void *payload, void *block, bw_error *err) {
  (void)err;
  const state *s = payload;
  bwi_right right = s->right;
  right.runs = &s->run;
  bwi_gemm_pack(block, &s->gemm, &right);
  return BW_OK;
}

static int64_t product(const bwi_dims *d, uint32_t n) {
  int64_t p = 1;
  for (uint32_t a = 0; a < n; a++) p *= d->v[a];
  return p;
}

/* Rows, depth and batch, with leading axes of the left side taken as rows where the right side is one matrix. */
static bool describe(state *s, const bwi_node *n, const bwi_node *a, const bwi_node *b) {
  if (n->dtype != BW_F32 || a->dtype != BW_F32 || b->dtype != BW_F32 || a->shape.n < 2 || b->shape.n < 2 || bwi_node_count(n) == 0) return false;
  const int64_t batch_a = product(&a->shape, a->shape.n - 2), batch_b = product(&b->shape, b->shape.n - 2);
  const int64_t batch = product(&n->shape, n->shape.n - 2);
  s->depth = a->shape.v[a->shape.n - 1];
  s->rows = a->shape.v[a->shape.n - 2];
  s->batch = batch;
  s->left_is_shared = batch_a == 1 && batch > 1;
  s->right_is_shared = batch_b == 1;
  if ((!s->left_is_shared && batch_a != batch) || (!s->right_is_shared && batch_b != batch) || s->depth == 0) return false;
  if (s->right_is_shared && !s->left_is_shared) {
    s->rows *= batch;
    s->batch = 1;
  }
  return true;
}

static state *make(const bwi_graph *g, const bwi_node *n) {
  const bwi_node *a = bwi_graph_node(g, n->in[0]), *b = bwi_graph_node(g, n->in[1]);
  state shape = {.batch = 0};
  if (!describe(&shape, n, a, b)) return NULL;
  const int64_t columns = b->shape.v[b->shape.n - 1];
  state *s = bwi_alloc(1, sizeof *s + bwi_segments_needed(shape.depth) * sizeof *s->segments);
  if (s == NULL) return NULL;
  const bool fused = n->prim == BWI_FusedMatmul;
  *s = shape;
  s->has_bias = fused;
  s->has_residual = fused && n->n_in > 3;
  s->relu = fused && n->params->i[0] != 0;
  s->run = (bwi_right_run){0, s->depth};
  s->right = (bwi_right){.data = b->prim == BWI_Constant ? b->data : NULL, .k_stride = columns, .column_stride = 1, .n_columns = columns, .n_runs = 1};
  s->gemm = (bwi_gemm){bwi_simd_best(), columns, bwi_segments_add(s->segments, 0, 0, s->depth), s->segments, NULL};
  return s;
}

bw_status bwi_bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  if (n->prim != BWI_Matmul && n->prim != BWI_FusedMatmul) return BW_FAIL(err, BW_EUNSUPPORTED, "not a matrix product");
  state *s = make(g, n);
  if (s == NULL) return BW_FAIL(err, BW_EUNSUPPORTED, "a matrix product that the reference computes");
  const size_t packed_bytes = (size_t)bwi_gemm_packed_count(s->gemm.simd, s->depth, s->gemm.n_columns) * sizeof(float);
  const bool constant = s->right.data != NULL && s->right_is_shared;
  if (constant) {
    const void *packed = NULL;
    const bw_status status = bwi_weights_get(&packed, weights, s->right.data, "matmul", (uint64_t)s->gemm.n_columns, packed_bytes, pack, s, err);
    if (status != BW_OK) {
      bwi_free(s);
      return status;
    }
    s->gemm.packed = packed;
  }
  *out = (bwi_kernel){.run = run, .free = bwi_free, .state = s, .scratch_bytes = constant ? 0 : packed_bytes, .in_place = -1, .name = "gemm"};
  return BW_OK;
}
