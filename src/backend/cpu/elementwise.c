/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program block by block: each step is one vector loop over a block that fits first-level cache, so
 * memory is read and written once however long the chain is. An element's value depends on its own
 * operands alone, so the position in a block or batch changes nothing. */
#include "backend/cpu/elementwise.h"

#include <string.h>

#include "backend/cpu/simd/simd.h"
#include "base/memory.h"
#include "graph/pattern.h"
#include "graph/primitive.h"
#include "graph/program.h"

enum { BLOCK = 512, MAX_VALUES = BWI_PROGRAM_MAX_OPERANDS + BWI_PROGRAM_MAX_STEPS };

/* An operand's elements under the output's: axes that lie evenly are merged, so that the strides are 1 and 0
 * in turn, 0 where the operand is broadcast. */
typedef struct operand {
  bool boolean;
  uint32_t rank; /* at least 1 */
  int64_t extents[BW_MAX_RANK], strides[BW_MAX_RANK];
} operand;

typedef struct state {
  const bwi_simd *simd;
  bwi_program program;
  int64_t count, block;
  uint32_t n_operands;
  operand operands[BWI_PROGRAM_MAX_OPERANDS];
} state;

/* --- one operand's part of a block, as float32 --- */

/* n elements from `at` on; where the operand is broadcast, that one n times. */
static void copy_run(float *to, const void *from, int64_t at, int64_t n, const operand *o,
                     const bwi_simd *simd) {
  const bool repeated = o->strides[o->rank - 1] == 0;
  const int64_t count = repeated ? 1 : n;
  if (o->boolean)
    simd->from_bools(count, (const uint8_t *)from + at, to);
  else
    memcpy(to, (const float *)from + at, (size_t)count * sizeof(float));
  const float value = to[0];
  for (int64_t i = count; i < n; i++) to[i] = value;
}

static bool is_whole(const operand *o) {
  return o->rank == 1 && o->strides[0] == 1;
}

/* Repeated behind itself, a scalar included. */
static int64_t period_of(const operand *o) {
  if (o->strides[0] != 0 || o->rank > 2) return 0;
  return o->rank == 1 ? 1 : o->extents[1];
}

/* Whether the operand's floats are the same for every block, so that they are laid out once. */
static bool is_same_for_all(const state *s, const operand *o) {
  const int64_t period = period_of(o);
  return period > 0 && s->block % period == 0;
}

/* Elements [first, first + n) of the output. */
static void lay_out(float *to, const void *from, int64_t first, int64_t n, const operand *o,
                    const bwi_simd *simd) {
  const uint32_t last = o->rank - 1;
  int64_t index[BW_MAX_RANK], at = 0;
  for (uint32_t a = o->rank; a-- > 0;) {
    index[a] = first % o->extents[a];
    first /= o->extents[a];
    at += index[a] * o->strides[a];
  }
  for (int64_t done = 0; done < n;) {
    const int64_t left = o->extents[last] - index[last], part = left < n - done ? left : n - done;
    copy_run(to + done, from, at, part, o, simd);
    done += part;
    at -= index[last] * o->strides[last];
    index[last] = 0;
    for (uint32_t a = last; a-- > 0;) {
      at += o->strides[a];
      if (++index[a] < o->extents[a]) break;
      at -= index[a] * o->strides[a];
      index[a] = 0;
    }
  }
}

/* --- running --- */

static void run_block(const state *s, const float **values, float *buffers, void *out, int64_t first,
                      int64_t n) {
  const bwi_program *p = &s->program;
  const float *result = NULL;
  for (uint32_t k = 0; k < p->n_steps; k++) {
    const bwi_program_step *step = &p->steps[k];
    const bool last = k + 1 == p->n_steps;
    float *to =
        last && !p->boolean_result ? (float *)out + first : buffers + (size_t)(s->n_operands + k) * BLOCK;
    const float *in[3] = {NULL, NULL, NULL};
    for (uint32_t j = 0; j < step->n_in; j++) in[j] = values[step->in[j]];
    s->simd->step((int)step->prim, step->parameter, (uint32_t)n, in, to);
    values[s->n_operands + k] = result = to;
  }
  if (p->boolean_result && result != NULL) s->simd->to_bools(n, result, (uint8_t *)out + first);
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  const state *s = opaque;
  const float *values[MAX_VALUES] = {NULL};
  float *buffers = scratch;
  for (int64_t first = 0; first < s->count; first += s->block) {
    const int64_t n = s->count - first < s->block ? s->count - first : s->block;
    for (uint32_t k = 0; k < s->n_operands; k++) {
      const operand *o = &s->operands[k];
      float *buffer = buffers + (size_t)k * BLOCK;
      const bool direct = is_whole(o) && !o->boolean;
      values[k] = direct ? (const float *)in[k] + first : buffer;
      if (!direct && (first == 0 || !is_same_for_all(s, o))) lay_out(buffer, in[k], first, n, o, s->simd);
    }
    run_block(s, values, buffers, out, first, n);
  }
  return BW_OK;
}

