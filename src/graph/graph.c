/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes live in an arena; a hash table finds the node that equals a new one (hash-consing, Ershov
 * 1958), so a common sub-expression exists once. */
#include "graph/graph.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/half.h"
#include "base/memory.h"
#include "graph/node_key.h"
#include "graph/primitive.h"
#include "graph/program.h"

#define MAX_NODES (1u << 22)
#define MAX_ELEMENTS ((int64_t)1 << 31)
/* A file may be made so that everything collides; past this many probes a node is simply not shared. */
#define MAX_PROBES 64

struct bwi_graph {
  bwi_arena *arena;
  bwi_node **nodes; /* pointers, so that a node never moves */
  uint32_t count, capacity;
  bwi_id *slots; /* open addressing; BWI_NONE is free; n_slots is a power of two, at least 2 * capacity */
  uint32_t n_slots;
  bwi_id *inputs;
  uint32_t n_inputs, inputs_capacity;
  bwi_id *outputs;
  uint32_t n_outputs;
  bwi_graph **kept;
  uint32_t n_kept;
  atomic_uint references; /* the owner and every graph that keeps this one */
  bwi_graph *next_dead;   /* while being freed */
  bw_error failure;
};

static const bwi_params no_params;

/* --- errors --- */

bwi_id bwi_graph_fail(bwi_graph *g, bw_status status, const char *format, ...) {
  if (g->failure.status != BW_OK) return BWI_NONE;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(g->failure.text, sizeof g->failure.text, format, arguments);
  va_end(arguments);
  g->failure.status = status;
  g->failure.offset = BW_NO_OFFSET;
  return BWI_NONE;
}

bw_status bwi_graph_status(const bwi_graph *g, bw_error *err) {
  if (g->failure.status != BW_OK && err != NULL) *err = g->failure;
  return g->failure.status;
}

/* --- lifetime --- */

