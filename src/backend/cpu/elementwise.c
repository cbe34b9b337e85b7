/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program block by block: each step is one vector loop over a block that fits first-level cache, so
 * memory is read and written once however long the chain is. An element's value depends on its own
 * operands alone, so the position in a block or batch changes nothing. */
#include "backend/cpu/elementwise.h"

#include <string.h>

#include "backend/cpu/simd/simd.h"
#include "base/memory.h"
#include "graph/primitive.h"
#include "graph/program.h"

enum { BLOCK = 512, MAX_VALUES = BWI_PROGRAM_MAX_OPERANDS + BWI_PROGRAM_MAX_STEPS };

/* How an operand's elements lie under the output's. */
typedef enum spread { WHOLE, SCALAR, PERIODIC, STRIDED } spread;

typedef struct operand {
  spread spread;
  bool boolean;
  int64_t period;              /* PERIODIC: elements, trailing axes of the output */
  int64_t strides[BW_MAX_RANK]; /* STRIDED: 0 along broadcast axes */
} operand;

typedef struct state {
  const bwi_simd *simd;
  bwi_program program;
  bwi_dims shape;
  int64_t count, block;
  uint32_t n_operands;
  operand operands[BWI_PROGRAM_MAX_OPERANDS];
} state;

/* --- one operand's part of a block, as float32 --- */

static void copy_float(float *to, const void *from, int64_t at, int64_t n, bool boolean) {
  if (!boolean) {
    memcpy(to, (const float *)from + at, (size_t)n * sizeof(float));
    return;
  }
  const uint8_t *truth = (const uint8_t *)from + at;
  for (int64_t i = 0; i < n; i++) to[i] = truth[i] != 0 ? 1.0f : 0.0f;
}

static float one_float(const void *from, int64_t at, bool boolean) {
  return boolean ? (float)(((const uint8_t *)from)[at] != 0) : ((const float *)from)[at];
}

/* Elements [first, first + n) of the output, read through the operand's strides. */
static void copy_strided(float *to, const void *from, int64_t first, int64_t n, const state *s, const operand *o) {
  const uint32_t rank = s->shape.n;
  int64_t index[BW_MAX_RANK], at = 0;
  for (uint32_t a = rank; a-- > 0;) {
    index[a] = first % s->shape.v[a];
    first /= s->shape.v[a];
    at += index[a] * o->strides[a];
  }
  for (int64_t i = 0; i < n; i++) {
    to[i] = one_float(from, at, o->boolean);
    for (uint32_t a = rank; a-- > 0;) {
      at += o->strides[a];
      if (++index[a] < s->shape.v[a]) break;
      at -= index[a] * o->strides[a];
      index[a] = 0;
    }
  }
}

/* Whether the operand's floats are the same for every block, so that they are laid out once. */
static bool is_same_for_all(const state *s, const operand *o) {
  return o->spread == SCALAR || (o->spread == PERIODIC && s->block % o->period == 0);
}

static void lay_out_once(float *to, const void *from, const state *s, const operand *o) {
  if (o->spread == SCALAR) {
    const float value = one_float(from, 0, o->boolean);
    for (int64_t i = 0; i < s->block; i++) to[i] = value;
    return;
  }
  for (int64_t at = 0; at < s->block; at += o->period) copy_float(to + at, from, 0, o->period, o->boolean);
}

static const float *lay_out(float *to, const void *from, int64_t first, int64_t n, const state *s, const operand *o) {
  if (o->spread == WHOLE && !o->boolean) return (const float *)from + first;
  if (o->spread == WHOLE) {
    copy_float(to, from, first, n, o->boolean);
  } else if (o->spread == PERIODIC) {
    for (int64_t done = 0; done < n;) {
      const int64_t at = (first + done) % o->period;
      const int64_t part = o->period - at < n - done ? o->period - at : n - done;
      copy_float(to + done, from, at, part, o->boolean);
      done += part;
    }
  } else {
    copy_strided(to, from, first, n, s, o);
  }
  return to;
}

/* --- running --- */

static void run_block(const state *s, const float **values, float *buffers, void *out, int64_t first, int64_t n) {
  const bwi_program *p = &s->program;
  for (uint32_t k = 0; k < p->n_steps; k++) {
    const bwi_program_step *step = &p->steps[k];
    const bool last = k + 1 == p->n_steps;
    float *to = last && !p->boolean_result ? (float *)out + first : buffers + (size_t)(s->n_operands + k) * BLOCK;
    const float *in[3] = {NULL, NULL, NULL};
    for (uint32_t j = 0; j < step->n_in; j++) in[j] = values[step->in[j]];
    s->simd->step((int)step->prim, step->parameter, (uint32_t)n, in, to);
    values[s->n_operands + k] = to;
  }
  if (p->boolean_result) {
    const float *truth = values[s->n_operands + p->n_steps - 1];
    uint8_t *bytes = (uint8_t *)out + first;
    for (int64_t i = 0; i < n; i++) bytes[i] = truth[i] != 0;
  }
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  const state *s = opaque;
  const float *values[MAX_VALUES];
  float *buffers = scratch;
  for (uint32_t k = 0; k < s->n_operands; k++)
    if (is_same_for_all(s, &s->operands[k])) {
      lay_out_once(buffers + (size_t)k * BLOCK, in[k], s, &s->operands[k]);
      values[k] = buffers + (size_t)k * BLOCK;
    }
  for (int64_t first = 0; first < s->count; first += s->block) {
    const int64_t n = s->count - first < s->block ? s->count - first : s->block;
    for (uint32_t k = 0; k < s->n_operands; k++)
      if (!is_same_for_all(s, &s->operands[k]))
        values[k] = lay_out(buffers + (size_t)k * BLOCK, in[k], first, n, s, &s->operands[k]);
    run_block(s, values, buffers, out, first, n);
  }
  return BW_OK;
}

