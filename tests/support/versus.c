/* SPDX-License-Identifier: Apache-2.0 */
#include "support/versus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/plan.h"
#include "backend/ref/ref_element.h"
#include "base/half.h"
#include "base/memory.h"
#include "base/rng.h"
#include "support/unit.h"

enum { SAMPLES = 64 };

/* --- instruction sets --- */

extern const bwi_simd bwi_simd_baseline;
#if defined(__x86_64__)
extern const bwi_simd bwi_simd_avx2, bwi_simd_avx512;
#endif

static const bwi_simd *in_use = &bwi_simd_baseline;
static uint32_t plan_flags;

/* Linked in place of dispatch.c's, so that tests choose the set. */
const bwi_simd *bwi_simd_best(void) {
  return in_use;
}

static void use(const bwi_simd *simd, bool supported, void (*check)(const bwi_simd *, const void *),
                const void *payload) {
  if (!supported) {
    printf("SKIP %s: the processor lacks it\n", simd->name);
    return;
  }
  in_use = simd;
  check(simd, payload);
}

void each_simd(void (*check)(const bwi_simd *simd, const void *payload), const void *payload) {
  use(&bwi_simd_baseline, true, check, payload);
#if defined(__x86_64__)
  use(&bwi_simd_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), check, payload);
  use(&bwi_simd_avx512,
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"),
      check, payload);
#endif
}

/* --- values --- */

static double value(const versus_operand *o, uint32_t bits) {
  static const double edges[] = {NAN,    INFINITY, -INFINITY, 0,      -0.0, 1e-45, -1e-40, 0x1p-126,
                                 3.4e38, -3.4e38,  88.8,      -103.9, 1,    -1,    0.5,    -2.5};
  const double unit = (double)bits * 0x1p-32;
  switch (o->values) {
    case EDGES: return bits & 1 ? edges[bits >> 1 & 15] : 8 * unit - 4;
    case STEPS: return (double)(bits % 5) - 2;
    case POSITIVE: return unit + 0.5;
    case ZEROS: return 0;
    case POSITIONS: return floor((2 * unit - 1) * (double)o->limit);
    default: break;
  }
  if (o->dtype == BW_BOOL) return bits >> 31;
  if (bwi_is_real(o->dtype)) return 4 * unit - 2;
  return floor((o->dtype >= BW_I8 ? 200 * unit - 100 : 100 * unit));
}

static int64_t count_of(const bwi_dims *shape) {
  int64_t n = 1;
  for (uint32_t a = 0; a < shape->n; a++) n *= shape->v[a];
  return n;
}

static bool has_batch(const versus_operand *o) {
  return o->shape.n > 0 && o->shape.v[0] == BATCH;
}

static bwi_dims at_batch(bwi_dims dims, int64_t batch) {
  for (uint32_t a = 0; a < dims.n; a++)
    if (dims.v[a] == BATCH) dims.v[a] = batch;
  return dims;
}

/* Elements of operand k from sample `sample` (0 where there is no batch). */
static void fill_sample(void *to, const versus_operand *o, uint32_t k, uint32_t sample) {
  const bwi_dims shape = at_batch(o->shape, 1);
  const int64_t n = count_of(&shape);
  uint32_t *bits = malloc((size_t)n * sizeof *bits + 1);
  double *values = malloc((size_t)n * sizeof *values + 1);
  assert_non_null(bits);
  assert_non_null(values);
  bwi_rng_u32(bits, (size_t)n, (bwi_rng_key){.seed = 7, .sample = sample, .stream = k}, 0);
  for (int64_t i = 0; i < n; i++) {
    values[i] = value(o, bits[i]);
    if (plan_flags == BWI_PLAN_BFLOAT16) values[i] = bwi_bf16_to_f32(bwi_f32_to_bf16((float)values[i]));
  }
  bwi_store_real(to, o->dtype, 0, 1, values, n);
  free(bits);
  free(values);
}

/* Samples first, first + stride, ... (modulo SAMPLES) one behind the other. */
typedef struct lineup {
  int64_t batch, first, stride;
} lineup;

static uint32_t sample_at(lineup o, int64_t i) {
  return (uint32_t)((o.first + i * o.stride) % SAMPLES);
}

static void fill(void *to, const versus_operand *o, uint32_t k, lineup order) {
  const bwi_dims shape = at_batch(o->shape, 1);
  const size_t bytes = (size_t)count_of(&shape) * bw_dtype_bytes(o->dtype);
  for (int64_t i = 0; i < (has_batch(o) ? order.batch : 1); i++)
    fill_sample((char *)to + (size_t)i * bytes, o, k, has_batch(o) ? sample_at(order, i) : 0);
}

/* --- running --- */

typedef struct result {
  bw_dtype dtype;
  int64_t count;
  size_t bytes;
  void *data;
} result;

static bwi_id build(bwi_graph *g, const versus_row *r, lineup order) {
  bwi_id in[VERSUS_OPERANDS];
  for (uint32_t k = 0; k < r->n_in; k++) {
    const bwi_dims shape = at_batch(r->in[k].shape, order.batch);
    if (!r->in[k].constant) {
      in[k] = bwi_input(g, r->in[k].dtype, &shape, 0);
      continue;
    }
    void *data = bwi_alloc((size_t)count_of(&shape), bw_dtype_bytes(r->in[k].dtype));
    fill(data, &r->in[k], k, order);
    in[k] = bwi_constant(g, r->in[k].dtype, &shape, data);
    bwi_free(data);
  }
  if (r->program != NULL) return bwi_elementwise(g, r->program, r->n_in, in);
  bwi_params params = r->params;
  for (uint32_t i = 0; i < sizeof params.v / sizeof *params.v; i++)
    params.v[i] = at_batch(params.v[i], order.batch);
  return bwi_apply(g, r->prim, &params, r->n_in, in);
}

