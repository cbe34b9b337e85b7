/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisation of rows, which are independent of each other; the inner loops are simd/reduce.c. */
#include "backend/cpu/norm.h"

#include "backend/cpu/simd/simd.h"
#include "base/memory.h"

enum { WEIGHT = 1, BIAS = 2 };

typedef struct state {
  const bwi_simd *simd;
  bwi_norm norm; /* weight and bias are set at each run */
  int64_t rows;
  uint32_t n_in;
  bool is_scalar[3]; /* operand k is one number for all elements of a row */
} state;

static const float *row_of(const state *s, const void *const *in, uint32_t k, float *scratch) {
  if (!s->is_scalar[k]) return in[k];
  float *row = scratch + (k - 1) * s->norm.n;
  for (int64_t i = 0; i < s->norm.n; i++) row[i] = *(const float *)in[k];
  return row;
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  const state *s = opaque;
  bwi_norm norm = s->norm;
  norm.weight = row_of(s, in, WEIGHT, scratch);
  norm.bias = s->n_in > BIAS ? row_of(s, in, BIAS, scratch) : NULL;
  for (int64_t r = 0; r < s->rows; r++)
    s->simd->norm(&norm, (const float *)in[0] + r * norm.n, (float *)out + r * norm.n);
  return BW_OK;
}

bw_status bwi_bind_norm(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  const int64_t count = bwi_node_count(n);
  if ((n->prim != BWI_LayerNorm && n->prim != BWI_RMSNorm) || n->dtype != BW_F32 || count == 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a normalisation of float32");
  const int64_t extent = n->shape.v[n->shape.n - 1];
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = (state){
      .simd = bwi_simd_best(),
      .norm = {.n = extent, .centred = n->prim == BWI_LayerNorm, .eps = (float)n->params->f[0]},
      .rows = count / extent,
      .n_in = n->n_in,
  };
  for (uint32_t k = 1; k < n->n_in; k++) s->is_scalar[k] = bwi_graph_node(g, n->in[k])->shape.n == 0;
  *out = (bwi_kernel){.run = run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = 2 * (size_t)extent * sizeof(float),
                      .in_place = 0,
                      .name = "norm"};
  return BW_OK;
}
