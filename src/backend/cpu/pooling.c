/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling over channels-last images: every window is a few runs of channels, so the inner loops run along
 * them (simd/pool.c). */
#include "backend/cpu/pooling.h"

#include <string.h>

#include "backend/cpu/simd/simd.h"
#include "base/memory.h"

typedef struct state {
  const bwi_simd *simd;
  bwi_pool pool;
} state;

static bw_status run_max(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->max_pool(&s->pool, in[0], out);
  return BW_OK;
}

static bw_status run_max_gradient(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->max_pool_gradient(&s->pool, in[0], in[1], in[2], out);
  return BW_OK;
}

static bw_status run_mean(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->avg_pool(&s->pool, in[0], out);
  return BW_OK;
}

static bw_status run_mean_gradient(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->avg_pool_gradient(&s->pool, in[0], out);
  return BW_OK;
}

/* The larger image is operand 0 or, for AvgPool's gradient, the output. */
static bwi_pool pool_of(const bwi_dims *image, const bwi_params *params) {
  bwi_pool p = {.n = image->v[0], .height = image->v[1], .width = image->v[2], .channels = image->v[3]};
  p.window[0] = params->v[0].v[0];
  p.window[1] = params->v[0].v[1];
  p.stride[0] = params->v[1].v[0];
  p.stride[1] = params->v[1].v[1];
  p.out_height = (p.height - p.window[0]) / p.stride[0] + 1;
  p.out_width = (p.width - p.window[1]) / p.stride[1] + 1;
  p.where_positive = params->i[0] == 1;
  return p;
}

bw_status bwi_bind_pooling(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  bw_status (*run)(void *, const void *const *, void *, void *) = NULL;
  switch (n->prim) {
    case BWI_MaxPool: run = run_max; break;
    case BWI_MaxPoolGradient: run = run_max_gradient; break;
    case BWI_AvgPool: run = run_mean; break;
    case BWI_AvgPoolGradient: run = run_mean_gradient; break;
    default: break;
  }
  if (run == NULL || n->dtype != BW_F32) return BW_FAIL(err, BW_EUNSUPPORTED, "not pooling of float32");
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  const bwi_dims *image = n->prim == BWI_AvgPoolGradient ? &n->shape : &bwi_graph_node(g, n->in[0])->shape;
  *s = (state){.simd = bwi_simd_best(), .pool = pool_of(image, n->params)};
  *out = (bwi_kernel){.run = run, .free = bwi_free, .state = s, .in_place = -1, .name = "pool"};
  return BW_OK;
}
