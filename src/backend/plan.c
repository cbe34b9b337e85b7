/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a graph ready to run: which nodes need computing and in which order, a kernel for each, and
 * where every value lies. Views share the bytes of what they rename; values whose lives do not meet share
 * bytes too; inputs, and what a later run may read, are never shared. */
#include "backend/plan.h"

#include <time.h>

#include "backend/placement.h"
#include "base/checked.h"
#include "base/memory.h"
#include "graph/pattern.h"
#include "graph/primitive.h"

#define FOREVER UINT32_MAX
#define NO_OFFSET SIZE_MAX
#define NO_STEP UINT32_MAX
#define NO_BLOCK UINT32_MAX

typedef struct step {
  bwi_id node;
  bwi_kernel kernel;
  const void **in; /* one an operand, inside the plan's `operands` */
  void *out;
  bool for_outputs;       /* some output of the step's own stage depends on it */
  bool can_update;        /* from the changes of operand 0: of the input, or of another such step */
  uint32_t follows;       /* that step, or NO_STEP for the input */
  uint64_t *changed;      /* of out; NULL unless can_update */
  uint32_t scratch_block; /* its own; or NO_BLOCK: it shares the plan's */
  size_t scratch_offset;
  void *scratch;
  double seconds;
  uint64_t runs;
} step;

struct bwi_workspace {
  char *data;
  size_t bytes, max_bytes;
};

struct bwi_plan {
  const bwi_graph *g;
  uint32_t n_steps, n_first_stage; /* steps [0, n_first_stage) are stage 0 */
  step *steps;
  const void **operands;
  size_t *offsets;     /* of each node's value in the workspace, or NO_OFFSET */
  const void **places; /* where each node's value lies; NULL for nodes that nothing needs */
  bwi_workspace *workspace,
      *own;             /* all values, then the scratch that kernels share; own: made for this plan */
  const char *attached; /* where the workspace was when addresses were last set */
  size_t values_bytes, workspace_bytes;
  bool profiling;
  bool can_update; /* some step can */
};

/* What is known of a node while the plan is made. */
typedef struct value {
  bool live;
  bwi_id root; /* the node whose bytes these are: itself, or what a chain of views starts from */
  uint32_t first, last;
  uint32_t block;
  bool listed; /* among the steps already */
  bwi_id first_shrunk,
      next_shrunk; /* what comes right after this node; after the same node as this; or BWI_NONE */
} value;

/* --- views --- */

bool bwi_is_view(const bwi_graph *g, bwi_id id) {
  const bwi_node *n = bwi_graph_node(g, id);
  if (n->n_in == 0) return false;
  const bwi_node *a = bwi_graph_node(g, n->in[0]);
  switch (n->prim) {
    case BWI_Reshape:
    case BWI_ExpandDims:
    case BWI_Squeeze:
    case BWI_Flatten:
    case BWI_Unflatten:
    case BWI_Copy:
    case BWI_StopGradient:
    case BWI_View: return true;
    case BWI_AsType: return a->dtype == n->dtype;
    case BWI_Broadcast: return bwi_node_count(a) == bwi_node_count(n);
    case BWI_Slice: return bwi_takes_all(n, a);
    case BWI_Transpose: return bwi_keeps_order(&a->shape, &n->params->v[0]);
    default: return false;
  }
}

/* --- which nodes, in which order --- */

static bool computed(const bwi_plan *plan, const value *values, bwi_id id) {
  const bwi_prim prim = bwi_graph_node(plan->g, id)->prim;
  return values[id].live && values[id].root == id && prim != BWI_Input && prim != BWI_Constant;
}

static void find_live(const bwi_graph *g, value *values) {
  for (uint32_t i = 0; i < bwi_graph_n_outputs(g); i++) values[bwi_graph_output(g, i)].live = true;
  for (bwi_id id = (bwi_id)bwi_graph_count(g) - 1; id >= 0; id--) {
    const bwi_node *n = bwi_graph_node(g, id);
    for (uint32_t k = 0; values[id].live && k < n->n_in; k++) values[n->in[k]].live = true;
  }
  for (bwi_id id = 0; id < (bwi_id)bwi_graph_count(g); id++)
    values[id].root = bwi_is_view(g, id) ? values[bwi_graph_node(g, id)->in[0]].root : id;
}

