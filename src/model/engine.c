/* SPDX-License-Identifier: Apache-2.0 */
#include "model/engine.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "graph/passes.h"
#include "model/digest.h"
#include "model/operations.h"

/* --- batch size --- */

/* Second-level cache of one core that today's processors have at least, in bytes. */
#define CACHE_BYTES ((size_t)1 << 20)
/* Operations that a core does while it reads a byte of weights: few from cache, more from memory. */
#define OPERATIONS_A_BYTE 4

/* bwi_operations that one sample may take, forwards and backwards: some ten seconds of one core. A derivative
 * can cost far more than its function, so the limits of the import do not bound it. */
#define MAX_OPERATIONS (UINT64_C(1) << 40)

typedef struct traffic {
  size_t weights;      /* bytes of all constants */
  size_t activations;  /* bytes that all nodes of one sample write */
  size_t widest;       /* most bytes that one node of one sample reads and writes */
  uint64_t operations; /* bwi_operations of one sample */
} traffic;

/* The template's batch is large, so what every sample shares (a mask, say) hardly counts. */
static traffic measure(const bwi_graph *g, const uint32_t *uses) {
  traffic t = {0};
  const size_t batch = (size_t)bwi_graph_node(g, bwi_graph_input(g, 0))->shape.v[0];
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) {
    const bwi_node *n = bwi_graph_node(g, (bwi_id)id);
    if (uses[id] == 0) continue;
    const size_t bytes = bwi_node_bytes(n);
    if (n->prim == BWI_Constant) t.weights += bytes;
    if (n->n_in == 0 || bwi_is_view(g, (bwi_id)id)) continue;
    const uint64_t operations = bwi_operations(g, (bwi_id)id) / batch;
    t.operations = operations > UINT64_MAX - t.operations ? UINT64_MAX : t.operations + operations;
    size_t touched = bytes / batch;
    for (uint32_t k = 0; k < n->n_in; k++)
      if (bwi_graph_node(g, n->in[k])->prim != BWI_Constant)
        touched += bwi_node_bytes(bwi_graph_node(g, n->in[k])) / batch;
    t.activations += bytes / batch;
    if (touched > t.widest) t.widest = touched;
  }
  return t;
}

/* A micro-batch should stay in the cache, so it must be small; but every micro-batch reads all weights,
 * which should not cost more than its own activations, so it must not be too small. */
static bw_status choose_batch(bwi_engine *engine, bw_error *err) {
  const bwi_graph *g = engine->template.search;
  uint32_t *uses = bwi_alloc(bwi_graph_count(g), sizeof *uses);
  if (uses == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to choose a batch size");
  bwi_count_uses(g, uses);
  const traffic t = measure(g, uses);
  bwi_free(uses);
  if (t.operations > MAX_OPERATIONS)
    return BW_FAIL(err, BW_ELIMIT, "one sample needs more than %" PRIu64 " operations", MAX_OPERATIONS);
  const size_t for_cache = CACHE_BYTES / (t.widest + 1), for_weights = t.weights / (t.activations + 1);
  const size_t wanted = for_cache > for_weights ? for_cache : for_weights;
  const size_t affordable = engine->max_memory_bytes / (t.activations + 1);
  while (engine->greatest + 1 < BWI_N_SIZES && ((size_t)1 << engine->greatest) < wanted &&
         ((size_t)2 << engine->greatest) <= affordable)
    engine->greatest++;
  engine->weights_cost = OPERATIONS_A_BYTE * (uint64_t)t.weights / (t.operations + 1);
  return BW_OK;
}

/* --- plans --- */

static bw_status find_graph(const bwi_graph **out, bwi_engine *engine, bwi_function function, uint32_t size,
                            bw_error *err) {
  bwi_graph **graph = &engine->graphs[function][size];
  const bwi_graph *template = function == BWI_DIRECT ? engine->template.direct : engine->template.search;
  bw_status status = BW_OK;
  pthread_mutex_lock(&engine->lock);
  if (*graph == NULL) status = bwi_pass_rebatch(graph, template, (int64_t)1 << size, err);
  if (status == BW_OK) *out = *graph;
  pthread_mutex_unlock(&engine->lock);
  return status;
}

static bw_status make_plan(bwi_plan **out, bwi_workspace *workspace, const bwi_engine *engine,
                           const bwi_graph *g, bwi_weights *weights, uint32_t flags, bw_error *err) {
  static const bwi_backend *const backends[] = {&bwi_backend_cpu, &bwi_backend_ref};
  const uint32_t first = engine->reference ? 1 : 0;
  return bwi_plan_create_in(out, workspace, g, 2 - first, backends + first, weights, flags, err);
}

bw_status bwi_engine_plan(bwi_plan **out, bwi_workspace *workspace, bwi_engine *engine, bwi_function function,
                          uint32_t size, uint32_t more_flags, bw_error *err) {
  const bwi_graph *graph = NULL;
  BW_TRY(find_graph(&graph, engine, function, size, err));
  const uint32_t search_flags = engine->base.search == BW_BFLOAT16 ? BWI_PLAN_BFLOAT16 : 0;
  return make_plan(out, workspace, engine, graph, engine->weights,
                   more_flags | (function == BWI_DIRECT ? BWI_PLAN_DIRECT : search_flags), err);
}

bw_status bwi_engine_run_once(float *logits, const bwi_engine *engine, const bwi_graph *g,
                              const float *samples, bw_error *err) {
  bwi_plan *plan = NULL;
  bwi_workspace *workspace = NULL;
  bwi_weights *weights = NULL; /* g's constants may not live as long as the engine */
  bw_status status = bwi_weights_create(&weights, err);
  if (status == BW_OK) status = bwi_workspace_create(&workspace, engine->max_memory_bytes, err);
  if (status == BW_OK) status = make_plan(&plan, workspace, engine, g, weights, BWI_PLAN_DIRECT, err);
  if (status == BW_OK) {
    const bwi_node *x = bwi_graph_node(g, bwi_graph_input(g, 0)),
                   *y = bwi_graph_node(g, bwi_graph_output(g, 0));
    memcpy(bwi_plan_input(plan, 0), samples, bwi_node_bytes(x));
    status = bwi_plan_run(plan, 0, err);
    if (status == BW_OK) memcpy(logits, bwi_plan_output(plan, 0), bwi_node_bytes(y));
  }
  bwi_plan_free(plan);
  bwi_workspace_free(workspace);
  bwi_weights_free(weights);
  return status;
}

/* --- life --- */

static bool is_float(bw_dtype dtype) {
  return dtype == BW_F32 || dtype == BW_F16 || dtype == BW_BF16;
}

/* One input (N, ...), one output (N, classes), both floats. */
static bw_status check_signature(const bwi_graph *g, bw_error *err) {
  char shape[64];
  if (bwi_graph_n_inputs(g) != 1 || bwi_graph_n_outputs(g) != 1)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the function has %u inputs and %u outputs, a model has one of each",
                   bwi_graph_n_inputs(g), bwi_graph_n_outputs(g));
  const bwi_node *x = bwi_graph_node(g, bwi_graph_input(g, 0)),
                 *y = bwi_graph_node(g, bwi_graph_output(g, 0));
  if (!is_float(x->dtype) || x->shape.n < 2 || bwi_node_count(x) == 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the input is %s %s, a model takes floats of shape (N, ...)",
                   bw_dtype_name(x->dtype), bwi_dims_text(shape, sizeof shape, &x->shape));
  if (!is_float(y->dtype) || y->shape.n != 2 || bwi_node_count(y) == 0 || y->shape.v[1] > UINT32_MAX)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the output is %s %s, a model gives floats of shape (N, classes)",
                   bw_dtype_name(y->dtype), bwi_dims_text(shape, sizeof shape, &y->shape));
  return BW_OK;
}

