/* SPDX-License-Identifier: Apache-2.0 */
#include "format/onnx.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "format/protobuf.h"

#define MAX_GRAPHS 10000

/* Field numbers of onnx.proto. */
enum {
  MODEL_IR_VERSION = 1,
  MODEL_GRAPH = 7,
  MODEL_OPSET = 8,
  MODEL_TRAINING = 20,
  MODEL_FUNCTION = 25,
  TRAINING_INITIALIZATION = 1,
  TRAINING_ALGORITHM = 2,
  FUNCTION_NODE = 7,
  FUNCTION_ATTRIBUTE = 11,
  GRAPH_NODE = 1,
  GRAPH_INITIALIZER = 5,
  GRAPH_SPARSE = 15,
  NODE_OPERATOR = 4,
  NODE_ATTRIBUTE = 5,
  NODE_DOMAIN = 7,
  ATTRIBUTE_TENSOR = 5,
  ATTRIBUTE_GRAPH = 6,
  ATTRIBUTE_TENSORS = 10,
  ATTRIBUTE_GRAPHS = 11,
  ATTRIBUTE_SPARSE = 22,
  ATTRIBUTE_SPARSES = 23,
  SPARSE_VALUES = 1,
  SPARSE_INDICES = 2,
  TENSOR_DIMS = 1,
  TENSOR_TYPE = 2,
  TENSOR_FLOATS = 4,
  TENSOR_INT32S = 5,
  TENSOR_STRINGS = 6,
  TENSOR_INT64S = 7,
  TENSOR_NAME = 8,
  TENSOR_RAW = 9,
  TENSOR_DOUBLES = 10,
  TENSOR_UINT64S = 11,
  TENSOR_EXTERNAL = 13,
  TENSOR_LOCATION = 14,
  ENTRY_KEY = 1,
  ENTRY_VALUE = 2
};

typedef struct walker {
  bwi_cursor c; /* over the model; its failure ends the walk */
  const bwi_onnx_visitor *visitor;
  bw_error *err;
  bwi_bytes *graphs; /* met and not walked yet: graphs hold graphs to any depth */
  size_t n_graphs, capacity, n_met;
} walker;

/* A cursor over a message inside the model, which reports offsets in the model. */
static bwi_cursor enter(walker *w, bwi_bytes message) {
  const bwi_bytes upto = {w->c.bytes.data,
                          message.size == 0 ? 0 : (size_t)(message.data - w->c.bytes.data) + message.size};
  bwi_cursor c = bwi_cursor_over(upto, w->err);
  c.at = message.size == 0 ? 0 : (size_t)(message.data - w->c.bytes.data);
  c.status = w->c.status;
  return c;
}

/* Takes over what went wrong inside. */
static void leave(walker *w, const bwi_cursor *c) {
  if (w->c.status == BW_OK) w->c.status = c->status;
}

static void refuse_at(walker *w, uint64_t offset, bw_status status, const char *what) {
  if (w->c.status != BW_OK) return;
  w->c.at = (size_t)offset;
  (void)bwi_cursor_fail(&w->c, status, "%s", what);
}

static void fail_at(walker *w, uint64_t offset, const char *what) {
  refuse_at(w, offset, BW_EFORMAT, what);
}

/* ---- tensors ---- */

/* By number; bits 0: strings, whose elements have no size. */
static const struct {
  uint8_t bits;
  bool readable;
  bw_dtype dtype;
} types[] = {
    {0, false, BW_U8},   {32, true, BW_F32},  {8, true, BW_U8},   {8, true, BW_I8},   {16, true, BW_U16},
    {16, true, BW_I16},  {32, true, BW_I32},  {64, true, BW_I64}, {0, false, BW_U8},  {8, true, BW_BOOL},
    {16, true, BW_F16},  {64, true, BW_F64},  {32, true, BW_U32}, {64, true, BW_U64}, {64, false, BW_U8},
    {128, false, BW_U8}, {16, true, BW_BF16}, {8, false, BW_U8},  {8, false, BW_U8},  {8, false, BW_U8},
    {8, false, BW_U8},   {4, false, BW_U8},   {4, false, BW_U8},  {4, false, BW_U8},  {8, false, BW_U8},
};

typedef struct shape {
  uint64_t count; /* product so far */
  bool overflows;
  bool inline_data; /* elements in the typed fields */
  bwi_bytes reals;  /* of them those that are floating-point numbers */
  bool in_parts;    /* which are not in one piece */
} shape;

static void add_extent(shape *s, uint64_t extent) {
  if (extent > INT64_MAX || (extent != 0 && s->count > INT64_MAX / extent))
    s->overflows = true;
  else
    s->count *= extent;
}

static void add_extents(walker *w, shape *s, const bwi_field *f) {
  if (f->wire == BWI_WIRE_VARINT) {
    add_extent(s, f->value);
    return;
  }
  bwi_cursor c = enter(w, f->bytes); /* packed */
  while (c.status == BW_OK && bwi_cursor_left(&c) > 0) add_extent(s, bwi_cursor_varint(&c, "extent"));
  leave(w, &c);
}

