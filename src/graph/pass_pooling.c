/* SPDX-License-Identifier: Apache-2.0 */
/* Finds pooling in the way mlx.nn writes it (python/mlx/nn/layers/pooling.py) after bwi_pass_simplify:
 *   windows side by side: Reshape (N, P, h, Q, w, C), Transpose [0, 1, 3, 2, 4, 5], Reduce [3, 4];
 *   overlapping windows:  AsStrided (N, P, Q, h, w, C), Reduce [3, 4];
 * and for the mean a product with 1 / (h * w). One spatial axis is written in the same way without the
 * second axis, and is pooled as an image of width 1. Three spatial axes stay as they are. To be done
 * before differentiating: MaxPool's derivative is the derivative of MLX's maximum. */
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"

/* Windows over an image: what both ways of writing come down to. */
typedef struct windows {
  bwi_id x;            /* node of the old graph that holds the image's bytes */
  bwi_dims image;      /* (N, H, W, C) */
  bwi_dims size, step; /* (h, w) */
} windows;

/* The Reshape that cuts the image into windows side by side. */
static bool match_cut(const bwi_graph *g, const bwi_node *n, windows *out) {
  static const bwi_dims order = {6, {0, 1, 3, 2, 4, 5}};
  if (n->shape.n == 6) {
    if (n->prim != BWI_Transpose || !bwi_dims_equal(&n->params->v[0], &order)) return false;
    n = bwi_graph_node(g, n->in[0]);
  }
  if (n->prim != BWI_Reshape) return false;
  bwi_dims cut = n->shape;
  if (cut.n == 4) cut = (bwi_dims){6, {cut.v[0], cut.v[1], cut.v[2], 1, 1, cut.v[3]}};
  out->x = n->in[0];
  out->image = (bwi_dims){4, {cut.v[0], cut.v[1] * cut.v[2], cut.v[3] * cut.v[4], cut.v[5]}};
  out->size = (bwi_dims){2, {cut.v[2], cut.v[4]}};
  out->step = out->size;
  return true;
}

static int64_t exact_quotient(int64_t a, int64_t b) {
  return b > 0 && a % b == 0 ? a / b : -1;
}

static bool fits(int64_t extent, int64_t size, int64_t step, int64_t count) {
  return size > 0 && step > 0 && extent >= size && (extent - size) / step + 1 == count;
}

/* The AsStrided that lays overlapping windows over the image. */
static bool match_overlap(const bwi_graph *g, const bwi_node *n, windows *out) {
  bwi_dims shape = n->params->v[0], strides = n->params->v[1];
  if (n->prim != BWI_AsStrided || n->params->i[0] != 0) return false;
  if (shape.n == 4) { /* (N, P, h, C) to (N, P, 1, h, 1, C) */
    shape = (bwi_dims){6, {shape.v[0], shape.v[1], 1, shape.v[2], 1, shape.v[3]}};
    strides = (bwi_dims){6, {strides.v[0], strides.v[1], shape.v[5], strides.v[2], shape.v[5], strides.v[3]}};
  }
  if (shape.n != 6) return false;
  const int64_t c = shape.v[5], row = strides.v[3];
  const int64_t height = exact_quotient(strides.v[0], row), width = exact_quotient(row, c);
  out->x = n->in[0];
  out->image = (bwi_dims){4, {shape.v[0], height, width, c}};
  out->size = (bwi_dims){2, {shape.v[3], shape.v[4]}};
  out->step = (bwi_dims){2, {exact_quotient(strides.v[1], row), exact_quotient(strides.v[2], c)}};
  return strides.v[4] == c && strides.v[5] == 1 && fits(height, out->size.v[0], out->step.v[0], shape.v[1]) &&
         fits(width, out->size.v[1], out->step.v[1], shape.v[2]) &&
         bwi_node_count(bwi_graph_node(g, out->x)) == shape.v[0] * height * width * c;
}

/* Whether n reduces windows, and each window as a whole. */
static bool match_reduction(const bwi_graph *g, const bwi_node *n, bwi_reduction kind, windows *out) {
  if (n->prim != BWI_Reduce || n->dtype != BW_F32 || n->params->i[0] != kind) return false;
  static const bwi_dims one_axis = {1, {2}}, two_axes = {2, {3, 4}};
  const bwi_node *view = bwi_graph_node(g, n->in[0]);
  if (!bwi_dims_equal(&n->params->v[0], view->shape.n == 4 ? &one_axis : &two_axes)) return false;
  return match_cut(g, view, out) || match_overlap(g, view, out);
}

/* Whether n is the product of a sum over windows with the inverse of their size. */
static bool match_mean(const bwi_graph *g, const bwi_node *n, windows *out) {
  if (n->prim != BWI_Multiply) return false;
  for (uint32_t k = 0; k < 2; k++) {
    const bwi_node *sum = bwi_graph_node(g, n->in[k]);
    if (sum->prim == BWI_Reshape) sum = bwi_graph_node(g, sum->in[0]);
    if (match_reduction(g, sum, BWI_SUM, out) && bwi_node_count(sum) == bwi_node_count(n) &&
        bwi_is_known(g, n->in[1 - k], (double)(1.0f / (float)(out->size.v[0] * out->size.v[1]))))
      return true;
  }
  return false;
}

static bwi_id recognise(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_graph *old = bwi_rewrite_old(r);
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_node *n = bwi_graph_node(old, id);
  windows w;
  bwi_prim pool;
  if (match_reduction(old, n, BWI_MAX, &w)) {
    pool = BWI_MaxPool;
  } else if (match_mean(old, n, &w)) {
    pool = BWI_AvgPool;
  } else {
    return BWI_NONE;
  }
  const bwi_id image = bwi_reshape(g, bwi_rewrite_map(r, w.x), &w.image);
  return bwi_reshape(g, bwi_apply(g, pool, &(bwi_params){.v = {w.size, w.step}}, 1, &image), &n->shape);
}

bw_status bwi_pass_recognise_pooling(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_rewrite_graph(out, g, recognise, NULL, err);
}
