/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's fused layers. */
#include <math.h>
#include <string.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"
#include "backend/ref/ref_iterate.h"

/* --- normalisation of the last axis --- */

/* Element i of a scale or shift, which is a vector or a scalar. */
static double affine_at(const bwi_ref_call *call, uint32_t k, int64_t i) {
  double value;
  bwi_load_real(&value, call->in[k], call->operand[k]->dtype, call->operand[k]->shape.n == 0 ? 0 : i, 1, 1);
  return value;
}

static double mean_of_squares(const double *x, int64_t n, double mean) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sum / (double)n;
}

bw_status bwi_ref_layer_norm(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t n = node->shape.v[node->shape.n - 1], count = bwi_node_count(node);
  double *x = call->scratch;
  for (int64_t at = 0; at < count; at += n) {
    bwi_load_real(x, call->in[0], node->dtype, at, 1, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i];
    const double mean = sum / (double)n;
    const double scale = 1 / sqrt(mean_of_squares(x, n, mean) + node->params->f[0]);
    for (int64_t i = 0; i < n; i++)
      x[i] = (x[i] - mean) * scale * affine_at(call, 1, i) + affine_at(call, 2, i);
    bwi_store_real(call->out, node->dtype, at, 1, x, n);
  }
  return BW_OK;
}

bw_status bwi_ref_rms_norm(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t n = node->shape.v[node->shape.n - 1], count = bwi_node_count(node);
  double *x = call->scratch;
  for (int64_t at = 0; at < count; at += n) {
    bwi_load_real(x, call->in[0], node->dtype, at, 1, n);
    const double scale = 1 / sqrt(mean_of_squares(x, n, 0) + node->params->f[0]);
    for (int64_t i = 0; i < n; i++) x[i] *= scale * affine_at(call, 1, i);
    bwi_store_real(call->out, node->dtype, at, 1, x, n);
  }
  return BW_OK;
}

/* --- rotary position embedding (Su et al. 2021, "RoFormer") --- */

typedef struct rope {
  int64_t half;              /* pairs that turn; what lies past them is copied */
  bool traditional, forward; /* pairs are neighbours, or a half apart */
  double base, scale;
} rope;

static double angle(const bwi_ref_call *call, const rope *r, double position, int64_t pair) {
  if (call->node->n_in < 3) return position * pow(r->base, -(double)pair / (double)r->half);
  double frequency;
  bwi_load_real(&frequency, call->in[2], call->operand[2]->dtype, pair, 1, 1);
  return position / frequency;
}

static void turn_row(double *x, const bwi_ref_call *call, const rope *r, double position) {
  for (int64_t pair = 0; pair < r->half; pair++) {
    const double theta = angle(call, r, position, pair);
    const double c = cos(theta), s = r->forward ? sin(theta) : -sin(theta);
    double *a = x + (r->traditional ? 2 * pair : pair), *b = r->traditional ? a + 1 : a + r->half;
    const double first = *a * c - *b * s;
    *b = *a * s + *b * c;
    *a = first;
  }
}

bw_status bwi_ref_rope(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *offset = call->operand[1];
  const bwi_params *params = node->params;
  const rope r = {.half = params->i[0] / 2,
                  .traditional = params->i[1] != 0,
                  .forward = params->i[2] != 0,
                  .base = params->f[0],
                  .scale = params->f[1]};
  const int64_t n = node->shape.v[node->shape.n - 1], length = node->shape.v[node->shape.n - 2];
  const int64_t rows = bwi_node_count(node) / n;
  const int64_t rows_a_sample = node->shape.v[0] > 0 ? rows / node->shape.v[0] : 1;
  double *x = call->scratch;
  for (int64_t row = 0; row < rows; row++) {
    double start;
    bwi_load_real(&start, call->in[1], offset->dtype, offset->shape.n == 0 ? 0 : row / rows_a_sample, 1, 1);
    bwi_load_real(x, call->in[0], node->dtype, row * n, 1, n);
    turn_row(x, call, &r, (start + (double)(row % length)) * r.scale);
    bwi_store_real(call->out, node->dtype, row * n, 1, x, n);
  }
  return BW_OK;
}

/* --- attention (Vaswani et al. 2017, "Attention is all you need") --- */

typedef struct attention {
  int64_t heads, key_heads, queries, keys, width, value_width; /* of one sample */
  double scale, lowest; /* what a score becomes that a mask leaves out: finite, as in MLX, so that a row in
                           which everything is masked takes the mean instead of NaN */
  bool causal;
  const void *mask; /* NULL: none */
  bw_dtype mask_dtype;
  bwi_dims mask_strides;
  uint32_t sinks; /* operand, or 0 for none */
} attention;

static double lowest_of(bw_dtype dtype) {
  switch (dtype) {
    case BW_F16: return -65504;
    case BW_BF16: return -0x1.fep127;
    case BW_F32: return -0x1.fffffep127;
    default: return -0x1.fffffffffffffp1023;
  }
}