static result run(const versus_row *r, const bwi_backend *backend, lineup order) {
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  bwi_weights *weights = NULL;
  bw_error err;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  assert_int_equal(bwi_weights_create(&weights, NULL), BW_OK);
  const bwi_id id = build(g, r, order);
  if (bwi_graph_set_outputs(g, 1, &id, &err) != BW_OK ||
      bwi_plan_create(&plan, g, 1, &backend, weights, plan_flags, &err) != BW_OK)
    fail_msg("%s: %s", r->name, err.text);
  if (plan_flags == BWI_PLAN_BFLOAT16 && backend == &bwi_backend_cpu)
    assert_non_null(strstr(bwi_plan_step(plan, 0).kernel, "bfloat16"));
  for (uint32_t k = 0, input = 0; k < r->n_in; k++)
    if (!r->in[k].constant) fill(bwi_plan_input(plan, input++), &r->in[k], k, order);
  if (bwi_plan_run(plan, 0, &err) != BW_OK) fail_msg("%s: %s", r->name, err.text);
  const bwi_node *n = bwi_graph_node(g, id);
  result out = {n->dtype, bwi_node_count(n), bwi_node_bytes(n), malloc(bwi_node_bytes(n) + 1)};
  assert_non_null(out.data);
  memcpy(out.data, bwi_plan_output(plan, 0), out.bytes);
  bwi_plan_free(plan);
  bwi_weights_free(weights);
  bwi_graph_free(g);
  return out;
}

/* --- comparing --- */

static bool agree(double got, double wanted, double units, double scale) {
  if (isnan(wanted)) return isnan(got);
  if (units == 0 || isinf(wanted)) return got == wanted && signbit(got) == signbit(wanted);
  return fabs(got - wanted) <= units * (0x1p-23 * (fabs(wanted) + scale) + 0x1p-149);
}

static double root_mean_square(const double *x, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += isfinite(x[i]) ? x[i] * x[i] : 0;
  return sqrt(sum / (double)(n > 0 ? n : 1));
}

static void compare(const versus_row *r, const bwi_simd *simd, result got, result wanted) {
  double *g = malloc((size_t)got.count * sizeof *g + 1), *w = malloc((size_t)got.count * sizeof *w + 1);
  assert_non_null(g);
  assert_non_null(w);
  bwi_load_real(g, got.data, got.dtype, 0, 1, got.count);
  bwi_load_real(w, wanted.data, wanted.dtype, 0, 1, got.count);
  const double scale = r->sums ? root_mean_square(w, got.count) : 0;
  for (int64_t i = 0; i < got.count; i++)
    if (!agree(g[i], w[i], r->units, scale))
      fail_msg("%s (%s): element %d is %.9g, wanted %.9g", r->name, simd->name, (int)i, g[i], w[i]);
  free(g);
  free(w);
}

static bool is_batched(const versus_row *r) {
  for (uint32_t k = 0; k < r->n_in; k++)
    if (has_batch(&r->in[k])) return true;
  return false;
}

/* Against sample_bytes of each sample in `all`, a batch of all of them in their order. */
static void check_sample_bits(const versus_row *r, const bwi_simd *simd, result all, lineup order) {
  const size_t bytes = all.bytes / SAMPLES;
  const result part = run(r, &bwi_backend_cpu, order);
  for (int64_t i = 0; i < order.batch; i++)
    if (memcmp((const char *)part.data + (size_t)i * bytes,
               (const char *)all.data + sample_at(order, i) * bytes, bytes) != 0)
      fail_msg("%s (%s): sample %u differs at place %d of a batch of %d", r->name, simd->name,
               sample_at(order, i), (int)i, (int)order.batch);
  free(part.data);
}

static void check_row(const bwi_simd *simd, const void *payload) {
  const versus_row *r = payload;
  const lineup few = {5, 0, 1}, all = {SAMPLES, 0, 1};
  const result wanted = run(r, &bwi_backend_ref, few), got = run(r, &bwi_backend_cpu, few);
  compare(r, simd, got, wanted);
  free(got.data);
  free(wanted.data);
  if (!is_batched(r)) return;
  const result bits = run(r, &bwi_backend_cpu, all);
  static const int64_t batches[] = {1, 3, 7, 16, SAMPLES};
  for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
    for (int64_t first = 0; first < SAMPLES; first += 21)
      check_sample_bits(r, simd, bits, (lineup){batches[b], first, 5});
  free(bits.data);
}

void check_versus(const versus_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) each_simd(check_row, &rows[i]);
}

void check_versus_bfloat16(const versus_row *rows, size_t count) {
  if (bwi_simd_bfloat16() == NULL) {
    printf("SKIP bfloat16: the processor lacks it\n");
    return;
  }
  plan_flags = BWI_PLAN_BFLOAT16;
  for (size_t i = 0; i < count; i++) check_row(bwi_simd_bfloat16(), &rows[i]);
  plan_flags = 0;
}
