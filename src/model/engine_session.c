/* SPDX-License-Identifier: Apache-2.0 */
/* One worker's use of a model from a file. Samples are run in micro-batches of the engine's preferred
 * size; what is left over is filled up to a smaller size, or cut in two first where that costs less. A
 * sample's result does not depend on which samples are run with it nor on the size. */
#include <string.h>

#include "base/memory.h"
#include "model/engine_nearby.h"

/* Parts of a call that are remembered for the next. */
enum { MOST_NEARBY = 8 };

typedef struct engine_session {
  bwi_session base;
  bwi_workspace
      *workspace; /* of all plans: each call of the session uses one, from its input to its output */
  bwi_plan *plans[2][BWI_N_SIZES];
  bwi_nearby *nearby[MOST_NEARBY][BWI_N_SIZES]; /* by place in a call, and size */
  size_t nearby_bytes;                          /* of all of them */
  bool never_nearby;                            /* the model gains nothing by it, or memory is short */
} engine_session;

static bw_status session_open(bwi_session **out, bw_model *model, bw_error *err) {
  engine_session *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a session");
  s->base.model = model;
  const bw_status status =
      bwi_workspace_create(&s->workspace, ((const bwi_engine *)model)->max_memory_bytes, err);
  if (status != BW_OK) {
    bwi_free(s);
    return status;
  }
  *out = &s->base;
  return BW_OK;
}

static void session_free(bwi_session *session) {
  engine_session *s = (engine_session *)session;
  for (uint32_t f = 0; f < 2; f++)
    for (uint32_t size = 0; size < BWI_N_SIZES; size++) bwi_plan_free(s->plans[f][size]);
  for (uint32_t k = 0; k < MOST_NEARBY; k++)
    for (uint32_t size = 0; size < BWI_N_SIZES; size++) bwi_nearby_free(s->nearby[k][size]);
  bwi_workspace_free(s->workspace);
  bwi_free(s);
}

static bw_status find_plan(bwi_plan **out, engine_session *s, bwi_function function, uint32_t size,
                           bw_error *err) {
  bwi_plan **plan = &s->plans[function][size];
  bwi_engine *engine = (bwi_engine *)s->base.model;
  if (*plan == NULL) BW_TRY(bwi_engine_plan(plan, s->workspace, engine, function, size, 0, err));
  *out = *plan;
  return BW_OK;
}

/* --- micro-batches --- */

/* Samples [first, first + count) of a call, in a plan of batch size 2^size >= count. */
typedef struct part {
  uint64_t first, count;
  uint32_t size;
} part;

/* Exponent of the least power of two that is not less. */
static uint32_t size_for(uint64_t count) {
  uint32_t size = 0;
  while ((UINT64_C(1) << size) < count) size++;
  return size;
}

static part next_part(const bwi_engine *engine, uint64_t first, uint64_t n) {
  part p = {.first = first, .count = n - first, .size = size_for(n - first)};
  if (p.size > engine->greatest) {
    p.size = engine->greatest;
    p.count = UINT64_C(1) << p.size;
    return p;
  }
  if (p.size == 0) return p;
  const uint64_t half = UINT64_C(1) << (p.size - 1), /* a full half, and the rest filled up */
      rest = UINT64_C(1) << size_for(p.count - half);
  if (rest + engine->weights_cost >= half) return p;
  p.size--;
  p.count = half;
  return p;
}

/* Repeats the part's last row in the places that are left: values as harmless as any. */
static void fill_up(float *rows, const part *p, size_t row) {
  const float *last = rows + (size_t)(p->count - 1) * row;
  for (size_t k = (size_t)p->count; k < (size_t)1 << p->size; k++)
    memcpy(rows + k * row, last, row * sizeof(float));
}