static uint64_t number_of(bwi_bytes text) {
  uint64_t value = 0;
  for (size_t i = 0; i < text.size && i < 18; i++)
    if (text.data[i] >= '0' && text.data[i] <= '9') value = 10 * value + (uint64_t)(text.data[i] - '0');
  return value;
}

static bool is_text(bwi_bytes text, const char *wanted) {
  return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static void read_external(walker *w, bwi_onnx_tensor *t, bwi_bytes entry) {
  bwi_field f;
  bwi_bytes key = {NULL, 0}, value = {NULL, 0};
  bwi_cursor c = enter(w, entry);
  while (bwi_field_next(&c, &f)) {
    if (f.number == ENTRY_KEY) key = f.bytes;
    if (f.number == ENTRY_VALUE) value = f.bytes;
  }
  leave(w, &c);
  if (key.size == 0) return;
  if (is_text(key, "location")) t->location = value;
  if (is_text(key, "offset")) t->external_offset = number_of(value);
  if (is_text(key, "length")) t->external_bytes = number_of(value);
}

static void read_tensor_field(walker *w, bwi_onnx_tensor *t, shape *s, const bwi_field *f) {
  switch (f->number) {
    case TENSOR_DIMS: add_extents(w, s, f); break;
    case TENSOR_TYPE: t->type = f->value <= INT32_MAX ? (int32_t)f->value : 0; break;
    case TENSOR_NAME: t->name = f->bytes; break;
    case TENSOR_RAW: t->elements = f->bytes; break;
    case TENSOR_EXTERNAL: read_external(w, t, f->bytes); break;
    case TENSOR_LOCATION: t->external = f->value == 1; break;
    case TENSOR_FLOATS:
    case TENSOR_DOUBLES:
      s->in_parts = s->inline_data || f->wire != BWI_WIRE_BYTES;
      s->inline_data = true;
      s->reals = f->bytes;
      break;
    case TENSOR_INT32S:
    case TENSOR_STRINGS:
    case TENSOR_INT64S:
    case TENSOR_UINT64S: s->inline_data = true; break;
    default: break;
  }
}

/* Sizes the tensor; one without elements anywhere is all defaults only if it is empty. */
static void check_tensor(walker *w, bwi_onnx_tensor *t, const shape *s) {
  const bool known = t->type > 0 && (size_t)t->type < sizeof types / sizeof *types;
  const uint64_t bits = known ? types[t->type].bits : 0;
  if (s->overflows || (bits != 0 && s->count > UINT64_MAX / bits - 7)) {
    fail_at(w, t->offset, "a tensor's shape has a negative extent or overflows");
    return;
  }
  t->bytes = (s->count * bits + 7) / 8;
  t->readable = known && types[t->type].readable;
  t->dtype = known ? types[t->type].dtype : BW_U8;
  const bool twice = t->elements.size > 0 && (t->external || s->inline_data);
  if (s->reals.size > 0) t->elements = s->reals;
  if (twice)
    fail_at(w, t->offset, "a tensor has its elements twice");
  else if (s->in_parts)
    refuse_at(w, t->offset, BW_EUNSUPPORTED, "a tensor's elements come in parts");
  else if (t->elements.size > 0 && known && t->elements.size != t->bytes)
    fail_at(w, t->offset, "a tensor's elements do not take what its shape says");
  else if (t->external && t->location.size == 0)
    fail_at(w, t->offset, "a tensor lies in another file, but which is not said");
  else if (t->elements.size == 0 && !t->external && !s->inline_data && t->bytes > 0)
    fail_at(w, t->offset, "a tensor has a shape and no elements");
}

static void walk_tensor(walker *w, bwi_bytes message, uint64_t offset) {
  bwi_onnx_tensor t = {.offset = offset};
  shape s = {.count = 1};
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f)) read_tensor_field(w, &t, &s, &f);
  leave(w, &c);
  if (w->c.status == BW_OK) check_tensor(w, &t, &s);
  if (w->c.status == BW_OK) w->c.status = w->visitor->tensor(w->visitor->payload, &t, w->err);
}

static void walk_sparse(walker *w, bwi_bytes message) {
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f))
    if (f.number == SPARSE_VALUES || f.number == SPARSE_INDICES) walk_tensor(w, f.bytes, f.offset);
  leave(w, &c);
}

/* ---- graphs ---- */

static void add_graph(walker *w, bwi_bytes message, uint64_t offset) {
  if (w->n_met++ == MAX_GRAPHS) {
    w->c.at = (size_t)offset;
    (void)bwi_cursor_fail(&w->c, BW_ELIMIT, "more than %d graphs", MAX_GRAPHS);
    return;
  }
  if (w->n_graphs == w->capacity) {
    const size_t wide = w->capacity == 0 ? 16 : 2 * w->capacity;
    bwi_bytes *graphs = bwi_realloc(w->graphs, w->capacity, wide, sizeof *graphs);
    if (graphs == NULL) {
      (void)bwi_cursor_fail(&w->c, BW_ENOMEM, "no memory for %zu graphs", wide);
      return;
    }
    w->graphs = graphs;
    w->capacity = wide;
  }
  w->graphs[w->n_graphs++] = message;
}

