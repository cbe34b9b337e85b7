/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a convolution's parameters from its node. */
#include "backend/cpu/convolution.h"

#include "graph/convolution.h"

bw_status bwi_convolution_of(bwi_convolution *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  const bwi_node *x = bwi_graph_node(g, n->in[0]), *w = bwi_graph_node(g, n->in[1]);
  const bwi_params *params = n->params;
  const bool fused = n->prim == BWI_FusedConvolution;
  if (n->dtype != BW_F32 || w->prim != BWI_Constant || x->shape.n < 3 || x->shape.n > 4)
    return BW_FAIL(err, BW_EUNSUPPORTED,
                   "not a float32 convolution of one or two axes with constant weights");
  bwi_convolution c = {.batch = x->shape.v[0],
                       .groups = params->i[0],
                       .channels = x->shape.v[x->shape.n - 1],
                       .out_channels = w->shape.v[0],
                       .flip = params->i[1] != 0,
                       .weights = w->data,
                       .relu = fused && params->i[2] == 1};
  if (fused) {
    const bool masked = params->i[2] == 2;
    c.bias = 2;
    if (n->n_in - masked > 3) c.residual = 3;
    if (masked) c.mask = n->n_in - 1;
  }
  for (uint32_t d = 0; d < 2; d++) {
    const bool there = d + x->shape.n >= 4;
    const uint32_t s = d + x->shape.n - 4; /* the spatial axis that is ours, if there */
    c.in[d] = there ? x->shape.v[s + 1] : 1;
    c.out[d] = there ? n->shape.v[s + 1] : 1;
    c.kernel[d] = there ? w->shape.v[s + 1] : 1;
    c.stride[d] = there ? params->v[BWI_CONVOLUTION_STRIDES].v[s] : 1;
    c.low[d] = there ? params->v[BWI_CONVOLUTION_LOW].v[s] : 0;
    c.dilation[d] = there ? params->v[BWI_CONVOLUTION_KERNEL_DILATION].v[s] : 1;
    c.input_dilation[d] = there ? params->v[BWI_CONVOLUTION_INPUT_DILATION].v[s] : 1;
  }
  if (bwi_node_count(x) == 0 || bwi_node_count(w) == 0 || bwi_node_count(n) == 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "an empty convolution");
  *out = c;
  return BW_OK;
}

bwi_convolution_epilogue bwi_convolution_epilogue_of(const bwi_convolution *c, const void *const *in) {
  return (bwi_convolution_epilogue){.bias = c->bias != 0 ? in[c->bias] : NULL,
                                    .residual = c->residual != 0 ? in[c->residual] : NULL,
                                    .mask = c->mask != 0 ? in[c->mask] : NULL};
}

uint64_t bwi_convolution_variant(const bwi_convolution *c) {
  uint64_t hash = 14695981039346656037u; /* FNV-1a, a number a step */
  const int64_t numbers[] = {c->groups,
                             c->flip,
                             c->stride[0],
                             c->stride[1],
                             c->dilation[0],
                             c->dilation[1],
                             c->input_dilation[0],
                             c->input_dilation[1],
                             c->low[0] % c->input_dilation[0],
                             c->low[1] % c->input_dilation[1],
                             c->kernel[0],
                             c->kernel[1],
                             c->channels,
                             c->out_channels};
  for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    hash = (hash ^ (uint64_t)numbers[i]) * 1099511628211u;
  return hash;
}
