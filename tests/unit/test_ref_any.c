/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever inference accepts, the reference kernels compute without touching a byte that is not theirs:
 * random primitives with random operands and parameters, run under the sanitizers in buffers of their exact
 * size. */
#include <stdlib.h>
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/primitive.h"
#include "support/unit.h"

enum { TRIES = 40000, MAX_COUNT = 4096 };

typedef struct dice {
  uint32_t draws[1024];
  uint32_t at, round;
} dice;

static uint32_t roll(dice *d, uint32_t sides) {
  if (d->at % 1024 == 0) bwi_rng_u32(d->draws, 1024, (bwi_rng_key){.seed = 1}, d->round++);
  return d->draws[d->at++ % 1024] % sides;
}

/* Numbers that parameters are made of, the likely ones more often. */
static int64_t any_number(dice *d) {
  static const int64_t rare[] = {-3, -2, -1, 4, 5, 8, 32, 64, 1000, INT32_MAX, INT64_MIN, INT64_MAX};
  return roll(d, 8) == 0 ? rare[roll(d, sizeof rare / sizeof *rare)] : (int64_t)roll(d, 4);
}

static bwi_dims any_dims(dice *d, uint32_t n) {
  bwi_dims dims = {.n = roll(d, 4) == 0 ? roll(d, 6) : n};
  const bool alike = roll(d, 2) == 0;
  const int64_t value = any_number(d);
  for (uint32_t i = 0; i < dims.n; i++) dims.v[i] = alike ? value : any_number(d);
  return dims;
}

static bwi_params any_params(dice *d, uint32_t rank) {
  bwi_params params = {.dtype = (bw_dtype)roll(d, BW_DTYPE_COUNT)};
  const uint32_t spatial = rank > 2 && roll(d, 2) == 0 ? rank - 2 : rank;
  for (int i = 0; i < 8; i++) params.i[i] = any_number(d);
  for (int i = 0; i < 4; i++) params.f[i] = (double)roll(d, 9) / 2 - 1;
  for (int i = 0; i < 6; i++) params.v[i] = any_dims(d, roll(d, 3) == 0 ? 1 : spatial);
  if (roll(d, 3) == 0) params.i[0] = 32;
  return params;
}

/* Extents that fit together often: few are not 1 or 2. */
static bwi_dims any_shape(dice *d, uint32_t rank) {
  static const int64_t extents[] = {1, 1, 2, 2, 2, 2, 3, 4, 32, 0};
  bwi_dims shape = {.n = rank};
  for (uint32_t i = 0; i < rank; i++) shape.v[i] = extents[roll(d, i + 1 == rank ? 10 : 8)];
  return shape;
}

/* Values of any dtype: small integers, which are likely indices, or any bits. */
static void fill(dice *d, void *data, bw_dtype dtype, size_t bytes) {
  const size_t size = bw_dtype_bytes(dtype);
  const bool small = roll(d, 4) != 0;
  for (size_t i = 0; i < bytes; i += size) {
    const uint64_t bits =
        small && dtype < BW_F16 ? roll(d, 3) : (uint64_t)roll(d, UINT32_MAX) << 32 | roll(d, UINT32_MAX);
    memcpy((char *)data + i, &bits, size);
    if (dtype == BW_BOOL) ((uint8_t *)data)[i] &= 1;
  }
}

static bwi_id any_constant(bwi_graph *g, dice *d, bw_dtype dtype, const bwi_dims *shape) {
  char data[MAX_COUNT * 8];
  int64_t count = 1;
  for (uint32_t i = 0; i < shape->n; i++) count *= shape->v[i];
  if (count > MAX_COUNT) return BWI_NONE;
  fill(d, data, dtype, (size_t)count * bw_dtype_bytes(dtype));
  return bwi_constant(g, dtype, shape, data);
}

/* Most operands have the first one's dtype and shape. */
static void any_operands(bwi_graph *g, dice *d, uint32_t n_in, bwi_id *in, uint32_t rank) {
  static const bw_dtype likely[] = {BW_F32, BW_F32, BW_F16, BW_BF16, BW_BOOL, BW_I32, BW_U64};
  const bw_dtype dtype = likely[roll(d, 7)];
  const bwi_dims shape = any_shape(d, rank);
  for (uint32_t k = 0; k < n_in; k++) {
    const bw_dtype own = k == 0 || roll(d, 3) != 0 ? dtype : (bw_dtype)roll(d, BW_DTYPE_COUNT);
    const bwi_dims other = any_shape(d, roll(d, 3) == 0 ? roll(d, 3) : rank);
    in[k] = any_constant(g, d, own, k == 0 || roll(d, 2) == 0 ? &shape : &other);
  }
}

/* --- primitives whose operands must fit together closely: good ones, of which a few numbers are changed ---
 */

typedef struct sample {
  bwi_prim prim;
  uint32_t n_in;
  struct {
    bw_dtype dtype;
    bwi_dims shape;
  } in[5];
  bwi_params params;
} sample;

#define PLANE    \
  {2, {2, 2}}, { \
    2, {         \
      1, 1       \
    }            \
  }