static attention attention_of(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const int64_t *q = call->operand[0]->shape.v, *k = call->operand[1]->shape.v;
  const bool has_sinks = node->params->i[1] != 0, has_mask = node->n_in == (has_sinks ? 5u : 4u);
  attention a = {.heads = q[1],
                 .key_heads = k[1],
                 .queries = q[2],
                 .keys = k[2],
                 .width = q[3],
                 .value_width = node->shape.v[3],
                 .scale = node->params->f[0],
                 .lowest = lowest_of(node->dtype),
                 .causal = node->params->i[0] != 0,
                 .sinks = has_sinks ? node->n_in - 1 : 0};
  if (has_mask) {
    const bwi_dims scores = {4, {q[0], q[1], q[2], k[2]}};
    a.mask = call->in[3];
    a.mask_dtype = call->operand[3]->dtype;
    a.mask_strides = bwi_broadcast_strides(&call->operand[3]->shape, &scores);
  }
  return a;
}

size_t bwi_ref_attention_scratch(const bwi_node *node, const bwi_node *const *operand) {
  const int64_t keys = operand[1]->shape.v[2], width = operand[0]->shape.v[3], value_width = node->shape.v[3];
  return (size_t)(2 * keys + 2 * width + 2 * value_width) *
         sizeof(double); /* scores, mask; query, key; sum, value */
}

/* scores (keys) of query row (sample, head, i), masked. `at` is where the row's scores would lie. */
static void score_row(double *scores, const attention *a, const bwi_ref_call *call, const int64_t at[3],
                      double *buffer) {
  double *mask = buffer, *query = mask + a->keys, *key = query + a->width;
  const int64_t key_head = at[0] * a->key_heads + at[1] / (a->heads / a->key_heads);
  const int64_t row = (at[0] * a->heads + at[1]) * a->queries + at[2];
  bwi_load_real(query, call->in[0], call->node->dtype, row * a->width, 1, a->width);
  if (a->mask != NULL) {
    const int64_t *s = a->mask_strides.v;
    bwi_load_real(mask, a->mask, a->mask_dtype, at[0] * s[0] + at[1] * s[1] + at[2] * s[2], s[3], a->keys);
  }
  for (int64_t j = 0; j < a->keys; j++) {
    bwi_load_real(key, call->in[1], call->node->dtype, (key_head * a->keys + j) * a->width, 1, a->width);
    double sum = 0;
    for (int64_t d = 0; d < a->width; d++) sum += query[d] * key[d];
    scores[j] = sum * a->scale;
    if (a->mask != NULL && a->mask_dtype != BW_BOOL) scores[j] += mask[j];
    if (a->mask != NULL && a->mask_dtype == BW_BOOL && mask[j] == 0) scores[j] = a->lowest;
    /* The last query sees every key. */
    if (a->causal && j > at[2] + a->keys - a->queries) scores[j] = a->lowest;
  }
}

/* Softmax in place. A sink is one more score, whose value is nothing. */
static void normalise_row(double *scores, int64_t n, const double *sink) {
  double greatest = sink != NULL ? *sink : -INFINITY, sum = 0;
  for (int64_t j = 0; j < n; j++) greatest = bwi_max_real(greatest, scores[j]);
  for (int64_t j = 0; j < n; j++) sum += scores[j] = exp(scores[j] - greatest);
  if (sink != NULL) sum += exp(*sink - greatest);
  for (int64_t j = 0; j < n; j++) scores[j] /= sum;
}

static void attend(const attention *a, const bwi_ref_call *call, const int64_t at[3]) {
  double *scores = call->scratch, *buffer = scores + a->keys;
  double *out = buffer + a->keys + 2 * a->width, *value = out + a->value_width;
  const bw_dtype dtype = call->node->dtype;
  const int64_t value_head = at[0] * a->key_heads + at[1] / (a->heads / a->key_heads);
  const int64_t row = (at[0] * a->heads + at[1]) * a->queries + at[2];
  double sink = 0;
  if (a->sinks != 0) bwi_load_real(&sink, call->in[a->sinks], dtype, at[1], 1, 1);
  score_row(scores, a, call, at, buffer);
  normalise_row(scores, a->keys, a->sinks != 0 ? &sink : NULL);
  memset(out, 0, (size_t)a->value_width * sizeof *out);
  for (int64_t j = 0; j < a->keys; j++) {
    bwi_load_real(value, call->in[2], dtype, (value_head * a->keys + j) * a->value_width, 1, a->value_width);
    for (int64_t d = 0; d < a->value_width; d++) out[d] += scores[j] * value[d];
  }
  bwi_store_real(call->out, dtype, row * a->value_width, 1, out, a->value_width);
}

bw_status bwi_ref_attention(const bwi_ref_call *call) {
  const attention a = attention_of(call);
  int64_t at[3];
  for (at[0] = 0; at[0] < call->node->shape.v[0]; at[0]++)
    for (at[1] = 0; at[1] < a.heads; at[1]++)
      for (at[2] = 0; at[2] < a.queries; at[2]++) attend(&a, call, at);
  return BW_OK;
}
