/* SPDX-License-Identifier: Apache-2.0 */
/* Most primitives of a file are primitives of the graph with the same state. The table at the end lists
 * those that are something else: another name for simpler ones, or known only to MLX's tracer. */
#include "model/import.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "graph/build.h"
#include "graph/infer.h"
#include "graph/primitive.h"
#include "model/operations.h"

typedef struct importing {
  const bwi_mlxfn_function *function;
  bwi_import_limits limits;
  bool compare_shapes;
  bool borrow_constants; /* for a graph that is only looked at while the file's bytes are there */
  bwi_graph *g;
  bwi_id *ids; /* of each value */
  uint64_t total_bytes, operations;
} importing;

bwi_import_limits bwi_import_default_limits(void) {
  return (bwi_import_limits){.max_value_bytes = UINT64_C(8) << 30,
                             .max_total_bytes = UINT64_C(256) << 30,
                             .max_operations = UINT64_C(1) << 42};
}

/* --- primitives that become something else --- */

typedef bwi_id (*lower_fn)(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in);

static bwi_params params_of(const bwi_mlxfn_value *v) {
  bwi_params p = {.dtype = v->state.dtype};
  memcpy(p.i, v->state.i, sizeof p.i);
  memcpy(p.f, v->state.f, sizeof p.f);
  memcpy(p.v, v->state.v, sizeof p.v);
  return p;
}

static bwi_id lower_operand(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  (void)g, (void)v;
  return in[0];
}

/* Output k is operand k, to be computed after the operands that follow. */
static bwi_id lower_depends(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  if (v->output < v->n_operands) return in[v->output];
  return bwi_graph_fail(g, BW_EFORMAT, "output %u of %u operands", v->output, v->n_operands);
}

static bwi_id lower_split(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  const bwi_dims *shape = &bwi_graph_node(g, in[0])->shape, *at = &v->state.v[0];
  int64_t axis = v->state.i[0];
  bw_error err;
  if (bwi_check_axis(&axis, shape->n, &err) != BW_OK)
    return bwi_graph_fail(g, BW_EFORMAT, "Split: %s", err.text);
  if (v->n_outputs != at->n + 1)
    return bwi_graph_fail(g, BW_EFORMAT, "Split: %u cuts for %u outputs", at->n, v->n_outputs);
  const int64_t start = v->output == 0 ? 0 : at->v[v->output - 1];
  const int64_t end = v->output == at->n ? shape->v[axis] : at->v[v->output];
  return bwi_slice_axis(g, in[0], (uint32_t)axis, start, end);
}

/* Python's quotient and remainder; as part of DivMod MLX gives the remainder no derivative. */
static bwi_id lower_divmod(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  if (v->output == 0) return bwi_binary(g, BWI_FloorDivide, in[0], in[1]);
  return bwi_unary(g, BWI_StopGradient, bwi_binary(g, BWI_Remainder, in[0], in[1]));
}

/* The shape that the operands broadcast to, of which axes in `except` are left as operand 0 has them. */
static bwi_id broadcast_to_operands(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in,
                                    const bwi_dims *except) {
  const bwi_dims own = bwi_graph_node(g, in[0])->shape;
  bwi_dims joint = own;
  bw_error err;
  for (uint32_t k = 1; k < v->n_operands; k++) {
    bwi_dims other = bwi_graph_node(g, in[k])->shape;
    for (uint32_t j = 0; j < except->n; j++) {
      int64_t axis = except->v[j];
      if (bwi_check_axis(&axis, other.n, &err) != BW_OK) return bwi_graph_fail(g, BW_EFORMAT, "%s", err.text);
      other.v[axis] = 1;
    }
    if (bwi_check_broadcast(&joint, &joint, &other, &err) != BW_OK)
      return bwi_graph_fail(g, BW_EFORMAT, "%s", err.text);
  }
  return bwi_broadcast(g, in[0], &joint);
}