/* A step that only makes less of one other, such as where a maximum is positive, comes right after it, so
 * that the larger bytes are free sooner. */
static void find_shrinking(const bwi_plan *plan, value *values) {
  const bwi_graph *g = plan->g;
  for (bwi_id id = 0; id < (bwi_id)bwi_graph_count(g); id++)
    values[id].first_shrunk = values[id].next_shrunk = BWI_NONE;
  for (bwi_id id = (bwi_id)bwi_graph_count(g) - 1; id >= 0; id--) {
    const bwi_node *n = bwi_graph_node(g, id);
    bwi_id from = BWI_NONE;
    uint32_t n_from = 0;
    for (uint32_t k = 0; k < n->n_in; k++) {
      const bwi_id root = values[n->in[k]].root;
      if (bwi_graph_node(g, root)->prim == BWI_Constant || root == from) continue;
      from = root;
      n_from++;
    }
    if (n_from != 1 || !computed(plan, values, id) || !computed(plan, values, from)) continue;
    const bwi_node *larger = bwi_graph_node(g, from);
    if (larger->stage != n->stage || bwi_node_bytes(n) >= bwi_node_bytes(larger)) continue;
    values[id].next_shrunk = values[from].first_shrunk;
    values[from].first_shrunk = id;
  }
}

static const void **list_step(bwi_plan *plan, value *values, bwi_id id, const void **operands) {
  if (values[id].listed) return operands;
  values[id].listed = true;
  plan->steps[plan->n_steps++] = (step){.node = id, .in = operands};
  return operands + bwi_graph_node(plan->g, id)->n_in;
}

static bw_status list_steps(bwi_plan *plan, value *values, bw_error *err) {
  const bwi_graph *g = plan->g;
  const bwi_id count = (bwi_id)bwi_graph_count(g);
  size_t n_operands = 0;
  uint32_t n_steps = 0;
  for (bwi_id id = 0; id < count; id++) {
    if (!computed(plan, values, id)) continue;
    n_operands += bwi_graph_node(g, id)->n_in;
    n_steps++;
  }
  plan->steps = bwi_alloc(n_steps, sizeof *plan->steps);
  plan->operands = bwi_alloc(n_operands, sizeof *plan->operands);
  if (plan->steps == NULL || plan->operands == NULL)
    return BW_FAIL(err, BW_ENOMEM, "out of memory for a plan of %u steps", n_steps);
  const void **operands = plan->operands;
  for (uint32_t stage = 0; stage < 2; stage++) {
    for (bwi_id id = 0; id < count; id++) {
      const bwi_node *n = bwi_graph_node(g, id);
      if (!computed(plan, values, id) || n->stage != stage) continue;
      operands = list_step(plan, values, id, operands);
      for (bwi_id less = values[id].first_shrunk; less != BWI_NONE; less = values[less].next_shrunk)
        operands = list_step(plan, values, less, operands);
    }
    if (stage == 0) plan->n_first_stage = plan->n_steps;
  }
  return BW_OK;
}

static bw_status bind_kernel(step *s, const bwi_graph *g, uint32_t n_backends,
                             const bwi_backend *const *backends, bwi_weights *weights, uint32_t flags,
                             bw_error *err) {
  for (uint32_t b = 0; b < n_backends; b++) {
    const bw_status status = backends[b]->bind(&s->kernel, g, s->node, weights, flags, err);
    if (status != BW_EUNSUPPORTED) return status;
  }
  const bwi_node *n = bwi_graph_node(g, s->node);
  char shape[64];
  return BW_FAIL(err, BW_EUNSUPPORTED, "node %d (%s, %s %s): no backend computes it", s->node,
                 bwi_primitive_of(n->prim)->name, bw_dtype_name(n->dtype),
                 bwi_dims_text(shape, sizeof shape, &n->shape));
}

/* --- updates --- */

/* Lines of a batch of images (n, height, width, channels). */
static size_t n_lines(const bwi_node *images) {
  return (size_t)(images->shape.v[0] * images->shape.v[1]);
}

/* The step whose value that is, or NO_STEP. */
static uint32_t step_of(const bwi_plan *plan, bwi_id root) {
  for (uint32_t s = 0; s < plan->n_steps; s++)
    if (plan->steps[s].node == root) return s;
  return NO_STEP;
}