/* --- binding --- */

/* NumPy broadcasting: axes line up at the end; an extent of 1 is read again and again. */
static operand place(const bwi_dims *shape, const bwi_node *n) {
  operand o = {.boolean = n->dtype == BW_BOOL, .period = 1};
  int64_t stride = 1;
  uint32_t k = n->shape.n;
  bool suffix = true; /* the operand equals the output's trailing axes, and is 1 before them */
  for (uint32_t a = shape->n; a-- > 0;) {
    const int64_t extent = k > 0 ? n->shape.v[--k] : 1;
    const bool broadcast = extent == 1 && shape->v[a] != 1;
    o.strides[a] = extent == 1 ? 0 : stride;
    stride *= extent;
    if (!broadcast && shape->v[a] != 1 && o.period != stride / extent) suffix = false;
    if (!broadcast && suffix) o.period = stride;
  }
  const int64_t count = bwi_node_count(n);
  int64_t out_count = 1;
  for (uint32_t a = 0; a < shape->n; a++) out_count *= shape->v[a];
  if (count == out_count) o.spread = WHOLE;
  else if (count == 1) o.spread = SCALAR;
  else if (suffix && o.period == count && out_count % count == 0) o.spread = PERIODIC;
  else o.spread = STRIDED;
  return o;
}

/* Trailing axes only: a period with broadcast axes behind it is no period. */
static bool trails(const bwi_dims *shape, const bwi_node *n) {
  uint32_t k = n->shape.n;
  bool ended = false;
  for (uint32_t a = shape->n; a-- > 0;) {
    const int64_t extent = k > 0 ? n->shape.v[--k] : 1;
    if (extent != shape->v[a]) ended = true;
    else if (ended && extent != 1) return false;
  }
  return true;
}

/* A primitive by itself is a program of one step. */
static bwi_program single(const bwi_node *n) {
  bwi_program p = {.n_steps = 1, .boolean_result = n->dtype == BW_BOOL};
  p.steps[0] = (bwi_program_step){.prim = n->prim, .parameter = (int32_t)n->params->i[0], .n_in = (uint8_t)n->n_in, .in = {0, 1, 2}};
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
  bool fits = (fused || bwi_primitive_of(n->prim)->elementwise) && n->n_in > 0 && n->n_in <= BWI_PROGRAM_MAX_OPERANDS && is_float_or_truth(n->dtype);
  for (uint32_t k = 0; fits && k < n->n_in; k++) fits = is_float_or_truth(bwi_graph_node(g, n->in[k])->dtype);
  /* A sum of bools counts in bool; that is the reference's. */
  if (fits && !fused && n->dtype == BW_BOOL) fits = bwi_gives_truth(n->prim);
  if (!fits) return BW_FAIL(err, BW_EUNSUPPORTED, "not an elementwise primitive of float32");
  const bwi_program program = fused ? *(const bwi_program *)n->data : single(n);
  if (!all_steps_known(simd, &program)) return BW_FAIL(err, BW_EUNSUPPORTED, "a step is left to the reference");
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = (state){.simd = simd, .program = program, .shape = n->shape, .count = bwi_node_count(n), .block = BLOCK, .n_operands = n->n_in};
  int in_place = -1;
  for (uint32_t k = 0; k < n->n_in; k++) {
    const bwi_node *operand_node = bwi_graph_node(g, n->in[k]);
    s->operands[k] = place(&n->shape, operand_node);
    if (s->operands[k].spread == PERIODIC && !trails(&n->shape, operand_node)) s->operands[k].spread = STRIDED;
    /* Blocks of whole periods let the operand be laid out once. */
    if (s->operands[k].spread == PERIODIC && s->operands[k].period <= BLOCK && s->block == BLOCK) s->block = BLOCK / s->operands[k].period * s->operands[k].period;
    if (in_place < 0 && s->operands[k].spread == WHOLE && operand_node->dtype == n->dtype) in_place = (int)k;
  }
  *out = (bwi_kernel){.run = run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = (size_t)(n->n_in + program.n_steps) * BLOCK * sizeof(float),
                      .in_place = in_place,
                      .name = "elementwise"};
  return BW_OK;
}