bw_status bwi_graph_create(bwi_graph **out, bw_error *err) {
  bwi_graph *g = bwi_alloc(1, sizeof *g);
  if (g == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a graph");
  g->arena = bwi_arena_create(0);
  if (g->arena == NULL) {
    bwi_free(g);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a graph");
  }
  atomic_init(&g->references, 1);
  *out = g;
  return BW_OK;
}

/* Gives back one reference; a graph without any joins the list of dead ones. */
static void release(bwi_graph *g, bwi_graph **dead) {
  if (g == NULL || atomic_fetch_sub(&g->references, 1) != 1) return;
  g->next_dead = *dead;
  *dead = g;
}

void bwi_graph_free(bwi_graph *g) {
  bwi_graph *dead = NULL;
  release(g, &dead);
  while (dead != NULL) {
    bwi_graph *next = dead;
    dead = next->next_dead;
    for (uint32_t i = 0; i < next->n_kept; i++) release(next->kept[i], &dead);
    bwi_arena_free(next->arena);
    bwi_free(next->nodes);
    bwi_free(next->slots);
    bwi_free(next->inputs);
    bwi_free(next->outputs);
    bwi_free(next->kept);
    bwi_free(next);
  }
}

bw_status bwi_graph_keep(bwi_graph *g, bwi_graph *other, bw_error *err) {
  bwi_graph **kept = bwi_realloc(g->kept, g->n_kept, g->n_kept + 1, sizeof *kept);
  if (kept == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to keep a graph");
  g->kept = kept;
  g->kept[g->n_kept++] = other;
  atomic_fetch_add(&other->references, 1);
  return BW_OK;
}

/* --- adding nodes --- */

static void insert_slot(bwi_graph *g, bwi_id id) {
  const uint32_t mask = g->n_slots - 1;
  uint32_t at = (uint32_t)bwi_node_hash(g->nodes[id]) & mask;
  for (uint32_t probe = 0; probe < MAX_PROBES; probe++, at = (at + 1) & mask) {
    if (g->slots[at] == BWI_NONE) {
      g->slots[at] = id;
      return;
    }
  }
}

static bwi_id find_equal(const bwi_graph *g, const bwi_node *node) {
  if (g->n_slots == 0) return BWI_NONE;
  const uint32_t mask = g->n_slots - 1;
  uint32_t at = (uint32_t)bwi_node_hash(node) & mask;
  for (uint32_t probe = 0; probe < MAX_PROBES && g->slots[at] != BWI_NONE; probe++, at = (at + 1) & mask)
    if (bwi_node_equal(g->nodes[g->slots[at]], node)) return g->slots[at];
  return BWI_NONE;
}

static bool grow(bwi_graph *g) {
  if (g->count < g->capacity) return true;
  const uint32_t capacity = g->capacity == 0 ? 64 : 2 * g->capacity;
  bwi_node **nodes = bwi_realloc(g->nodes, g->capacity, capacity, sizeof *nodes);
  if (nodes == NULL) return false;
  g->nodes = nodes;
  bwi_id *slots = bwi_alloc(2 * (size_t)capacity, sizeof *slots);
  if (slots == NULL) return false;
  bwi_free(g->slots);
  g->slots = slots;
  g->n_slots = 2 * capacity;
  g->capacity = capacity;
  for (uint32_t i = 0; i < g->n_slots; i++) slots[i] = BWI_NONE;
  for (uint32_t id = 0; id < g->count; id++) insert_slot(g, (bwi_id)id);
  return true;
}

/* Copies what the node points to into the arena; false when there is no memory. */
static bool own(bwi_graph *g, bwi_node *node, size_t copied_data_bytes) {
  if (node->n_in > 0) {
    bwi_id *in = bwi_arena_get(g->arena, node->n_in, sizeof *in);
    if (in == NULL) return false;
    memcpy(in, node->in, node->n_in * sizeof *in);
    node->in = in;
  }
  if (node->params != &no_params) {
    bwi_params *params = bwi_arena_get(g->arena, 1, sizeof *params);
    if (params == NULL) return false;
    *params = *node->params;
    node->params = params;
  }
  if (copied_data_bytes > 0) {
    void *data = bwi_arena_get(g->arena, copied_data_bytes, 1);
    if (data == NULL) return false;
    memcpy(data, node->data, copied_data_bytes);
    node->data = data;
  }
  return true;
}

/* Adds a checked node, or finds its equal. Nothing but inputs differs from its equal. */
static bwi_id add_node(bwi_graph *g, bwi_node node, size_t copied_data_bytes) {
  if (bwi_params_equal(node.params, &no_params)) node.params = &no_params;
  if (node.prim != BWI_Input) {
    const bwi_id equal = find_equal(g, &node);
    if (equal != BWI_NONE) return equal;
  }
  if (g->count >= MAX_NODES)
    return bwi_graph_fail(g, BW_ELIMIT, "the graph has more than %u nodes", MAX_NODES);
  bwi_node *kept = bwi_arena_get(g->arena, 1, sizeof *kept);
  if (kept == NULL || !own(g, &node, copied_data_bytes) || !grow(g))
    return bwi_graph_fail(g, BW_ENOMEM, "no memory for a node of the graph");
  *kept = node;
  const bwi_id id = (bwi_id)g->count++;
  g->nodes[id] = kept;
  if (node.prim != BWI_Input) insert_slot(g, id);
  return id;
}

/* Whether a dtype and shape may be a node's; latches the failure. */
static bool check_type(bwi_graph *g, const char *what, bw_dtype dtype, const bwi_dims *shape) {
  int64_t count;
  if (bw_dtype_bytes(dtype) == 0) {
    bwi_graph_fail(g, BW_EFORMAT, "%s: %d is not a dtype", what, (int)dtype);
    return false;
  }
  if (shape->n > BW_MAX_RANK) {
    bwi_graph_fail(g, BW_ELIMIT, "%s: rank %u, at most %d is supported", what, shape->n, BW_MAX_RANK);
    return false;
  }
  for (uint32_t d = 0; d < shape->n; d++) {
    if (shape->v[d] >= 0 && shape->v[d] <= INT32_MAX) continue;
    bwi_graph_fail(g, BW_EFORMAT, "%s: extent %" PRId64 ", must be in [0, 2^31)", what, shape->v[d]);
    return false;
  }
  if (!bwi_shape_count(&count, shape->v, shape->n) || count > MAX_ELEMENTS) {
    bwi_graph_fail(g, BW_ELIMIT, "%s: more than 2^31 elements", what);
    return false;
  }
  return true;
}

bwi_id bwi_input(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, uint32_t stage) {
  if (g->failure.status != BW_OK || !check_type(g, "Input", dtype, shape)) return BWI_NONE;
  if (stage > 1) return bwi_graph_fail(g, BW_EINVAL, "Input: stage %u, must be 0 or 1", stage);
  if (g->n_inputs == g->inputs_capacity) {
    const uint32_t capacity = g->inputs_capacity == 0 ? 4 : 2 * g->inputs_capacity;
    bwi_id *inputs = bwi_realloc(g->inputs, g->inputs_capacity, capacity, sizeof *inputs);
    if (inputs == NULL) return bwi_graph_fail(g, BW_ENOMEM, "no memory for an input of the graph");
    g->inputs = inputs;
    g->inputs_capacity = capacity;
  }
  const bwi_id id = add_node(
      g, (bwi_node){.prim = BWI_Input, .dtype = dtype, .shape = *shape, .params = &no_params, .stage = stage},
      0);
  if (id != BWI_NONE) g->inputs[g->n_inputs++] = id;
  return id;
}

static bwi_id add_constant(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, const void *data, bool copy) {
  if (g->failure.status != BW_OK || !check_type(g, "Constant", dtype, shape)) return BWI_NONE;
  if (data == NULL) return bwi_graph_fail(g, BW_EINVAL, "Constant: no data");
  const bwi_node node = {
      .prim = BWI_Constant, .dtype = dtype, .shape = *shape, .params = &no_params, .data = data};
  return add_node(g, node, copy ? bwi_node_bytes(&node) : 0);
}

bwi_id bwi_constant(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, const void *data) {
  return add_constant(g, dtype, shape, data, true);
}

bwi_id bwi_constant_borrowed(bwi_graph *g, bw_dtype dtype, const bwi_dims *shape, const void *data) {
  return add_constant(g, dtype, shape, data, false);
}

/* The ranges of the integer dtypes, as reals that they hold exactly. */
static const struct {
  double lo, hi;
} integer_range[BW_DTYPE_COUNT] = {
    [BW_BOOL] = {0, 1},
    [BW_U8] = {0, UINT8_MAX},
    [BW_U16] = {0, UINT16_MAX},
    [BW_U32] = {0, UINT32_MAX},
    [BW_U64] = {0, 0x1.fffffffffffffp63},
    [BW_I8] = {INT8_MIN, INT8_MAX},
    [BW_I16] = {INT16_MIN, INT16_MAX},
    [BW_I32] = {INT32_MIN, INT32_MAX},
    [BW_I64] = {-0x1p63, 0x1.fffffffffffffp62},
};

/* Writes value as one element of an integer dtype: truncated and saturated, NaN is 0. */
static void write_integer(void *out, bw_dtype dtype, double value) {
  const double lo = integer_range[dtype].lo, hi = integer_range[dtype].hi;
  const double limited = value != value ? 0 : value < lo ? lo : value > hi ? hi : value;
  const uint64_t bits = limited < 0 ? (uint64_t)(int64_t)limited : (uint64_t)limited;
  switch (bw_dtype_bytes(dtype)) {
    case 1: memcpy(out, &(uint8_t){(uint8_t)bits}, 1); break;
    case 2: memcpy(out, &(uint16_t){(uint16_t)bits}, 2); break;
    case 4: memcpy(out, &(uint32_t){(uint32_t)bits}, 4); break;
    default: memcpy(out, &bits, 8); break;
  }
}

static void write_scalar(void *out, bw_dtype dtype, double value) {
  switch (dtype) {
    case BW_BOOL: memcpy(out, &(uint8_t){value != 0}, 1); break;
    case BW_F16: memcpy(out, &(uint16_t){bwi_f32_to_f16((float)value)}, 2); break;
    case BW_BF16: memcpy(out, &(uint16_t){bwi_f32_to_bf16((float)value)}, 2); break;
    case BW_F32: memcpy(out, &(float){(float)value}, sizeof(float)); break;
    case BW_F64: memcpy(out, &value, sizeof value); break;
    default: write_integer(out, dtype, value); break;
  }
}

bwi_id bwi_scalar(bwi_graph *g, bw_dtype dtype, double value) {
  uint64_t bits = 0;
  if (bw_dtype_bytes(dtype) == 0)
    return bwi_graph_fail(g, BW_EFORMAT, "Constant: %d is not a dtype", (int)dtype);
  write_scalar(&bits, dtype, value);
  return bwi_constant(g, dtype, &(bwi_dims){0}, &bits);
}

/* What bwi_apply and bwi_elementwise share: operands, parameters and types checked, then added. */
static bwi_id apply(bwi_graph *g, bwi_prim prim, const bwi_params *params, uint32_t n_in, const bwi_id *in,
                    const bwi_program *program) {
  const bwi_primitive *primitive = bwi_primitive_of(prim);
  const bwi_node *operands[BWI_MAX_OPERANDS];
  if (n_in < primitive->fewest || n_in > primitive->most)
    return bwi_graph_fail(g, BW_EFORMAT, "%s: takes %u to %u operands, %u given", primitive->name,
                          primitive->fewest, primitive->most, n_in);
  bwi_node node = {.prim = prim, .n_in = n_in, .in = in, .data = program};
  for (uint32_t k = 0; k < n_in; k++) {
    if (in[k] < 0 || (uint32_t)in[k] >= g->count)
      return bwi_graph_fail(g, BW_EINVAL, "%s: operand %u is not a node", primitive->name, k);
    operands[k] = g->nodes[in[k]];
    if (operands[k]->stage > node.stage) node.stage = operands[k]->stage;
  }
  bwi_params own_params = params == NULL ? no_params : *params;
  for (uint32_t k = 0; k < sizeof own_params.v / sizeof own_params.v[0]; k++)
    if (own_params.v[k].n > BW_MAX_RANK)
      return bwi_graph_fail(g, BW_ELIMIT, "%s: a parameter of %u numbers", primitive->name,
                            own_params.v[k].n);
  bwi_typed_shape type = {.dtype = BW_BOOL};
  bw_error err;
  const bw_status status = primitive->infer(g, n_in, operands, &own_params, &type, &err);
  if (status != BW_OK) return bwi_graph_fail(g, status, "%s: %s", primitive->name, err.text);
  if (!check_type(g, primitive->name, type.dtype, &type.shape)) return BWI_NONE;
  node.dtype = type.dtype;
  node.shape = type.shape;
  node.params = &own_params;
  return add_node(g, node, program == NULL ? 0 : sizeof *program);
}

static bool any_none(uint32_t n_in, const bwi_id *in) {
  for (uint32_t k = 0; k < n_in; k++)
    if (in[k] == BWI_NONE) return true;
  return false;
}

bwi_id bwi_apply(bwi_graph *g, bwi_prim prim, const bwi_params *params, uint32_t n_in, const bwi_id *in) {
  if (g->failure.status != BW_OK || any_none(n_in, in)) return BWI_NONE;
  if ((unsigned)prim >= BWI_PRIM_COUNT || prim == BWI_Input || prim == BWI_Constant ||
      prim == BWI_Elementwise)
    return bwi_graph_fail(g, BW_EINVAL, "primitive %d cannot be applied to operands", (int)prim);
  return apply(g, prim, params, n_in, in, NULL);
}

bwi_id bwi_elementwise(bwi_graph *g, const bwi_program *program, uint32_t n_in, const bwi_id *in) {
  if (g->failure.status != BW_OK || any_none(n_in, in)) return BWI_NONE;
  if (program->n_steps == 0 || program->n_steps > BWI_PROGRAM_MAX_STEPS)
    return bwi_graph_fail(g, BW_EINVAL, "Elementwise: a program of %u steps", program->n_steps);
  for (uint32_t s = 0; s < program->n_steps; s++)
    for (uint32_t k = 0; k < program->steps[s].n_in; k++)
      if (program->steps[s].n_in > 3 || program->steps[s].in[k] >= n_in + s)
        return bwi_graph_fail(g, BW_EINVAL, "Elementwise: step %u reads a value that is not there yet", s);
  const bwi_params params = {.dtype = program->boolean_result ? BW_BOOL : BW_F32};
  return apply(g, BWI_Elementwise, &params, n_in, in, program);
}

bw_status bwi_graph_set_outputs(bwi_graph *g, uint32_t count, const bwi_id *outputs, bw_error *err) {
  BW_TRY(bwi_graph_status(g, err));
  for (uint32_t k = 0; k < count; k++)
    if (outputs[k] < 0 || (uint32_t)outputs[k] >= g->count)
      return BW_FAIL(err, BW_EINVAL, "output %u is not a node of the graph", k);
  bwi_id *copy = bwi_alloc(count, sizeof *copy);
  if (copy == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the outputs of a graph");
  if (count > 0) memcpy(copy, outputs, count * sizeof *copy);
  bwi_free(g->outputs);
  g->outputs = copy;
  g->n_outputs = count;
  return BW_OK;
}

/* --- reading --- */

uint32_t bwi_graph_count(const bwi_graph *g) {
  return g->count;
}

const bwi_node *bwi_graph_node(const bwi_graph *g, bwi_id id) {
  return g->nodes[id];
}

uint32_t bwi_graph_n_inputs(const bwi_graph *g) {
  return g->n_inputs;
}

bwi_id bwi_graph_input(const bwi_graph *g, uint32_t i) {
  return g->inputs[i];
}

uint32_t bwi_graph_n_outputs(const bwi_graph *g) {
  return g->n_outputs;
}

bwi_id bwi_graph_output(const bwi_graph *g, uint32_t i) {
  return g->outputs[i];
}

int64_t bwi_node_count(const bwi_node *n) {
  int64_t count = 1;
  for (uint32_t d = 0; d < n->shape.n; d++) count *= n->shape.v[d];
  return count;
}

size_t bwi_node_bytes(const bwi_node *n) {
  return (size_t)bwi_node_count(n) * bw_dtype_bytes(n->dtype);
}