/* With several operands, as shapeless files have it, the state is what the shape was when it was traced. */
static bwi_id lower_broadcast(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  static const bwi_dims none = {0};
  if (v->n_operands > 1) return broadcast_to_operands(g, v, in, &none);
  const bwi_params p = params_of(v);
  return bwi_apply(g, BWI_Broadcast, &p, 1, in);
}

static bwi_id lower_broadcast_axes(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  return broadcast_to_operands(g, v, in, &v->state.v[0]);
}

static bwi_id lower_number_of_elements(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  const bwi_params p = params_of(v);
  const bwi_id counted = bwi_apply(g, BWI_NumberOfElements, &p, 1, in);
  if (counted == BWI_NONE) return BWI_NONE;
  const bwi_dims *shape = &bwi_graph_node(g, in[0])->shape, *axes = &bwi_graph_node(g, counted)->params->v[0];
  double count = 1;
  for (uint32_t k = 0; k < axes->n; k++) count *= (double)shape->v[axes->v[k]];
  return bwi_scalar(g, p.dtype, p.i[0] ? 1 / count : count);
}

static bwi_id lower_arange(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  bwi_params p = params_of(v);
  p.dtype = v->array.dtype; /* the state does not say */
  return bwi_apply(g, BWI_Arange, &p, 0, in);
}

static bwi_id lower_quantize(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  bwi_params p = params_of(v);
  if (!p.i[3])
    return bwi_graph_fail(g, BW_EUNSUPPORTED,
                          "quantising at run time; evaluate the parameters before exporting");
  p.i[3] = 0;
  p.dtype = v->array.dtype; /* the state does not say */
  return bwi_apply(g, BWI_Dequantize, &p, v->n_operands, in);
}

/* Operands x, w, scales, [biases], left and right indices. */
static bwi_id lower_gather_quantized(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  const bwi_params p = params_of(v);
  const uint32_t n_packed = v->n_operands - 3;
  const bwi_params packed = {.i = {p.i[0], p.i[1], p.i[2]}, .dtype = bwi_graph_node(g, in[0])->dtype};
  const bwi_params sorted = {.i = {p.i[4], p.i[5]}};
  const bwi_id w = bwi_apply(g, BWI_Dequantize, &packed, n_packed, in + 1);
  const bwi_id matrices = p.i[3] == 1 ? bwi_swap_last(g, w) : w;
  return bwi_apply(g, BWI_GatherMM, &sorted, 4,
                   (bwi_id[]){in[0], matrices, in[1 + n_packed], in[2 + n_packed]});
}

/* Where a slice has one element along an axis, MLX writes stride 1 and leaves the end as it was: [3:0:-5]
 * is stored as [3:0:1], and only the shape tells it from a slice of nothing. */
static bwi_id slice_of(bwi_graph *g, bwi_prim prim, const bwi_mlxfn_value *v, const bwi_dims *shape,
                       const bwi_id *in) {
  bwi_params p = params_of(v);
  for (uint32_t d = 0; d < shape->n && d < p.v[0].n; d++) {
    const int64_t start = p.v[0].v[d], end = p.v[1].v[d];
    if (shape->v[d] == 1 && p.v[2].v[d] == 1 && start >= 0 && end <= start) p.v[1].v[d] = start + 1;
  }
  return bwi_apply(g, prim, &p, v->n_operands, in);
}

static bwi_id lower_slice(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  return slice_of(g, BWI_Slice, v, &v->array.shape, in);
}

static bwi_id lower_slice_update(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  return slice_of(g, BWI_SliceUpdate, v, &bwi_graph_node(g, in[1])->shape, in);
}

static bwi_id lower_attention(bwi_graph *g, const bwi_mlxfn_value *v, const bwi_id *in) {
  bwi_params p = params_of(v);
  if (v->n_outputs != 1)
    return bwi_graph_fail(g, BW_EUNSUPPORTED, "attention that also gives its log-sum-exp");
  p.i[2] = p.i[3] = 0; /* which kernel to take */
  return bwi_apply(g, BWI_ScaledDotProductAttention, &p, v->n_operands, in);
}

