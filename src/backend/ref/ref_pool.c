/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling of x (N, H, W, C) without padding; windows may overlap. */
#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"

typedef struct pool {
  int64_t batch, height, width, channels, out_height, out_width;
  int64_t window[2], stride[2];
} pool;

/* x and y: the shapes before and after pooling. */
static pool pool_of(const bwi_params *params, const bwi_dims *x, const bwi_dims *y) {
  return (pool){.batch = x->v[0],
                .height = x->v[1],
                .width = x->v[2],
                .channels = x->v[3],
                .out_height = y->v[1],
                .out_width = y->v[2],
                .window = {params->v[0].v[0], params->v[0].v[1]},
                .stride = {params->v[1].v[0], params->v[1].v[1]}};
}

/* The input element under the first corner of the window of output element k. */
static int64_t corner_of(const pool *p, int64_t k) {
  const int64_t channel = k % p->channels, column = k / p->channels % p->out_width;
  const int64_t line = k / p->channels / p->out_width % p->out_height;
  const int64_t sample = k / p->channels / p->out_width / p->out_height;
  return ((sample * p->height + line * p->stride[0]) * p->width + column * p->stride[1]) * p->channels +
         channel;
}

/* Input element (i, j) of the window at `corner`. */
static double element_at(const bwi_ref_call *call, const pool *p, int64_t corner, int64_t i, int64_t j) {
  double x;
  bwi_load_real(&x, call->in[0], call->operand[0]->dtype, corner + (i * p->width + j) * p->channels, 1, 1);
  return x;
}

bw_status bwi_ref_max_pool(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const pool p = pool_of(node->params, &call->operand[0]->shape, &node->shape);
  const int64_t count = bwi_node_count(node);
  for (int64_t k = 0; k < count; k++) {
    const int64_t corner = corner_of(&p, k);
    double greatest = element_at(call, &p, corner, 0, 0);
    for (int64_t i = 0; i < p.window[0]; i++)
      for (int64_t j = 0; j < p.window[1]; j++)
        greatest = bwi_max_real(greatest, element_at(call, &p, corner, i, j));
    bwi_store_real(call->out, node->dtype, k, 1, &greatest, 1);
  }
  return BW_OK;
}

bw_status bwi_ref_avg_pool(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const pool p = pool_of(node->params, &call->operand[0]->shape, &node->shape);
  const int64_t count = bwi_node_count(node);
  for (int64_t k = 0; k < count; k++) {
    const int64_t corner = corner_of(&p, k);
    double sum = 0;
    for (int64_t i = 0; i < p.window[0]; i++)
      for (int64_t j = 0; j < p.window[1]; j++) sum += element_at(call, &p, corner, i, j);
    sum /= (double)(p.window[0] * p.window[1]);
    bwi_store_real(call->out, node->dtype, k, 1, &sum, 1);
  }
  return BW_OK;
}

/* Adds one window's share to gradient, the accumulators of the input. */
static void share_among_ties(double *gradient, const bwi_ref_call *call, const pool *p, int64_t corner,
                             double greatest, double cotangent) {
  int64_t ties = 0;
  for (int64_t i = 0; i < p->window[0]; i++)
    for (int64_t j = 0; j < p->window[1]; j++) ties += element_at(call, p, corner, i, j) == greatest;
  for (int64_t i = 0; i < p->window[0]; i++)
    for (int64_t j = 0; j < p->window[1]; j++)
      if (element_at(call, p, corner, i, j) == greatest)
        gradient[corner + (i * p->width + j) * p->channels] += cotangent / (double)ties;
}

bw_status bwi_ref_max_pool_gradient(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *pooled = call->operand[1];
  const pool p = pool_of(node->params, &node->shape, &pooled->shape);
  const int64_t count = bwi_node_count(node), n_windows = bwi_node_count(pooled);
  double *gradient = call->scratch;
  for (int64_t i = 0; i < count; i++) gradient[i] = 0;
  for (int64_t k = 0; k < n_windows; k++) {
    double y[2];
    bwi_load_real(&y[0], call->in[1], node->dtype, k, 1, 1);
    bwi_load_real(&y[1], call->in[2], node->dtype, k, 1, 1);
    share_among_ties(gradient, call, &p, corner_of(&p, k), y[0], y[1]);
  }
  for (int64_t i = 0; node->params->i[0] == 1 && i < count; i++) {
    double x;
    bwi_load_real(&x, call->in[0], node->dtype, i, 1, 1);
    if (!(x > 0)) gradient[i] = 0;
  }
  bwi_store_real(call->out, node->dtype, 0, 1, gradient, count);
  return BW_OK;
}

bw_status bwi_ref_avg_pool_gradient(const bwi_ref_call *call) {
  const bwi_node *node = call->node, *pooled = call->operand[0];
  const pool p = pool_of(node->params, &node->shape, &pooled->shape);
  const int64_t count = bwi_node_count(node), n_windows = bwi_node_count(pooled);
  double *gradient = call->scratch;
  for (int64_t i = 0; i < count; i++) gradient[i] = 0;
  for (int64_t k = 0; k < n_windows; k++) {
    double cotangent;
    bwi_load_real(&cotangent, call->in[0], node->dtype, k, 1, 1);
    const double share = cotangent / (double)(p.window[0] * p.window[1]);
    for (int64_t i = 0; i < p.window[0]; i++)
      for (int64_t j = 0; j < p.window[1]; j++)
        gradient[corner_of(&p, k) + (i * p.width + j) * p.channels] += share;
  }
  bwi_store_real(call->out, node->dtype, 0, 1, gradient, count);
  return BW_OK;
}
