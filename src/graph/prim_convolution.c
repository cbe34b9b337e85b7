/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution over one to three spatial axes, channels last. */
#include "graph/convolution.h"
#include "graph/family.h"

/* Bounds that keep every extent below inside of int64_t; real values are far smaller. */
#define MAX_STEP INT32_MAX

static bw_status check_steps(const bwi_dims *steps, uint32_t n_spatial, int64_t least, const char *what,
                             bw_error *err) {
  BW_TRY(bwi_check_length(steps, n_spatial, what, err));
  return bwi_check_each(steps, least, MAX_STEP, what, err);
}

bw_status bwi_convolution_shape(bwi_dims *out, const bwi_dims *x, const bwi_dims *w, const bwi_params *params,
                                bw_error *err) {
  if (x->n < 3 || x->n > 5 || w->n != x->n)
    return BW_FAIL(err, BW_EFORMAT, "operands of rank %u and %u, must be 3, 4 or 5 and the same", x->n, w->n);
  const uint32_t n_spatial = x->n - 2;
  const int64_t groups = params->i[0], channels = x->v[x->n - 1], filters = w->v[0];
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_STRIDES], n_spatial, 1, "strides", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_LOW], n_spatial, 0, "low paddings", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_HIGH], n_spatial, 0, "high paddings", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_KERNEL_DILATION], n_spatial, 1, "kernel dilations", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_INPUT_DILATION], n_spatial, 1, "input dilations", err));
  BW_TRY(bwi_check_range(groups, 1, MAX_STEP, "groups", err));
  BW_TRY(bwi_check_range(params->i[1], 0, 1, "flip", err));
  BW_TRY(bwi_check_each(w, 1, MAX_STEP, "extent of the kernel", err));
  BW_TRY(bwi_check_each(x, 1, MAX_STEP, "extent of the input", err));
  if (channels % groups != 0 || filters % groups != 0 || w->v[w->n - 1] != channels / groups)
    return BW_FAIL(err, BW_EFORMAT, "%lld channels, %lld filters of %lld channels and %lld groups do not fit",
                   (long long)channels, (long long)filters, (long long)w->v[w->n - 1], (long long)groups);
  *out = *x;
  out->v[x->n - 1] = filters;
  for (uint32_t d = 0; d < n_spatial; d++) {
    const int64_t input = (x->v[d + 1] - 1) * params->v[BWI_CONVOLUTION_INPUT_DILATION].v[d] + 1 +
                          params->v[BWI_CONVOLUTION_LOW].v[d] + params->v[BWI_CONVOLUTION_HIGH].v[d];
    const int64_t kernel = (w->v[d + 1] - 1) * params->v[BWI_CONVOLUTION_KERNEL_DILATION].v[d] + 1;
    if (input < kernel)
      return BW_FAIL(err, BW_EFORMAT, "a kernel of extent %lld over a padded input of %lld",
                     (long long)kernel, (long long)input);
    out->v[d + 1] = (input - kernel) / params->v[BWI_CONVOLUTION_STRIDES].v[d] + 1;
  }
  return BW_OK;
}

static bw_status infer_convolution(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_same_float(n_in, in, err));
  out->dtype = in[0]->dtype;
  return bwi_convolution_shape(&out->shape, &in[0]->shape, &in[1]->shape, params, err);
}

/* --- derivatives. Along one axis, with x dilated by e and padded by l, taps t dilated by d and stride s,
 * y_j = sum_t w_t x[(j s + t d - l) / e] where the division is exact. Both derivatives are convolutions
 * again. --- */

/* (A, spatial, B) to (B, spatial, A). */
static bwi_id swap_ends(bwi_graph *g, bwi_id a) {
  if (a == BWI_NONE) return BWI_NONE;
  bwi_dims order = {.n = bwi_graph_node(g, a)->shape.n};
  for (uint32_t d = 0; d < order.n; d++) order.v[d] = d;
  order.v[0] = order.n - 1;
  order.v[order.n - 1] = 0;
  return bwi_transpose(g, a, &order);
}

/* Weights (O, K, C / G) to (C, K, O / G): input and output channels change places within each group. */
static bwi_id swap_channels(bwi_graph *g, bwi_id w, int64_t groups) {
  if (groups == 1) return swap_ends(g, w);
  const bwi_dims from = bwi_graph_node(g, w)->shape;
  const uint32_t last = from.n; /* of the split shape (G, O / G, K, C / G) */
  bwi_dims split = {2, {groups, from.v[0] / groups}}, order = {.n = last + 1}, to = from;
  for (uint32_t d = 1; d < from.n; d++) split.v[split.n++] = from.v[d];
  for (uint32_t d = 0; d <= last; d++) order.v[d] = d;
  order.v[1] = last;
  order.v[last] = 1;
  to.v[0] = from.v[from.n - 1] * groups;
  to.v[from.n - 1] = from.v[0] / groups;
  return bwi_reshape(g, bwi_transpose(g, bwi_reshape(g, w, &split), &order), &to);
}

/* x (N, spatial, C) to (C / G, spatial, G N): the batch becomes the channels that are summed over. */
static bwi_id batch_to_channels(bwi_graph *g, bwi_id x, int64_t groups) {
  if (groups == 1) return swap_ends(g, x);
  const bwi_dims from = bwi_graph_node(g, x)->shape;
  const uint32_t group = from.n - 1, last = from.n; /* of the split shape (N, spatial, G, C / G) */
  bwi_dims split = from, order = {.n = last + 1}, to = from;
  split.v[group] = groups;
  split.v[split.n++] = from.v[from.n - 1] / groups;
  for (uint32_t d = 0; d <= last; d++) order.v[d] = d;
  order.v[0] = last;
  order.v[last] = 0;
  to.v[0] = split.v[last];
  to.v[group] = groups * from.v[0];
  return bwi_reshape(g, bwi_transpose(g, bwi_reshape(g, x, &split), &order), &to);
}