/* Whether the changes of operand 0 will be known to step s, those of the input or of a step before, and
 * nothing else that it reads can change. */
static bool find_source(bwi_plan *plan, const value *values, uint32_t s) {
  const bwi_graph *g = plan->g;
  step *at = &plan->steps[s];
  const bwi_node *n = bwi_graph_node(g, at->node);
  for (uint32_t k = 1; k < n->n_in; k++)
    if (bwi_graph_node(g, values[n->in[k]].root)->prim != BWI_Constant) return false;
  const bwi_id root = values[n->in[0]].root;
  if (bwi_graph_node(g, root)->shape.n != 4 || n->shape.n != 4 ||
      !bwi_dims_equal(&bwi_graph_node(g, root)->shape, &bwi_graph_node(g, n->in[0])->shape))
    return false;
  at->follows = step_of(plan, root);
  return at->follows == NO_STEP ? root == bwi_graph_input(g, 0) : plan->steps[at->follows].can_update;
}

static bw_status find_updates(bwi_plan *plan, const value *values, uint32_t flags, bw_error *err) {
  for (uint32_t s = 0; s < plan->n_steps; s++) plan->steps[s].scratch_block = NO_BLOCK;
  if ((flags & BWI_PLAN_UPDATES) == 0) return BW_OK;
  for (uint32_t s = 0; s < plan->n_first_stage; s++) {
    step *at = &plan->steps[s];
    if (at->kernel.update == NULL || !find_source(plan, values, s)) continue;
    at->changed = bwi_alloc(n_lines(bwi_graph_node(plan->g, at->node)), sizeof *at->changed);
    if (at->changed == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a plan");
    at->can_update = plan->can_update = true;
  }
  return BW_OK;
}

/* --- lives --- */

/* Stage 1 may run again without stage 0 in between, so whatever it reads from stage 0 lives forever. An
 * output lasts until its own stage runs again: one of stage 1 must outlive a run of stage 0. */
static void find_lives(const bwi_plan *plan, value *values) {
  const bwi_graph *g = plan->g;
  for (uint32_t s = 0; s < plan->n_steps; s++) {
    const bwi_id id = plan->steps[s].node;
    const bwi_node *n = bwi_graph_node(g, id);
    values[id].first = plan->steps[s].can_update ? 0 : s;
    values[id].last = plan->steps[s].can_update ? FOREVER : s;
    for (uint32_t k = 0; k < n->n_in; k++) {
      value *operand = &values[values[n->in[k]].root];
      const bool comes_again = s >= plan->n_first_stage && operand->first < plan->n_first_stage;
      if (operand->last != FOREVER) operand->last = comes_again ? FOREVER : s;
    }
  }
  for (uint32_t i = 0; i < bwi_graph_n_inputs(g); i++) {
    value *input = &values[bwi_graph_input(g, i)];
    input->first = 0;
    input->last = FOREVER;
  }
  for (uint32_t i = 0; i < bwi_graph_n_outputs(g); i++) {
    value *root = &values[values[bwi_graph_output(g, i)].root];
    if (root->first >= plan->n_first_stage) root->first = 0;
    root->last = FOREVER;
  }
}

/* Whether step s may write its result over operand k: a computed value that nothing reads later and that
 * is not also another operand. */
static bool may_overwrite(const bwi_plan *plan, const value *values, const bwi_block *blocks, uint32_t s,
                          int k) {
  const bwi_node *n = bwi_graph_node(plan->g, plan->steps[s].node);
  const bwi_id root = values[n->in[k]].root;
  if (!computed(plan, values, root)) return false;
  const bwi_block *block = &blocks[values[root].block];
  if (block->last != s || block->bytes < bwi_node_bytes(n)) return false;
  for (uint32_t j = 0; j < n->n_in; j++) {
    const bwi_id other = values[n->in[j]].root;
    if ((int)j != k && computed(plan, values, other) && values[other].block == values[root].block)
      return false;
  }
  return true;
}

/* One block an input and one a step, less those that are written over an operand, and the scratch that a
 * kernel keeps. Returns how many. */
static uint32_t list_blocks(bwi_plan *plan, value *values, bwi_block *blocks) {
  const bwi_graph *g = plan->g;
  uint32_t count = 0;
  for (uint32_t i = 0; i < bwi_graph_n_inputs(g); i++) {
    const bwi_id id = bwi_graph_input(g, i);
    values[id].block = count;
    blocks[count++] =
        (bwi_block){.bytes = bwi_node_bytes(bwi_graph_node(g, id)), .first = 0, .last = FOREVER};
  }
  for (uint32_t s = 0; s < plan->n_steps; s++) {
    const bwi_id id = plan->steps[s].node;
    const bwi_node *n = bwi_graph_node(g, id);
    value *v = &values[id];
    const int k = plan->steps[s].kernel.in_place;
    if (k >= 0 && may_overwrite(plan, values, blocks, s, k)) {
      v->block = values[values[n->in[k]].root].block;
      bwi_block *block = &blocks[v->block];
      if (v->first < block->first) block->first = v->first;
      block->last = v->last;
    } else {
      v->block = count;
      blocks[count++] = (bwi_block){.bytes = bwi_node_bytes(n), .first = v->first, .last = v->last};
    }
    if (!plan->steps[s].can_update) continue;
    plan->steps[s].scratch_block = count;
    blocks[count++] = (bwi_block){.bytes = plan->steps[s].kernel.scratch_bytes, .first = 0, .last = FOREVER};
  }
  return count;
}

/* --- workspaces --- */

bw_status bwi_workspace_create(bwi_workspace **out, size_t max_bytes, bw_error *err) {
  bwi_workspace *w = bwi_alloc(1, sizeof *w);
  if (w == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a workspace");
  w->max_bytes = max_bytes;
  *out = w;
  return BW_OK;
}

void bwi_workspace_free(bwi_workspace *w) {
  if (w == NULL) return;
  bwi_free(w->data);
  bwi_free(w);
}

/* What it held is lost if it has to grow. */
static bw_status reserve(bwi_workspace *w, size_t bytes, bw_error *err) {
  if (bytes > w->max_bytes)
    return BW_FAIL(err, BW_ELIMIT, "the plan's buffers need %zu bytes, %zu are allowed", bytes, w->max_bytes);
  if (w->data != NULL && bytes <= w->bytes) return BW_OK;
  bwi_free(w->data);
  w->bytes = 0;
  w->data = bwi_alloc(bytes, 1);
  if (w->data == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a workspace of %zu bytes", bytes);
  w->bytes = bytes;
  return BW_OK;
}

/* --- addresses --- */

static bw_status place_values(bwi_plan *plan, value *values, bwi_block *blocks, bw_error *err) {
  const bwi_graph *g = plan->g;
  const uint32_t n_blocks = list_blocks(plan, values, blocks);
  size_t scratch_bytes = 0;
  BW_TRY(bwi_place(&plan->values_bytes, blocks, n_blocks, err));
  for (uint32_t s = 0; s < plan->n_steps; s++) {
    step *at = &plan->steps[s];
    if (at->scratch_block != NO_BLOCK)
      at->scratch_offset = blocks[at->scratch_block].offset;
    else if (at->kernel.scratch_bytes > scratch_bytes)
      scratch_bytes = at->kernel.scratch_bytes;
  }
  for (uint32_t s = 0; s < plan->n_steps; s++)
    if (plan->steps[s].scratch_block == NO_BLOCK) plan->steps[s].scratch_offset = plan->values_bytes;
  if (!bwi_add_size(&plan->workspace_bytes, plan->values_bytes, scratch_bytes))
    return BW_FAIL(err, BW_ELIMIT, "the plan's buffers do not fit the address space");
  for (bwi_id id = 0; id < (bwi_id)bwi_graph_count(g); id++) {
    const bwi_node *root = bwi_graph_node(g, values[id].root);
    plan->offsets[id] = NO_OFFSET;
    if (root->prim == BWI_Constant)
      plan->places[id] = root->data; /* read where it is */
    else if (values[id].live || root->prim == BWI_Input)
      plan->offsets[id] = blocks[values[values[id].root].block].offset;
  }
  return BW_OK;
}

/* Where the value of an input or a step lies: never a constant, whose place is not the plan's to write. */
static void *place_to_write(const bwi_plan *plan, bwi_id id) {
  return plan->workspace->data + plan->offsets[id];
}

/* Another plan may have made the workspace grow. */
static void attach(bwi_plan *plan) {
  const bwi_graph *g = plan->g;
  if (plan->attached == plan->workspace->data) return;
  for (bwi_id id = 0; id < (bwi_id)bwi_graph_count(g); id++)
    if (plan->offsets[id] != NO_OFFSET) plan->places[id] = place_to_write(plan, id);
  for (uint32_t s = 0; s < plan->n_steps; s++) {
    step *at = &plan->steps[s];
    const bwi_node *n = bwi_graph_node(g, at->node);
    for (uint32_t k = 0; k < n->n_in; k++) at->in[k] = plan->places[n->in[k]];
    at->out = place_to_write(plan, at->node);
    at->scratch = plan->workspace->data + at->scratch_offset;
  }
  plan->attached = plan->workspace->data;
}

/* Stage 0 keeps more for stage 1 than its outputs need: masks of activations, say. */
static bw_status find_purposes(bwi_plan *plan, bw_error *err) {
  const bwi_graph *g = plan->g;
  bool *needed = bwi_alloc(bwi_graph_count(g), sizeof *needed);
  if (needed == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a plan");
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) {
    const bwi_id id = bwi_graph_output(g, k);
    needed[id] = bwi_graph_node(g, id)->stage == 0;
  }
  for (bwi_id id = (bwi_id)bwi_graph_count(g); id-- > 0;) {
    const bwi_node *n = bwi_graph_node(g, id);
    for (uint32_t k = 0; k < n->n_in && needed[id]; k++) needed[n->in[k]] = true;
  }
  for (uint32_t s = 0; s < plan->n_steps; s++)
    plan->steps[s].for_outputs = s >= plan->n_first_stage || needed[plan->steps[s].node];
  bwi_free(needed);
  return BW_OK;
}

/* --- making --- */

static bw_status make_steps(bwi_plan *plan, uint32_t n_backends, const bwi_backend *const *backends,
                            bwi_weights *weights, uint32_t flags, value *values, bwi_block *blocks,
                            bw_error *err) {
  find_live(plan->g, values);
  find_shrinking(plan, values);
  BW_TRY(list_steps(plan, values, err));
  for (uint32_t s = 0; s < plan->n_steps; s++)
    BW_TRY(bind_kernel(&plan->steps[s], plan->g, n_backends, backends, weights, flags, err));
  BW_TRY(find_updates(plan, values, flags, err));
  find_lives(plan, values);
  BW_TRY(find_purposes(plan, err));
  BW_TRY(place_values(plan, values, blocks, err));
  BW_TRY(reserve(plan->workspace, plan->workspace_bytes, err));
  attach(plan);
  return BW_OK;
}

bw_status bwi_plan_create_in(bwi_plan **out, bwi_workspace *workspace, const bwi_graph *g,
                             uint32_t n_backends, const bwi_backend *const *backends, bwi_weights *weights,
                             uint32_t flags, bw_error *err) {
  BW_TRY(bwi_graph_status(g, err));
  bw_status status = BW_ENOMEM;
  const uint32_t count = bwi_graph_count(g);
  bwi_plan *plan = bwi_alloc(1, sizeof *plan);
  value *values = bwi_alloc(count, sizeof *values);
  bwi_block *blocks = bwi_alloc(count, 2 * sizeof *blocks);
  if (plan != NULL) {
    plan->g = g;
    plan->workspace = workspace;
    plan->places = bwi_alloc(count, sizeof *plan->places);
    plan->offsets = bwi_alloc(count, sizeof *plan->offsets);
  }
  if (plan == NULL || values == NULL || blocks == NULL || plan->places == NULL || plan->offsets == NULL)
    BW_FAIL(err, BW_ENOMEM, "out of memory for a plan of %u nodes", count);
  else
    status = make_steps(plan, n_backends, backends, weights, flags, values, blocks, err);
  if (status == BW_OK)
    *out = plan;
  else
    bwi_plan_free(plan);
  bwi_free(values);
  bwi_free(blocks);
  return status;
}

bw_status bwi_plan_create(bwi_plan **out, const bwi_graph *g, uint32_t n_backends,
                          const bwi_backend *const *backends, bwi_weights *weights, uint32_t flags,
                          bw_error *err) {
  bwi_workspace *own = NULL;
  bwi_plan *plan = NULL;
  BW_TRY(bwi_workspace_create(&own, SIZE_MAX, err));
  const bw_status status = bwi_plan_create_in(&plan, own, g, n_backends, backends, weights, flags, err);
  if (status != BW_OK) {
    bwi_workspace_free(own);
    return status;
  }
  plan->own = own;
  *out = plan;
  return BW_OK;
}

void bwi_plan_free(bwi_plan *plan) {
  if (plan == NULL) return;
  for (uint32_t s = 0; s < plan->n_steps; s++) {
    if (plan->steps[s].kernel.free != NULL) plan->steps[s].kernel.free(plan->steps[s].kernel.state);
    bwi_free(plan->steps[s].changed);
  }
  bwi_free(plan->steps);
  bwi_free(plan->operands);
  bwi_free(plan->places);
  bwi_free(plan->offsets);
  bwi_workspace_free(plan->own);
  bwi_free(plan);
}

/* --- running --- */

void *bwi_plan_input(bwi_plan *plan, uint32_t i) {
  attach(plan);
  return place_to_write(plan, bwi_graph_input(plan->g, i));
}

const void *bwi_plan_output(const bwi_plan *plan, uint32_t i) {
  return plan->places[bwi_graph_output(plan->g, i)];
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may use the machine */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* input_changed: NULL unless only those pixels of the input did. */
static bw_status run_step(const bwi_plan *plan, step *s, const uint64_t *input_changed) {
  if (input_changed == NULL || !s->can_update)
    return s->kernel.run(s->kernel.state, s->in, s->out, s->scratch);
  const uint64_t *changed = s->follows == NO_STEP ? input_changed : plan->steps[s->follows].changed;
  return s->kernel.update(s->kernel.state, s->in, s->out, s->scratch, changed, s->changed);
}

static bw_status run_steps(bwi_plan *plan, uint32_t begin, uint32_t end, bool outputs_only,
                           const uint64_t *input_changed, bw_error *err) {
  attach(plan);
  for (uint32_t i = begin; i < end; i++) {
    step *s = &plan->steps[i];
    if (outputs_only && !s->for_outputs) continue;
    const double start = plan->profiling ? now() : 0;
    const bw_status status = run_step(plan, s, input_changed);
    if (status != BW_OK)
      return BW_FAIL(err, status, "node %d (%s): %s", s->node,
                     bwi_primitive_of(bwi_graph_node(plan->g, s->node)->prim)->name,
                     status == BW_EFORMAT ? "an index in the data is out of range" : bw_status_text(status));
    if (!plan->profiling) continue;
    s->seconds += now() - start;
    s->runs++;
  }
  return BW_OK;
}

bw_status bwi_plan_run(bwi_plan *plan, uint32_t stage, bw_error *err) {
  if (stage > 1) return BW_FAIL(err, BW_EINVAL, "a plan has stages 0 and 1, not %u", stage);
  return stage == 0 ? run_steps(plan, 0, plan->n_first_stage, false, NULL, err)
                    : run_steps(plan, plan->n_first_stage, plan->n_steps, false, NULL, err);
}

bw_status bwi_plan_run_outputs(bwi_plan *plan, bw_error *err) {
  return run_steps(plan, 0, plan->n_first_stage, true, NULL, err);
}

bool bwi_plan_can_update(const bwi_plan *plan) {
  return plan->can_update;
}

bw_status bwi_plan_update(bwi_plan *plan, const uint64_t *changed, bw_error *err) {
  return run_steps(plan, 0, plan->n_first_stage, true, changed, err);
}

size_t bwi_plan_workspace_bytes(const bwi_plan *plan) {
  return plan->workspace_bytes;
}

void bwi_plan_profile(bwi_plan *plan, bool on) {
  plan->profiling = on;
}

uint32_t bwi_plan_n_steps(const bwi_plan *plan) {
  return plan->n_steps;
}

bwi_step_profile bwi_plan_step(const bwi_plan *plan, uint32_t i) {
  const step *s = &plan->steps[i];
  return (bwi_step_profile){
      .node = s->node, .kernel = s->kernel.name, .seconds = s->seconds, .runs = s->runs};
}