static const struct {
  const char *name;
  lower_fn lower;
} others[] = {
    {"Arange", lower_arange},
    {"Broadcast", lower_broadcast},
    {"BroadcastAxes", lower_broadcast_axes},
    {"Copy", lower_operand},
    {"Depends", lower_depends},
    {"DivMod", lower_divmod},
    {"Full", lower_operand},
    {"GatherQMM", lower_gather_quantized},
    {"NumberOfElements", lower_number_of_elements},
    {"Quantize", lower_quantize},
    {"ScaledDotProductAttention", lower_attention},
    {"Slice", lower_slice},
    {"SliceUpdate", lower_slice_update},
    {"Split", lower_split},
};

/* --- values --- */

static lower_fn find_other(const char *name) {
  for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
    if (strcmp(others[k].name, name) == 0) return others[k].lower;
  return NULL;
}

bool bwi_import_supports(const char *primitive) {
  bwi_prim prim;
  return find_other(primitive) != NULL || bwi_primitive_find(primitive, &prim);
}

static bw_status add_primitive(importing *m, uint32_t number, bwi_id *out, bw_error *err) {
  const bwi_mlxfn_value *v = &m->function->values[number];
  bwi_id in[BWI_MLXFN_MAX_INPUTS];
  bwi_prim prim;
  for (uint32_t k = 0; k < v->n_operands; k++) in[k] = m->ids[v->operands[k]];
  const lower_fn lower = find_other(v->primitive);
  if (lower != NULL) {
    *out = lower(m->g, v, in);
  } else if (bwi_primitive_find(v->primitive, &prim)) {
    const bwi_params p = params_of(v);
    *out = bwi_apply(m->g, prim, &p, v->n_operands, in);
  } else {
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, v->offset, "value %u is computed by %s, which is not supported",
                      number, v->primitive);
  }
  return BW_OK;
}

static bw_status add_constant(importing *m, uint32_t number, bwi_id *out, bw_error *err) {
  const bwi_mlxfn_value *v = &m->function->values[number];
  const bwi_mlxfn_array *a = &v->array;
  int64_t count = 0;
  if (!bwi_shape_count(&count, a->shape.v, a->shape.n) || (uint64_t)count > SIZE_MAX / 8 ||
      (size_t)count * bw_dtype_bytes(a->dtype) != v->data.size)
    return BW_FAIL_AT(err, BW_EFORMAT, v->offset, "constant %u: shape and size of the data do not fit",
                      number);
  for (size_t k = 0; a->dtype == BW_BOOL && k < v->data.size; k++)
    if (v->data.data[k] > 1)
      return BW_FAIL_AT(err, BW_EFORMAT, v->offset, "constant %u: element %zu is not a bool", number, k);
  *out =
      (m->borrow_constants ? bwi_constant_borrowed : bwi_constant)(m->g, a->dtype, &a->shape, v->data.data);
  return BW_OK;
}

static bw_status check_type(const importing *m, uint32_t number, const bwi_node *n, bw_error *err) {
  const bwi_mlxfn_value *v = &m->function->values[number];
  char stored[64], inferred[64];
  if (!m->compare_shapes || (n->dtype == v->array.dtype && bwi_dims_equal(&n->shape, &v->array.shape)))
    return BW_OK;
  return BW_FAIL_AT(err, BW_EFORMAT, v->offset, "value %u (%s): the file says %s %s, its operands give %s %s",
                    number, v->primitive, bw_dtype_name(v->array.dtype),
                    bwi_dims_text(stored, sizeof stored, &v->array.shape), bw_dtype_name(n->dtype),
                    bwi_dims_text(inferred, sizeof inferred, &n->shape));
}