static const sample samples[] = {
    {BWI_SliceUpdate,
     2,
     {{BW_F32, {2, {3, 4}}}, {BW_F32, {2, {2, 2}}}},
     {.i = {2}, .v = {{2, {0, 1}}, {2, {2, 4}}, {2, {1, 2}}}}},
    {BWI_DynamicSlice, 2, {{BW_U8, {2, {3, 4}}}, {BW_I32, {1, {2}}}}, {.v = {{2, {0, 1}}, {2, {2, 3}}}}},
    {BWI_DynamicSliceUpdate,
     3,
     {{BW_F32, {2, {3, 4}}}, {BW_F32, {2, {2, 2}}}, {BW_U64, {1, {1}}}},
     {.v = {{1, {1}}}}},
    {BWI_Gather,
     3,
     {{BW_F32, {2, {3, 3}}}, {BW_I32, {1, {4}}}, {BW_I8, {1, {4}}}},
     {.v = {{2, {0, 1}}, {2, {1, 1}}}}},
    {BWI_Scatter,
     3,
     {{BW_F32, {2, {3, 3}}}, {BW_I32, {1, {4}}}, {BW_F32, {3, {4, 1, 2}}}},
     {.i = {2}, .v = {{1, {0}}}}},
    {BWI_ScatterAxis,
     3,
     {{BW_F32, {2, {3, 3}}}, {BW_I32, {2, {3, 2}}}, {BW_F32, {2, {3, 2}}}},
     {.i = {0, 1}}},
    {BWI_MaskedScatter,
     3,
     {{BW_F32, {2, {2, 3}}}, {BW_BOOL, {2, {2, 3}}}, {BW_F32, {2, {2, 2}}}},
     {.i = {0}}},
    {BWI_AddMM, 3, {{BW_F16, {2, {2, 3}}}, {BW_F16, {2, {3, 2}}}, {BW_F16, {1, {2}}}}, {.f = {1, 1}}},
    {BWI_BlockMaskedMM,
     5,
     {{BW_F32, {2, {33, 2}}},
      {BW_F32, {2, {2, 3}}},
      {BW_BOOL, {2, {2, 1}}},
      {BW_F32, {2, {2, 1}}},
      {BW_F32, {2, {1, 1}}}},
     {.i = {32}}},
    {BWI_GatherMM,
     4,
     {{BW_F32, {3, {2, 2, 3}}}, {BW_F32, {3, {3, 3, 2}}}, {BW_U32, {1, {2}}}, {BW_I32, {1, {2}}}},
     {.i = {0}}},
    {BWI_QuantizedMatmul,
     4,
     {{BW_F32, {2, {2, 64}}}, {BW_U32, {2, {3, 6}}}, {BW_F32, {2, {3, 2}}}, {BW_F32, {2, {3, 2}}}},
     {.i = {32, 3, 0, 1}}},
    {BWI_QuantizedMatmul,
     4,
     {{BW_BF16, {2, {1, 3}}}, {BW_U32, {3, {2, 3, 5}}}, {BW_BF16, {3, {2, 3, 1}}}, {BW_BF16, {3, {2, 3, 1}}}},
     {.i = {32, 5, 0, 0}}},
    {BWI_Dequantize,
     3,
     {{BW_U32, {2, {2, 6}}}, {BW_F16, {2, {2, 1}}}, {BW_F16, {2, {2, 1}}}},
     {.i = {32, 6}}},
    {BWI_Convolution,
     2,
     {{BW_F32, {3, {2, 5, 4}}}, {BW_F32, {3, {4, 2, 2}}}},
     {.i = {2, 0}, .v = {{1, {2}}, {1, {1}}, {1, {0}}, {1, {2}}, {1, {1}}}}},
    {BWI_Convolution,
     2,
     {{BW_BF16, {4, {1, 3, 4, 2}}}, {BW_BF16, {4, {3, 2, 2, 2}}}},
     {.i = {1, 1}, .v = {{2, {1, 2}}, {2, {1, 0}}, {2, {0, 1}}, {2, {1, 1}}, {2, {2, 3}}}}},
    {BWI_FusedConvolution,
     4,
     {{BW_F32, {3, {2, 3, 1}}}, {BW_F32, {3, {2, 2, 1}}}, {BW_F32, {1, {2}}}, {BW_F32, {3, {2, 2, 2}}}},
     {.i = {1, 0, 1}, .v = {{1, {1}}, {1, {0}}, {1, {0}}, {1, {1}}, {1, {1}}}}},
    {BWI_FusedMatmul,
     4,
     {{BW_F32, {2, {2, 3}}}, {BW_F32, {2, {3, 2}}}, {BW_F32, {1, {2}}}, {BW_F32, {2, {2, 2}}}},
     {.i = {1}}},
    {BWI_LayerNorm, 3, {{BW_F16, {2, {3, 4}}}, {BW_F16, {1, {4}}}, {BW_F16, {0, {0}}}}, {.f = {1e-5}}},
    {BWI_RoPE,
     3,
     {{BW_F32, {4, {2, 1, 3, 6}}}, {BW_I32, {1, {2}}}, {BW_F32, {1, {2}}}},
     {.i = {4, 1, 1}, .f = {1, 1}}},
    {BWI_ScaledDotProductAttention,
     5,
     {{BW_F32, {4, {1, 4, 3, 2}}},
      {BW_F32, {4, {1, 2, 2, 2}}},
      {BW_F32, {4, {1, 2, 2, 3}}},
      {BW_BOOL, {2, {3, 2}}},
      {BW_F32, {1, {4}}}},
     {.i = {1, 1}, .f = {0.5}}},
    {BWI_MaxPool, 1, {{BW_F32, {4, {1, 4, 3, 2}}}}, {.v = {PLANE}}},
    {BWI_AvgPool, 1, {{BW_F32, {4, {1, 4, 3, 2}}}}, {.v = {PLANE}}},
    {BWI_MaxPoolGradient,
     3,
     {{BW_F32, {4, {1, 4, 3, 2}}}, {BW_F32, {4, {1, 3, 2, 2}}}, {BW_F32, {4, {1, 3, 2, 2}}}},
     {.v = {PLANE}}},
    {BWI_AvgPoolGradient, 1, {{BW_F32, {4, {1, 3, 2, 2}}}}, {.v = {PLANE, {4, {1, 4, 3, 2}}}}},
    {BWI_AsStridedGradient, 1, {{BW_F32, {2, {2, 3}}}}, {.i = {1}, .v = {{1, {9}}, {2, {1, 3}}}}},
};