/* Sets an axis's padding so that the convolution of a signal of `signal` elements (dilated) with a kernel
 * of `kernel` (dilated) gives results for the positions first, first + step, ..., `count` of them, and
 * perhaps more. A negative first would crop the signal; instead results are computed from the first
 * position at or after it that needs none. Returns how many results to drop at the front. */
static int64_t pad_axis(bwi_params *p, uint32_t d, int64_t first, int64_t step, int64_t count, int64_t signal,
                        int64_t kernel) {
  const int64_t dropped = first < 0 ? (-first + step - 1) / step : 0, low = first + dropped * step;
  const int64_t high = (count + dropped - 1) * step + kernel - low - signal;
  p->v[BWI_CONVOLUTION_LOW].v[d] = low;
  p->v[BWI_CONVOLUTION_HIGH].v[d] = high < 0 ? 0 : high;
  return dropped;
}

/* With u = K - 1 - t the taps of the flipped kernel, x_i gets sum_u w_u c[(i e + u d - (d (K - 1) - l)) / s].
 */
static bwi_id input_cotangent(bwi_graph *g, const bwi_node *n, bwi_id c) {
  const bwi_params *forward = n->params;
  const bwi_dims x = bwi_graph_node(g, n->in[0])->shape, w = bwi_graph_node(g, n->in[1])->shape;
  bwi_params p = *forward;
  p.v[BWI_CONVOLUTION_STRIDES] = forward->v[BWI_CONVOLUTION_INPUT_DILATION];
  p.v[BWI_CONVOLUTION_INPUT_DILATION] = forward->v[BWI_CONVOLUTION_STRIDES];
  p.i[1] = !forward->i[1];
  int64_t dropped[BW_MAX_RANK] = {0};
  for (uint32_t d = 0; d + 2 < x.n; d++) {
    const int64_t reach = (w.v[d + 1] - 1) * forward->v[BWI_CONVOLUTION_KERNEL_DILATION].v[d];
    const int64_t signal = (n->shape.v[d + 1] - 1) * forward->v[BWI_CONVOLUTION_STRIDES].v[d] + 1;
    dropped[d] = pad_axis(&p, d, reach - forward->v[BWI_CONVOLUTION_LOW].v[d],
                          p.v[BWI_CONVOLUTION_STRIDES].v[d], x.v[d + 1], signal, reach + 1);
  }
  bwi_id result =
      bwi_apply(g, BWI_Convolution, &p, 2, (bwi_id[]){c, swap_channels(g, n->in[1], forward->i[0])});
  for (uint32_t d = 0; d + 2 < x.n; d++)
    result = bwi_slice_axis(g, result, d + 1, dropped[d], dropped[d] + x.v[d + 1]);
  return result;
}

/* w_t gets sum_j c_j x[(t d + j s - l) / e], summed over the batch too. */
static bwi_id weight_cotangent(bwi_graph *g, const bwi_node *n, bwi_id c) {
  const bwi_params *forward = n->params;
  const bwi_dims x = bwi_graph_node(g, n->in[0])->shape, w = bwi_graph_node(g, n->in[1])->shape;
  bwi_params p = *forward;
  p.v[BWI_CONVOLUTION_STRIDES] = forward->v[BWI_CONVOLUTION_KERNEL_DILATION];
  p.v[BWI_CONVOLUTION_KERNEL_DILATION] = forward->v[BWI_CONVOLUTION_STRIDES];
  p.i[1] = 0;
  for (uint32_t d = 0; d + 2 < x.n; d++) {
    const int64_t signal = (x.v[d + 1] - 1) * forward->v[BWI_CONVOLUTION_INPUT_DILATION].v[d] + 1;
    const int64_t kernel = (n->shape.v[d + 1] - 1) * forward->v[BWI_CONVOLUTION_STRIDES].v[d] + 1;
    pad_axis(&p, d, forward->v[BWI_CONVOLUTION_LOW].v[d], p.v[BWI_CONVOLUTION_STRIDES].v[d], w.v[d + 1],
             signal, kernel);
  }
  const bwi_id operands[] = {batch_to_channels(g, n->in[0], forward->i[0]), swap_ends(g, c)};
  bwi_id result = bwi_apply(g, BWI_Convolution, &p, 2, operands);
  bwi_dims start = {.n = w.n}, end = {.n = w.n}, strides = {.n = w.n};
  for (uint32_t d = 0; d + 2 < w.n; d++) result = bwi_slice_axis(g, result, d + 1, 0, w.v[d + 1]);
  result = swap_ends(g, result);
  if (forward->i[1] == 0) return result;
  for (uint32_t d = 0; d < w.n; d++) {
    const bool is_spatial = d > 0 && d < w.n - 1;
    start.v[d] = is_spatial ? -1 : 0;
    end.v[d] = is_spatial ? -w.v[d] - 1 : w.v[d];
    strides.v[d] = is_spatial ? -1 : 1;
  }
  return bwi_slice(g, result, &start, &end, &strides);
}

static void vjp_convolution(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) cotangents[0] = input_cotangent(g, n, c);
  if (wanted[1]) cotangents[1] = weight_cotangent(g, n, c);
}

BWI_PRIMITIVE(Convolution, false, infer_convolution, vjp_convolution);