static bw_status check_cost(importing *m, uint32_t number, bwi_id id, bw_error *err) {
  const bwi_mlxfn_value *v = &m->function->values[number];
  const uint64_t bytes = bwi_node_bytes(bwi_graph_node(m->g, id)), operations = bwi_operations(m->g, id);
  const bwi_import_limits *max = &m->limits;
  if (bytes > max->max_value_bytes)
    return BW_FAIL_AT(err, BW_ELIMIT, v->offset, "value %u has %" PRIu64 " bytes, the limit is %" PRIu64,
                      number, bytes, max->max_value_bytes);
  if (bytes > max->max_total_bytes - m->total_bytes)
    return BW_FAIL_AT(err, BW_ELIMIT, v->offset, "the values up to %u need more than %" PRIu64 " bytes",
                      number, max->max_total_bytes);
  if (operations > max->max_operations - m->operations)
    return BW_FAIL_AT(err, BW_ELIMIT, v->offset, "the values up to %u need more than %" PRIu64 " operations",
                      number, max->max_operations);
  m->total_bytes += bytes;
  m->operations += operations;
  return BW_OK;
}

static bw_status add_value(importing *m, uint32_t number, bw_error *err) {
  const bwi_mlxfn_value *v = &m->function->values[number];
  bwi_id id = BWI_NONE;
  bw_error why;
  switch (v->kind) {
    case BWI_MLXFN_INPUT: id = bwi_input(m->g, v->array.dtype, &v->array.shape, 0); break;
    case BWI_MLXFN_CONSTANT: BW_TRY(add_constant(m, number, &id, err)); break;
    case BWI_MLXFN_PRIMITIVE: BW_TRY(add_primitive(m, number, &id, err)); break;
  }
  const bw_status status = bwi_graph_status(m->g, &why);
  if (status != BW_OK) return BW_FAIL_AT(err, status, v->offset, "value %u: %s", number, why.text);
  m->ids[number] = id;
  if (v->kind == BWI_MLXFN_CONSTANT) return BW_OK;
  BW_TRY(check_type(m, number, bwi_graph_node(m->g, id), err));
  return check_cost(m, number, id, err);
}

static bw_status set_outputs(importing *m, bw_error *err) {
  bwi_id outputs[BWI_MLXFN_MAX_INPUTS];
  for (uint32_t k = 0; k < m->function->n_outputs; k++) outputs[k] = m->ids[m->function->outputs[k]];
  return bwi_graph_set_outputs(m->g, m->function->n_outputs, outputs, err);
}

static bw_status import_function(bwi_graph **out, importing *m, bw_error *err) {
  if (m->function->n_values > BWI_IMPORT_MAX_VALUES)
    return BW_FAIL(err, BW_ELIMIT, "the function has %u values, the limit is %d", m->function->n_values,
                   BWI_IMPORT_MAX_VALUES);
  bw_status status = bwi_graph_create(&m->g, err);
  if (status != BW_OK) return status;
  m->ids = bwi_alloc(m->function->n_values, sizeof *m->ids);
  if (m->ids == NULL) status = BW_FAIL(err, BW_ENOMEM, "no memory for %u values", m->function->n_values);
  for (uint32_t k = 0; status == BW_OK && k < m->function->n_values; k++) status = add_value(m, k, err);
  if (status == BW_OK) status = set_outputs(m, err);
  if (status == BW_OK) {
    *out = m->g;
    m->g = NULL;
  }
  bwi_graph_free(m->g);
  bwi_free(m->ids);
  return status;
}

bw_status bwi_import(bwi_graph **out, const bwi_mlxfn *file, uint32_t function,
                     const bwi_import_limits *limits, bw_error *err) {
  if (function >= file->n_functions)
    return BW_FAIL(err, BW_EINVAL, "function %u of a file with %u", function, file->n_functions);
  importing m = {
      .function = &file->functions[function], .limits = *limits, .compare_shapes = !file->shapeless};
  return import_function(out, &m, err);
}

bw_status bwi_import_accept(void *payload, const bwi_mlxfn *candidate, bw_error *err) {
  (void)payload;
  for (uint32_t k = 0; k < candidate->n_functions; k++) {
    bwi_graph *g = NULL;
    importing m = {.function = &candidate->functions[k],
                   .limits = bwi_import_default_limits(),
                   .compare_shapes = !candidate->shapeless,
                   .borrow_constants = true};
    const bw_status status = import_function(&g, &m, err);
    bwi_graph_free(g);
    if (status != BW_OK && status != BW_EUNSUPPORTED && status != BW_ELIMIT) return status;
  }
  return BW_OK;
}
