/* SPDX-License-Identifier: Apache-2.0 */
#include "networks.h"

#include <math.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/build.h"
#include "graph/convolution.h"
#include "graph/differentiate.h"
#include "graph/passes.h"

enum { CLASSES = 10 };

/* Uniform with the spread that keeps activations of about the same size from layer to layer. */
static bwi_id weights(bwi_graph *g, bwi_dims shape, int64_t n_inputs) {
  int64_t count = 1;
  for (uint32_t a = 0; a < shape.n; a++) count *= shape.v[a];
  float *values = bwi_alloc((size_t)count, sizeof *values);
  if (values == NULL) return bwi_graph_fail(g, BW_ENOMEM, "no memory for weights");
  const float most = (float)sqrt(6.0 / (double)n_inputs);
  bwi_rng_uniform(values, (size_t)count, (bwi_rng_key){.seed = 1, .stream = bwi_graph_count(g)}, 0, -most,
                  most);
  const bwi_id id = bwi_constant(g, BW_F32, &shape, values);
  bwi_free(values);
  return id;
}

static bwi_id relu(bwi_graph *g, bwi_id x) {
  return bwi_binary(g, BWI_Maximum, x, bwi_scalar_like(g, x, 0));
}

static int64_t last_extent(const bwi_graph *g, bwi_id x) {
  const bwi_dims *shape = &bwi_graph_node(g, x)->shape;
  return shape->v[shape->n - 1];
}

typedef struct convolution {
  int64_t filters, kernel, stride, padding;
} convolution;

static bwi_id convolve(bwi_graph *g, bwi_id x, convolution c) {
  const int64_t channels = last_extent(g, x);
  const bwi_params params = {.i = {1},
                             .v = {{2, {c.stride, c.stride}},
                                   {2, {c.padding, c.padding}},
                                   {2, {c.padding, c.padding}},
                                   {2, {1, 1}},
                                   {2, {1, 1}}}};
  const bwi_id w =
      weights(g, (bwi_dims){4, {c.filters, c.kernel, c.kernel, channels}}, c.kernel * c.kernel * channels);
  const bwi_id y = bwi_apply(g, BWI_Convolution, &params, 2, (bwi_id[]){x, w});
  return bwi_add(g, y, weights(g, (bwi_dims){1, {c.filters}}, 1000));
}

static bwi_id connect(bwi_graph *g, bwi_id x, int64_t n_outputs) {
  const int64_t n_inputs = last_extent(g, x);
  const bwi_id y = bwi_matmul(g, x, weights(g, (bwi_dims){2, {n_inputs, n_outputs}}, n_inputs));
  return bwi_add(g, y, weights(g, (bwi_dims){1, {n_outputs}}, 1000));
}

static bwi_id pool(bwi_graph *g, bwi_prim prim, bwi_id x, int64_t window) {
  const bwi_params params = {.v = {{2, {window, window}}, {2, {window, window}}}};
  return bwi_apply(g, prim, &params, 1, &x);
}

static bwi_id flatten(bwi_graph *g, bwi_id x) {
  const bwi_dims *shape = &bwi_graph_node(g, x)->shape;
  return bwi_reshape(g, x, &(bwi_dims){2, {shape->v[0], shape->v[1] * shape->v[2] * shape->v[3]}});
}

/* The small strided network of Wong et al. 2020, "Fast is better than free". */
static bwi_id build_strided(bwi_graph *g, bwi_id x) {
  x = relu(g, convolve(g, x, (convolution){16, 4, 2, 1}));
  x = relu(g, convolve(g, x, (convolution){32, 4, 2, 1}));
  return connect(g, relu(g, connect(g, flatten(g, x), 100)), CLASSES);
}

static bwi_id build_lenet(bwi_graph *g, bwi_id x) {
  x = pool(g, BWI_MaxPool, relu(g, convolve(g, x, (convolution){32, 5, 1, 2})), 2);
  x = pool(g, BWI_MaxPool, relu(g, convolve(g, x, (convolution){64, 5, 1, 2})), 2);
  return connect(g, relu(g, connect(g, flatten(g, x), 1024)), CLASSES);
}

static bwi_id residual_block(bwi_graph *g, bwi_id x, int64_t filters, int64_t stride) {
  const bool same = stride == 1 && last_extent(g, x) == filters;
  const bwi_id shortcut = same ? x : convolve(g, x, (convolution){filters, 1, stride, 0});
  const bwi_id y = relu(g, convolve(g, x, (convolution){filters, 3, stride, 1}));
  return relu(g, bwi_add(g, convolve(g, y, (convolution){filters, 3, 1, 1}), shortcut));
}

/* He et al. 2016, for images of 32 x 32, batch norm folded. */
static bwi_id build_resnet18(bwi_graph *g, bwi_id x) {
  x = relu(g, convolve(g, x, (convolution){64, 3, 1, 1}));
  for (int64_t stage = 0; stage < 4; stage++) {
    x = residual_block(g, x, INT64_C(64) << stage, stage > 0 ? 2 : 1);
    x = residual_block(g, x, INT64_C(64) << stage, 1);
  }
  return connect(g, flatten(g, pool(g, BWI_AvgPool, x, 4)), CLASSES);
}

const network networks[] = {
    {"mnist strided", {28, 28, 1}, build_strided},
    {"mnist lenet", {28, 28, 1}, build_lenet},
    {"cifar resnet-18", {32, 32, 3}, build_resnet18},
};
const uint32_t n_networks = sizeof networks / sizeof *networks;

bw_status network_graph(bwi_graph **out, const network *n, int64_t batch, bw_error *err) {
  bwi_graph *g = NULL;
  BW_TRY(bwi_graph_create(&g, err));
  const bwi_dims images = {4, {batch, n->image[0], n->image[1], n->image[2]}};
  const bwi_id x = bwi_input(g, BW_F32, &images, 0);
  const bwi_id logits = n->build(g, x);
  const bwi_id cotangent = bwi_input(g, BW_F32, &(bwi_dims){2, {batch, CLASSES}}, 1);
  bwi_id gradient = BWI_NONE;
  bwi_differentiate(g, BWI_EXACT, 1, &logits, &cotangent, 1, &x, &gradient);
  bw_status status = bwi_graph_set_outputs(g, 2, (bwi_id[]){logits, gradient}, err);
  if (status == BW_OK) status = bwi_optimise(out, g, bwi_ref_evaluate, err);
  bwi_graph_free(g);
  return status;
}