static void describe(bw_model *base, const bwi_graph *traced, const bwi_engine *engine,
                     const bw_model_options *options) {
  const bwi_node *x = bwi_graph_node(traced, bwi_graph_input(traced, 0));
  const bwi_node *y = bwi_graph_node(traced, bwi_graph_output(traced, 0));
  *base = (bw_model){.class = &bwi_engine_class,
                     .access = engine->template.differentiable ? BW_ACCESS_GRADIENT : BW_ACCESS_SCORE,
                     .shape = {.n = x->shape.n - 1},
                     .d = bwi_node_count(x) / x->shape.v[0],
                     .n_classes = (uint32_t)y->shape.v[1],
                     .lower = options->lower,
                     .upper = options->upper,
                     .search = options->search,
                     .approximates = options->straight_through != 0};
  memcpy(base->shape.v, x->shape.v + 1, base->shape.n * sizeof *x->shape.v);
}

bw_status bwi_engine_create(bwi_engine **out, bwi_graph *traced, const bw_model_options *options,
                            bw_error *err) {
  BW_TRY(check_signature(traced, err));
  bwi_engine *engine = bwi_alloc(1, sizeof *engine);
  if (engine == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a model");
  if (pthread_mutex_init(&engine->lock, NULL) != 0) {
    bwi_free(engine);
    return BW_FAIL(err, BW_ENOMEM, "no mutex for a model");
  }
  engine->reference = options->reference != 0;
  engine->max_memory_bytes = options->max_memory_bytes;
  bw_status status = bwi_weights_create(&engine->weights, err);
  const bwi_derivative how = options->straight_through ? BWI_STRAIGHT_THROUGH : BWI_EXACT;
  if (status == BW_OK) status = bwi_template_make(&engine->template, traced, engine->reference, how, err);
  if (status == BW_OK) status = choose_batch(engine, err);
  describe(&engine->base, traced, engine, options);
  if (status != BW_OK) {
    bwi_engine_free(&engine->base);
    return status;
  }
  engine->traced = traced;
  *out = engine;
  return BW_OK;
}

void bwi_engine_free(bw_model *model) {
  bwi_engine *engine = (bwi_engine *)model;
  if (engine == NULL) return;
  for (uint32_t f = 0; f < 2; f++)
    for (uint32_t size = 0; size < BWI_N_SIZES; size++) bwi_graph_free(engine->graphs[f][size]);
  bwi_template_clear(&engine->template);
  bwi_graph_free(engine->traced);
  bwi_weights_free(engine->weights);
  pthread_mutex_destroy(&engine->lock);
  bwi_free(engine);
}

const char *bwi_engine_digest(bw_model *model) {
  bwi_engine *engine = (bwi_engine *)model;
  pthread_mutex_lock(&engine->lock);
  if (engine->digest[0] == '\0') (void)bwi_graph_digest(engine->digest, engine->traced, NULL);
  pthread_mutex_unlock(&engine->lock);
  return engine->digest;
}
