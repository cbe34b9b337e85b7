/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions as (outer, reduced, inner) blocks; the inner loops are simd/reduce.c. */
#include "backend/cpu/reduce.h"

#include "backend/cpu/simd/simd.h"
#include "base/memory.h"
#include "graph/build.h"

typedef struct state {
  const bwi_simd *simd;
  bwi_reduce_block block;
} state;

static bw_status run_reduce(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->reduce(&s->block, in[0], out);
  return BW_OK;
}

static bw_status run_softmax(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  for (int64_t r = 0; r < s->block.outer; r++)
    s->simd->softmax(s->block.reduced, (const float *)in[0] + r * s->block.reduced,
                     (float *)out + r * s->block.reduced);
  return BW_OK;
}

static bw_status run_logsumexp(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  for (int64_t r = 0; r < s->block.outer; r++)
    ((float *)out)[r] = s->simd->logsumexp(s->block.reduced, (const float *)in[0] + r * s->block.reduced);
  return BW_OK;
}

/* Whether the axes are neighbours, so that the reduced elements form one axis. */
static bool block_of(bwi_reduce_block *b, const bwi_dims *shape, const bwi_dims *axes) {
  bool reduced[BW_MAX_RANK] = {false};
  for (uint32_t k = 0; k < axes->n; k++) reduced[axes->v[k]] = true;
  *b = (bwi_reduce_block){.outer = 1, .reduced = 1, .inner = 1};
  int part = 0; /* outer, reduced, inner */
  for (uint32_t a = 0; a < shape->n; a++) {
    if (shape->v[a] == 1) continue;
    if (reduced[a] && part == 2) return false;
    if (reduced[a])
      part = 1;
    else if (part == 1)
      part = 2;
    *(part == 0 ? &b->outer : part == 1 ? &b->reduced : &b->inner) *= shape->v[a];
  }
  return b->outer * b->reduced * b->inner > 0;
}

static bool describe(bwi_reduce_block *b, const bwi_graph *g, const bwi_node *n) {
  if (n->n_in == 0 || n->dtype != BW_F32 || bwi_graph_node(g, n->in[0])->dtype != BW_F32) return false;
  const bwi_dims *shape = &bwi_graph_node(g, n->in[0])->shape;
  if (n->prim == BWI_Softmax || n->prim == BWI_LogSumExp)
    return shape->n > 0 && block_of(b, shape, &(bwi_dims){1, {shape->n - 1}});
  if (n->prim != BWI_Reduce || !block_of(b, shape, &n->params->v[0])) return false;
  switch (n->params->i[0]) {
    case BWI_SUM: b->kind = BWI_REDUCE_SUM; return true;
    case BWI_MIN: b->kind = BWI_REDUCE_MIN; return true;
    case BWI_MAX: b->kind = BWI_REDUCE_MAX; return true;
    default: return false;
  }
}

bw_status bwi_bind_reduce(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  bwi_reduce_block block;
  if (!describe(&block, g, n))
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a reduction of float32 over neighbouring axes");
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = (state){.simd = bwi_simd_best(), .block = block};
  *out = (bwi_kernel){.run = run_reduce, .free = bwi_free, .state = s, .in_place = -1, .name = "reduce"};
  if (n->prim == BWI_LogSumExp) out->run = run_logsumexp;
  if (n->prim != BWI_Softmax) return BW_OK;
  out->run = run_softmax;
  out->in_place = 0;
  out->name = "softmax";
  return BW_OK;
}