static void walk_attribute(walker *w, bwi_bytes message) {
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f)) {
    if (f.wire != BWI_WIRE_BYTES) continue;
    switch (f.number) {
      case ATTRIBUTE_TENSOR:
      case ATTRIBUTE_TENSORS: walk_tensor(w, f.bytes, f.offset); break;
      case ATTRIBUTE_GRAPH:
      case ATTRIBUTE_GRAPHS: add_graph(w, f.bytes, f.offset); break;
      case ATTRIBUTE_SPARSE:
      case ATTRIBUTE_SPARSES: walk_sparse(w, f.bytes); break;
      default: break;
    }
  }
  leave(w, &c);
}

static bool is_own_domain(bwi_bytes domain) {
  return domain.size == 0 || is_text(domain, "ai.onnx") || is_text(domain, "ai.onnx.ml") ||
         is_text(domain, "ai.onnx.training") || is_text(domain, "ai.onnx.preview.training");
}

static void walk_node(walker *w, bwi_bytes message, uint64_t offset) {
  bwi_field f;
  bwi_bytes name = {NULL, 0}, domain = {NULL, 0};
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f)) {
    if (f.number == NODE_OPERATOR) name = f.bytes;
    if (f.number == NODE_DOMAIN) domain = f.bytes;
    if (f.number == NODE_ATTRIBUTE) walk_attribute(w, f.bytes);
  }
  leave(w, &c);
  if (w->c.status == BW_OK && !is_own_domain(domain))
    w->c.status = w->visitor->node(w->visitor->payload, domain, name, offset, w->err);
}

static void walk_graph(walker *w, bwi_bytes message) {
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f)) {
    if (f.number == GRAPH_NODE) walk_node(w, f.bytes, f.offset);
    if (f.number == GRAPH_INITIALIZER) walk_tensor(w, f.bytes, f.offset);
    if (f.number == GRAPH_SPARSE) walk_sparse(w, f.bytes);
  }
  leave(w, &c);
}

static void walk_function(walker *w, bwi_bytes message) {
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f)) {
    if (f.number == FUNCTION_NODE) walk_node(w, f.bytes, f.offset);
    if (f.number == FUNCTION_ATTRIBUTE) walk_attribute(w, f.bytes);
  }
  leave(w, &c);
}

static void walk_training(walker *w, bwi_bytes message) {
  bwi_field f;
  bwi_cursor c = enter(w, message);
  while (w->c.status == BW_OK && bwi_field_next(&c, &f))
    if (f.number == TRAINING_INITIALIZATION || f.number == TRAINING_ALGORITHM)
      add_graph(w, f.bytes, f.offset);
  leave(w, &c);
}

bw_status bwi_onnx_walk(bwi_bytes model, const bwi_onnx_visitor *visitor, bw_error *err) {
  walker w = {.c = bwi_cursor_over(model, err), .visitor = visitor, .err = err};
  bwi_field f;
  bool has_graph = false;
  bwi_cursor c = enter(&w, model);
  while (w.c.status == BW_OK && bwi_field_next(&c, &f)) {
    has_graph = has_graph || f.number == MODEL_GRAPH;
    if (f.number == MODEL_GRAPH) add_graph(&w, f.bytes, f.offset);
    if (f.number == MODEL_TRAINING) walk_training(&w, f.bytes);
    if (f.number == MODEL_FUNCTION) walk_function(&w, f.bytes);
  }
  leave(&w, &c);
  while (w.c.status == BW_OK && w.n_graphs > 0) walk_graph(&w, w.graphs[--w.n_graphs]);
  bwi_free(w.graphs);
  if (!has_graph) fail_at(&w, 0, "the model has no graph");
  return w.c.status;
}

/* The version of the format comes first, the producer or the graph after it. */
bool bwi_onnx_begins(bwi_bytes head) {
  bwi_field f;
  bwi_cursor c = bwi_cursor_over(head, NULL);
  if (!bwi_field_next(&c, &f) || f.number != MODEL_IR_VERSION || f.wire != BWI_WIRE_VARINT || f.value == 0 ||
      f.value > 100)
    return false;
  const uint64_t tag = bwi_cursor_varint(&c, "tag");
  const bool known =
      tag >> 3 <= MODEL_OPSET || tag >> 3 == 14 || tag >> 3 == MODEL_TRAINING || tag >> 3 == MODEL_FUNCTION;
  return c.status == BW_OK && known && tag >> 3 >= 2 && ((tag & 7) == 2 || (tag >> 3 == 5 && (tag & 7) == 0));
}