static void change_one_number(sample *s, dice *d) {
  bwi_dims *shape = &s->in[roll(d, s->n_in)].shape, *v = &s->params.v[roll(d, 6)];
  switch (roll(d, 4)) {
    case 0: s->params.i[roll(d, 4)] = any_number(d); break;
    case 1: s->in[roll(d, s->n_in)].dtype = (bw_dtype)roll(d, BW_DTYPE_COUNT); break;
    case 2:
      if (shape->n > 0) shape->v[roll(d, shape->n)] = roll(d, 5);
      break;
    default:
      if (v->n > 0) v->v[roll(d, v->n)] = any_number(d);
      break;
  }
}

/* --- */

/* Evaluates the node, if inference took it. */
static bool evaluate(const bwi_graph *g, bwi_id id) {
  if (id == BWI_NONE || bwi_node_count(bwi_graph_node(g, id)) > MAX_COUNT) return false;
  void *out =
      malloc(bwi_node_bytes(bwi_graph_node(g, id)) + 1); /* bwi_alloc rounds sizes up; 0 may give NULL */
  assert_non_null(out);
  const bw_status status = bwi_ref_evaluate(g, id, out, NULL);
  assert_true(status == BW_OK || status == BW_EFORMAT);
  free(out);
  return true;
}

static bool try_sample(dice *d, const sample *good, uint32_t n_changes) {
  sample s = *good;
  bwi_graph *g = NULL;
  bwi_id in[5];
  for (uint32_t i = 0; i < n_changes; i++) change_one_number(&s, d);
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  for (uint32_t k = 0; k < s.n_in; k++) in[k] = any_constant(g, d, s.in[k].dtype, &s.in[k].shape);
  const bool accepted = evaluate(g, bwi_apply(g, s.prim, &s.params, s.n_in, in));
  bwi_graph_free(g);
  return accepted;
}

static void test_samples(void **state) {
  (void)state;
  static dice d;
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    assert_true(try_sample(&d, &samples[i], 0));
    for (uint32_t t = 0; t < 1000; t++) (void)try_sample(&d, &samples[i], 1 + t % 3);
  }
}

static bool try_any(dice *d, bwi_prim prim) {
  const bwi_primitive *p = bwi_primitive_of(prim);
  const uint32_t most = p->most < 6 ? p->most : 6, n_in = p->fewest + roll(d, most - p->fewest + 1),
                 rank = roll(d, 6);
  bwi_graph *g = NULL;
  bwi_id in[6];
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  any_operands(g, d, n_in, in, rank);
  const bwi_params params = any_params(d, rank);
  const bool accepted = evaluate(g, bwi_apply(g, prim, &params, n_in, in));
  bwi_graph_free(g);
  return accepted;
}

static bool has_sample(bwi_prim prim) {
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
    if (samples[i].prim == prim) return true;
  return false;
}

static void test_any(void **state) {
  (void)state;
  static dice d;
  uint32_t accepted[BWI_PRIM_COUNT] = {0};
  for (uint32_t i = 0; i < TRIES; i++) {
    const bwi_prim prim = (bwi_prim)(i % BWI_PRIM_COUNT);
    if (prim != BWI_Input && prim != BWI_Constant && prim != BWI_Elementwise)
      accepted[prim] += try_any(&d, prim);
  }
  for (int prim = BWI_Constant + 1; prim < BWI_Elementwise; prim++)
    if (accepted[prim] == 0 && !has_sample((bwi_prim)prim))
      fail_msg("%s was never accepted", bwi_primitive_of((bwi_prim)prim)->name);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_any), cmocka_unit_test(test_samples)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