/* What the gradient of every max(., 0) asks, worth a kernel of its own: one pass, nothing else in cache. */
static bw_status run_positive(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->simd->are_positive(s->count, in[0], out);
  return BW_OK;
}

static bool asks_whether_positive(const bwi_graph *g, const bwi_node *n) {
  return n->prim == BWI_Greater && bwi_graph_node(g, n->in[0])->dtype == BW_F32 &&
         bwi_dims_equal(&bwi_graph_node(g, n->in[0])->shape, &n->shape) && bwi_is_known(g, n->in[1], 0);
}

/* --- binding --- */

/* NumPy broadcasting: axes line up at the end; an extent of 1 is read again and again. */
static operand place(const bwi_dims *shape, const bwi_node *n) {
  operand o = {.boolean = n->dtype == BW_BOOL};
  int64_t strides[BW_MAX_RANK], stride = 1;
  for (uint32_t a = shape->n, k = n->shape.n; a-- > 0;) {
    const int64_t extent = k > 0 ? n->shape.v[--k] : 1;
    strides[a] = extent == 1 ? 0 : stride;
    stride *= extent;
  }
  for (uint32_t a = 0; a < shape->n; a++) {
    if (shape->v[a] == 1) continue;
    if (o.rank > 0 && o.strides[o.rank - 1] == strides[a] * shape->v[a]) {
      o.extents[o.rank - 1] *= shape->v[a];
      o.strides[o.rank - 1] = strides[a];
      continue;
    }
    o.extents[o.rank] = shape->v[a];
    o.strides[o.rank++] = strides[a];
  }
  if (o.rank > 0) return o;
  o.rank = 1;
  o.extents[0] = o.strides[0] = 1;
  return o;
}

/* A primitive by itself is a program of one step. */
static bwi_program single(const bwi_node *n) {
  bwi_program p = {.n_steps = 1, .boolean_result = n->dtype == BW_BOOL};
  p.steps[0] = (bwi_program_step){
      .prim = n->prim, .parameter = (int32_t)n->params->i[0], .n_in = (uint8_t)n->n_in, .in = {0, 1, 2}};
  return p;
}

static bool is_float_or_truth(bw_dtype dtype) {
  return dtype == BW_F32 || dtype == BW_BOOL;
}

/* A block of no elements asks whether a step is known. */
static bool all_steps_known(const bwi_simd *simd, const bwi_program *p) {
  const float any = 0;
  for (uint32_t k = 0; k < p->n_steps; k++) {
    const bwi_program_step *step = &p->steps[k];
    const float *in[3] = {&any, step->n_in > 1 ? &any : NULL, step->n_in > 2 ? &any : NULL};
    if (!simd->step((int)step->prim, step->parameter, 0, in, NULL)) return false;
  }
  return true;
}

bw_status bwi_bind_elementwise(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  const bwi_simd *simd = bwi_simd_best();
  const bool fused = n->prim == BWI_Elementwise;
  bool fits = (fused || bwi_primitive_of(n->prim)->elementwise) && n->n_in > 0 &&
              n->n_in <= BWI_PROGRAM_MAX_OPERANDS && is_float_or_truth(n->dtype);
  for (uint32_t k = 0; fits && k < n->n_in; k++) fits = is_float_or_truth(bwi_graph_node(g, n->in[k])->dtype);
  /* A sum of bools counts in bool; that is the reference's. */
  if (fits && !fused && n->dtype == BW_BOOL) fits = bwi_gives_truth(n->prim);
  if (!fits) return BW_FAIL(err, BW_EUNSUPPORTED, "not an elementwise primitive of float32");
  const bwi_program program = fused ? *(const bwi_program *)n->data : single(n);
  if (!all_steps_known(simd, &program))
    return BW_FAIL(err, BW_EUNSUPPORTED, "a step is left to the reference");
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = (state){
      .simd = simd, .program = program, .count = bwi_node_count(n), .block = BLOCK, .n_operands = n->n_in};
  int in_place = -1;
  for (uint32_t k = 0; k < n->n_in; k++) {
    const bwi_node *x = bwi_graph_node(g, n->in[k]);
    const operand *o = &s->operands[k];
    s->operands[k] = place(&n->shape, x);
    /* Blocks of whole periods let the operand be laid out once. */
    if (s->block == BLOCK && period_of(o) > 0 && period_of(o) <= BLOCK)
      s->block = BLOCK / period_of(o) * period_of(o);
    if (in_place < 0 && is_whole(o) && x->dtype == n->dtype) in_place = (int)k;
  }
  *out = (bwi_kernel){.run = asks_whether_positive(g, n) ? run_positive : run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = (size_t)(n->n_in + program.n_steps) * BLOCK * sizeof(float),
                      .in_place = in_place,
                      .name = "elementwise"};
  return BW_OK;
}