/* Without a backward pass to come, what only that would read is left out. */
static bw_status run_forward(bwi_plan *plan, const bw_model *model, const part *p, bool comes_back,
                             const float *samples, float *logits, bw_error *err) {
  const size_t d = (size_t)model->d, classes = model->n_classes;
  float *in = bwi_plan_input(plan, 0);
  memcpy(in, samples + p->first * d, (size_t)p->count * d * sizeof(float));
  fill_up(in, p, d);
  BW_TRY(comes_back ? bwi_plan_run(plan, 0, err) : bwi_plan_run_outputs(plan, err));
  memcpy(logits + p->first * classes, bwi_plan_output(plan, 0), (size_t)p->count * classes * sizeof(float));
  return BW_OK;
}

static bw_status run_backward(bwi_plan *plan, const bw_model *model, const part *p,
                              bwi_cotangent_fn cotangent, void *payload, const float *logits,
                              float *gradients, bw_error *err) {
  const size_t d = (size_t)model->d, classes = model->n_classes;
  float *cotangents = bwi_plan_input(plan, 1);
  cotangent(payload, p->first, p->count, logits + p->first * classes, cotangents);
  fill_up(cotangents, p, classes);
  BW_TRY(bwi_plan_run(plan, 1, err));
  memcpy(gradients + p->first * d, bwi_plan_output(plan, 1), (size_t)p->count * d * sizeof(float));
  return BW_OK;
}

/* *out is NULL where nothing is to be gained. */
static bw_status find_nearby(bwi_nearby **out, engine_session *s, uint32_t k, uint32_t size, bw_error *err) {
  bwi_engine *engine = (bwi_engine *)s->base.model;
  *out = NULL;
  if (s->never_nearby || k >= MOST_NEARBY) return BW_OK;
  bwi_nearby **nearby = &s->nearby[k][size];
  if (*nearby == NULL) {
    const bw_status status =
        bwi_nearby_create(nearby, engine, size, engine->max_memory_bytes - s->nearby_bytes, err);
    s->never_nearby = status == BW_EUNSUPPORTED || status == BW_ELIMIT;
    if (s->never_nearby) return BW_OK;
    BW_TRY(status);
    s->nearby_bytes += bwi_nearby_bytes(*nearby);
  }
  *out = *nearby;
  return BW_OK;
}

static bw_status session_logits(bwi_session *session, uint64_t n, const float *samples, bwi_pass pass,
                                float *logits, bw_error *err) {
  engine_session *s = (engine_session *)session;
  const bw_model *model = session->model;
  uint32_t k = 0;
  for (part p = {0}; p.first + p.count < n; k++) {
    p = next_part((const bwi_engine *)model, p.first + p.count, n);
    bwi_nearby *nearby = NULL;
    if (pass == BWI_PASS_NEARBY) BW_TRY(find_nearby(&nearby, s, k, p.size, err));
    if (nearby != NULL) {
      BW_TRY(bwi_nearby_logits(nearby, p.count, samples + p.first * (uint64_t)model->d,
                               logits + p.first * model->n_classes, err));
      continue;
    }
    bwi_plan *plan = NULL;
    BW_TRY(find_plan(&plan, s, pass == BWI_PASS_DIRECT ? BWI_DIRECT : BWI_SEARCH, p.size, err));
    BW_TRY(run_forward(plan, model, &p, false, samples, logits, err));
  }
  return BW_OK;
}

static bw_status session_gradient(bwi_session *session, uint64_t n, const float *samples,
                                  bwi_cotangent_fn cotangent, void *payload, float *logits, float *gradients,
                                  bw_error *err) {
  const bwi_engine *engine = (const bwi_engine *)session->model;
  for (part p = {0}; p.first + p.count < n;) {
    p = next_part(engine, p.first + p.count, n);
    bwi_plan *plan = NULL;
    BW_TRY(find_plan(&plan, (engine_session *)session, BWI_SEARCH, p.size, err));
    BW_TRY(run_forward(plan, session->model, &p, true, samples, logits, err));
    BW_TRY(run_backward(plan, session->model, &p, cotangent, payload, logits, gradients, err));
  }
  return BW_OK;
}

const bwi_model_class bwi_engine_class = {
    .session_open = session_open,
    .session_free = session_free,
    .logits = session_logits,
    .gradient = session_gradient,
    .free = bwi_engine_free,
    .digest = bwi_engine_digest,
};
