/* SPDX-License-Identifier: Apache-2.0 */
/* Attention (Vaswani et al. 2017, "Attention is all you need") of one head at a time: a product with the
 * keys, softmax of each row, a product with the values. A head's scores are short enough to stay in cache. */
#include "backend/cpu/attention.h"

#include <float.h>
#include <string.h>

#include "backend/cpu/matmul.h"
#include "base/memory.h"

typedef struct state {
  bwi_gemm keys_product, values_product; /* packed is set at each run */
  int64_t batch, heads, key_heads, queries, keys, width, value_width;
  int64_t row; /* scores of a query: keys, then the head's sink if there is one */
  float scale;
  bool causal, has_mask, mask_is_truth;
  uint32_t sinks;          /* operand, or 0 for none */
  int64_t mask_strides[4]; /* over (batch, heads, queries, keys); 0 where the mask is broadcast */
  bwi_segment segments[];  /* of a query, then of a row of scores */
} state;

/* The three parts of the scratch. */
typedef struct buffers {
  float *keys, *values, *scores;
} buffers;

static int64_t keys_count(const state *s) {
  return bwi_gemm_packed_count(&s->keys_product);
}

static int64_t values_count(const state *s) {
  return bwi_gemm_packed_count(&s->values_product);
}

static void pack(float *packed, const bwi_gemm *gemm, const float *data, int64_t depth, int64_t k_stride,
                 int64_t column_stride) {
  const bwi_right_run run = {0, depth};
  const bwi_right right = {data, k_stride, column_stride, gemm->n_columns, 1, &run};
  memset(packed, 0, (size_t)bwi_gemm_packed_count(gemm) * sizeof(float));
  bwi_gemm_pack(packed, gemm, &right);
}

/* A score that a mask hides becomes the lowest finite one, as in MLX, so that a row in which all is hidden
 * takes the mean of the values instead of NaN. */
static void mask_row(const state *s, float *scores, const void *mask, int64_t at, int64_t query) {
  const int64_t step = s->mask_strides[3];
  for (int64_t j = 0; j < s->keys; j++) scores[j] *= s->scale;
  for (int64_t j = 0; s->has_mask && j < s->keys; j++) {
    if (!s->mask_is_truth)
      scores[j] += ((const float *)mask)[at + j * step];
    else if (((const uint8_t *)mask)[at + j * step] == 0)
      scores[j] = -FLT_MAX;
  }
  if (!s->causal) return;
  const int64_t seen = query + s->keys - s->queries + 1; /* the last query sees every key */
  for (int64_t j = seen > 0 ? seen : 0; j < s->keys; j++) scores[j] = -FLT_MAX;
}

static void attend(const state *s, const void *const *in, float *out, const buffers *b, int64_t sample,
                   int64_t head) {
  const int64_t first = (sample * s->heads + head) * s->queries;
  const bwi_epilogue plain = {NULL, false};
  const bwi_row_block by_keys = {.n_rows = s->queries,
                                 .left = (const float *)in[0] + first * s->width,
                                 .out = b->scores,
                                 .left_stride = s->width,
                                 .out_stride = s->row};
  bwi_multiply_rows(&s->keys_product, &by_keys, plain);
  for (int64_t i = 0; i < s->queries; i++) {
    float *scores = b->scores + i * s->row;
    mask_row(s, scores, s->has_mask ? in[3] : NULL,
             sample * s->mask_strides[0] + head * s->mask_strides[1] + i * s->mask_strides[2], i);
    if (s->sinks != 0) scores[s->keys] = ((const float *)in[s->sinks])[head];
    s->keys_product.simd->softmax(s->row, scores, scores);
  }
  const bwi_row_block by_values = {.n_rows = s->queries,
                                   .left = b->scores,
                                   .out = out + first * s->value_width,
                                   .left_stride = s->row,
                                   .out_stride = s->value_width};
  bwi_multiply_rows(&s->values_product, &by_values, plain);
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  state s = *(const state *)opaque;
  buffers b = {.keys = scratch};
  b.values = b.keys + keys_count(&s);
  b.scores = b.values + values_count(&s);
  s.keys_product.packed = b.keys;
  s.values_product.packed = b.values;
  const int64_t shared_by = s.heads / s.key_heads;
  for (int64_t k = 0; k < s.batch * s.key_heads; k++) {
    pack(b.keys, &s.keys_product, (const float *)in[1] + k * s.keys * s.width, s.width, 1, s.width);
    pack(b.values, &s.values_product, (const float *)in[2] + k * s.keys * s.value_width, s.keys,
         s.value_width, 1);
    for (int64_t i = 0; i < shared_by; i++)
      attend(&s, in, out, &b, k / s.key_heads, k % s.key_heads * shared_by + i);
  }
  return BW_OK;
}

static void describe_mask(state *s, const bwi_node *mask) {
  int64_t stride = 1;
  s->has_mask = true;
  s->mask_is_truth = mask->dtype == BW_BOOL;
  for (uint32_t a = mask->shape.n; a-- > 0;) {
    s->mask_strides[4 - mask->shape.n + a] = mask->shape.v[a] == 1 ? 0 : stride;
    stride *= mask->shape.v[a];
  }
}

static void describe(state *s, const bwi_graph *g, const bwi_node *n) {
  const int64_t *q = bwi_graph_node(g, n->in[0])->shape.v, *k = bwi_graph_node(g, n->in[1])->shape.v;
  const bwi_simd *simd = bwi_simd_best();
  const bool has_sinks = n->params->i[1] != 0;
  *s = (state){.batch = q[0],
               .heads = q[1],
               .key_heads = k[1],
               .queries = q[2],
               .keys = k[2],
               .width = q[3],
               .value_width = n->shape.v[3],
               .row = k[2] + has_sinks,
               .scale = (float)n->params->f[0],
               .causal = n->params->i[0] != 0,
               .sinks = has_sinks ? n->n_in - 1 : 0};
  if (n->n_in == (has_sinks ? 5u : 4u)) describe_mask(s, bwi_graph_node(g, n->in[3]));
  const uint32_t pieces = bwi_segments_add(s->segments, 0, 0, s->width);
  const uint32_t all = bwi_segments_add(s->segments, pieces, 0, s->keys);
  s->keys_product = (bwi_gemm){simd, s->keys, pieces, s->segments, NULL};
  s->values_product = (bwi_gemm){simd, s->value_width, all - pieces, s->segments + pieces, NULL};
}

bw_status bwi_bind_attention(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  bool fits = n->prim == BWI_ScaledDotProductAttention && n->dtype == BW_F32 && bwi_node_count(n) > 0;
  for (uint32_t k = 0; fits && k < 3; k++) fits = bwi_node_count(bwi_graph_node(g, n->in[k])) > 0;
  if (!fits) return BW_FAIL(err, BW_EUNSUPPORTED, "not attention of float32");
  const bwi_node *keys = bwi_graph_node(g, n->in[1]);
  if (keys->shape.v[2] >= INT32_MAX / n->shape.v[2])
    return BW_FAIL(err, BW_EUNSUPPORTED, "too many scores a head");
  const uint32_t n_segments = bwi_segments_needed(keys->shape.v[3]) + bwi_segments_needed(keys->shape.v[2]);
  state *s = bwi_alloc(1, sizeof *s + n_segments * sizeof *s->segments);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  describe(s, g, n);
  *out = (bwi_kernel){
      .run = run,
      .free = bwi_free,
      .state = s,
      .scratch_bytes = (size_t)(keys_count(s) + values_count(s) + s->queries * s->row) * sizeof(float),
      .in_place = -1,
      .name = "attention"};
  return BW_OK;
}
