/* SPDX-License-Identifier: Apache-2.0 */
/* The file is a header and functions; a function is a signature and a tape, and an entry of the tape is a
 * constant, an input, or a primitive with the ids of its operands. Every number is checked where it is
 * read; what it means is checked later, by who knows the primitives. */
#include "format/mlxfn_parse.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "format/elements.h"
#include "format/mlxfn_fields.h"

#define FIRST_VALUES 16

/* The link that holds id, or the empty link where it belongs. */
static bwi_mlxfn_id **find_id(bwi_mlxfn_id **root, uint64_t id) {
  uint64_t path = id * UINT64_C(0x9E3779B97F4A7C15);
  bwi_mlxfn_id **link = root;
  while (*link != NULL && (*link)->id != id) {
    link = &(*link)->child[path >> 63];
    path <<= 1;
  }
  return link;
}

/* What bwi_mlxfn_free needs; the file comes first so that a pointer to it is one to the whole. */
typedef struct parsed_file {
  bwi_mlxfn file;
  bwi_arena *arena;
} parsed_file;

/* The function that is being read. */
typedef struct scope {
  bwi_mlxfn_value *values;
  size_t count, capacity, expected;
  uint32_t n_inputs;
  bwi_mlxfn_id *ids;    /* payload: value number */
  uint64_t on_the_tape; /* bit k: input k was met */
} scope;

/* ---- values ---- */

/* Room for one more. A long tape is believed only once its first entries have been read. */
static bool grow(bwi_mlxfn_parser *p, scope *s) {
  if (s->count < s->capacity) return true;
  size_t capacity = s->expected < FIRST_VALUES ? s->expected : FIRST_VALUES;
  if (s->capacity > 0) capacity = s->expected > 2 * s->capacity ? s->expected : 2 * s->capacity;
  if (capacity == 0) capacity = 1;
  bwi_mlxfn_value *values = bwi_mlxfn_take(p, capacity, sizeof *values);
  if (values == NULL) return false;
  if (s->count > 0) memcpy(values, s->values, s->count * sizeof *values);
  s->values = values;
  s->capacity = capacity;
  return true;
}

/* The value that id, read at `offset`, names from now on; NULL after a failure. Valid until the next. */
static bwi_mlxfn_value *define(bwi_mlxfn_parser *p, scope *s, uint64_t id, size_t offset) {
  if (bwi_mlxfn_failed(p)) return NULL;
  bwi_mlxfn_id **link = find_id(&s->ids, id);
  if (*link != NULL) {
    bwi_cursor_fail(bwi_mlxfn_at(p, offset), BW_EFORMAT, "id 0x%" PRIx64 " is defined twice", id);
    return NULL;
  }
  if (p->values_left == 0) {
    bwi_cursor_fail(bwi_mlxfn_at(p, offset), BW_ELIMIT, "more than %u values",
                    (unsigned)p->limits->max_values);
    return NULL;
  }
  bwi_mlxfn_id *node = bwi_mlxfn_take(p, 1, sizeof *node);
  if (node == NULL || !grow(p, s)) return NULL;
  *node = (bwi_mlxfn_id){.id = id, .payload = s->count};
  *link = node;
  p->values_left--;
  bwi_mlxfn_value *value = &s->values[s->count];
  value->offset = offset;
  value->n_outputs = 1;
  value->first_output = (uint32_t)s->count;
  s->count++;
  return value;
}

/* The value that an id, read at the cursor, refers to. */
static uint32_t read_reference(bwi_mlxfn_parser *p, scope *s, const char *what) {
  const size_t start = p->c.at;
  const uint64_t id = bwi_cursor_u64le(&p->c, what);
  if (bwi_mlxfn_failed(p)) return 0;
  const bwi_mlxfn_id *node = *find_id(&s->ids, id);
  if (node == NULL) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT,
                    "%s has id 0x%" PRIx64 ", which nothing before defines", what, id);
    return 0;
  }
  return (uint32_t)node->payload;
}

/* ---- tape ---- */

static void read_constant(bwi_mlxfn_parser *p, scope *s, uint64_t id, size_t offset) {
  bwi_mlxfn_value *value = define(p, s, id, offset);
  if (value == NULL) return;
  bwi_mlxfn_id **link = find_id(&p->constants, id);
  const size_t resume = p->c.at;
  const bool seen = *link != NULL; /* in an earlier function, which holds the elements */
  if (seen) {
    p->c.at = (size_t)(*link)->payload;
  } else {
    *link = bwi_mlxfn_take(p, 1, sizeof **link);
    if (*link == NULL) return;
    **link = (bwi_mlxfn_id){.id = id, .payload = resume};
  }
  size_t bytes = 0;
  value->kind = BWI_MLXFN_CONSTANT;
  value->array = bwi_mlxfn_read_array(p, &bytes);
  const size_t start = p->c.at;
  value->data = bwi_cursor_take(&p->c, bytes, "constant");
  const size_t n = value->array.dtype == BW_BOOL && !seen ? value->data.size : 0;
  const size_t untruth = n > 0 ? bwi_elements_first_untruth(value->data.data, n) : 0;
  if (untruth < n)
    bwi_cursor_fail(bwi_mlxfn_at(p, start + untruth), BW_EFORMAT,
                    "a constant of type bool holds another byte than 0 and 1");
  if (seen) p->c.at = resume;
}

static void read_input(bwi_mlxfn_parser *p, scope *s, uint64_t id, size_t offset) {
  if (bwi_mlxfn_failed(p)) return;
  const bwi_mlxfn_id *node = *find_id(&s->ids, id);
  if (node == NULL || node->payload >= s->n_inputs) {
    bwi_cursor_fail(bwi_mlxfn_at(p, offset), BW_EFORMAT,
                    "id 0x%" PRIx64 " is said to be an input and is none", id);
    return;
  }
  const uint64_t bit = UINT64_C(1) << node->payload;
  if ((s->on_the_tape & bit) != 0)
    bwi_cursor_fail(bwi_mlxfn_at(p, offset), BW_EFORMAT, "input %" PRIu64 " is met twice", node->payload);
  s->on_the_tape |= bit;
}

/* A primitive applied to operands, before it is known how many values it defines. */
typedef struct application {
  const bwi_mlxfn_primitive *primitive;
  bwi_mlxfn_state state;
  uint32_t n_operands;
  uint32_t *operands;
} application;

static void read_operands(bwi_mlxfn_parser *p, scope *s, application *call) {
  call->n_operands = bwi_mlxfn_read_count(p, 8, BWI_MLXFN_MAX_INPUTS, "operand list");
  call->operands = bwi_mlxfn_take(p, call->n_operands, sizeof *call->operands);
  for (uint32_t i = 0; i < call->n_operands && !bwi_mlxfn_failed(p); i++)
    call->operands[i] = read_reference(p, s, "operand");
}

static void skip_stream(bwi_mlxfn_parser *p) {
  (void)bwi_cursor_i32le(&p->c, "stream");
  const size_t start = p->c.at;
  const int32_t device = bwi_cursor_i32le(&p->c, "device type");
  (void)bwi_cursor_i32le(&p->c, "device index");
  if (device != 0 && device != 1)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "device type %" PRId32 " is neither 0 nor 1", device);
}

static void read_primitive(bwi_mlxfn_parser *p, application *call) {
  const size_t start = p->c.at;
  const bwi_bytes key = bwi_cursor_take(&p->c, bwi_cursor_count(&p->c, 1, "primitive"), "primitive");
  if (bwi_mlxfn_failed(p)) return;
  char name[BWI_MLXFN_NAME_BYTES] = {0};
  const size_t shown = key.size < sizeof name ? key.size : sizeof name - 1;
  for (size_t i = 0; i < shown; i++)
    name[i] = key.data[i] >= 0x20 && key.data[i] < 0x7F ? (char)key.data[i] : '?';
  if (key.size == shown && strcmp(name, "CustomKernel") == 0) {
    bwi_cursor_fail(
        bwi_mlxfn_at(p, start), BW_EUNSUPPORTED,
        "CustomKernel holds executable source code or a compiled binary for a GPU, which is never run");
    return;
  }
  call->primitive = bwi_mlxfn_primitive_of(key, p->layout);
  if (call->primitive == NULL) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EUNSUPPORTED, "unknown primitive \"%s\"", name);
    return;
  }
  const uint32_t fewest = call->primitive->fewest_operands, most = call->primitive->most_operands;
  if (call->n_operands < fewest || call->n_operands > most) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "%s has %u operands; %u to %u are right",
                    call->primitive->key, (unsigned)call->n_operands, (unsigned)fewest, (unsigned)most);
    return;
  }
  bwi_mlxfn_read_state(p, &call->state, call->primitive->fields);
}

/* How many outputs the call has: its siblings, as the file counts them, and itself. */
static uint32_t read_output_count(bwi_mlxfn_parser *p, const application *call) {
  const size_t start = p->c.at;
  const uint32_t count = bwi_mlxfn_read_count(p, 1, BWI_MLXFN_MAX_INPUTS - 1, "sibling count") + 1;
  if (bwi_mlxfn_failed(p)) return 0;
  const uint32_t fewest = call->primitive->fewest_outputs, most = call->primitive->most_outputs;
  const bool is_split = strcmp(call->primitive->key, "Split") == 0;
  if (count < fewest || count > most || (is_split && count != call->state.v[0].n + 1)) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "%s cannot have %u outputs", call->primitive->key,
                    (unsigned)count);
    return 0;
  }
  return count;
}

/* The length of a list that must have an item for each output. */
static void read_output_list(bwi_mlxfn_parser *p, uint32_t n, size_t min_bytes, const char *what) {
  const size_t start = p->c.at;
  const size_t count = bwi_cursor_count(&p->c, min_bytes, what);
  if (count != n)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "%zu %s for %u outputs", count, what, (unsigned)n);
}

/* Lists of a call with several outputs; id is the one that the tape is entered under. */
static void read_output_lists(bwi_mlxfn_parser *p, uint64_t id, uint32_t n, uint64_t *ids,
                              bwi_mlxfn_array *arrays) {
  const size_t start = p->c.at;
  bool listed = false;
  read_output_list(p, n, 8, "ids");
  for (uint32_t i = 0; i < n; i++) {
    ids[i] = bwi_cursor_u64le(&p->c, "output ids");
    listed = listed || ids[i] == id;
  }
  read_output_list(p, n, 8, "shapes");
  for (uint32_t i = 0; i < n; i++) bwi_mlxfn_read_dims(p, &arrays[i].shape, 'S', "shape");
  read_output_list(p, n, 5, "dtypes");
  for (uint32_t i = 0; i < n; i++) arrays[i].dtype = bwi_mlxfn_read_dtype(p, "dtype");
  if (!listed)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "id 0x%" PRIx64 " is not among its own outputs", id);
}

static void read_call(bwi_mlxfn_parser *p, scope *s, uint64_t id, size_t offset) {
  application call = {0};
  read_operands(p, s, &call);
  skip_stream(p);
  read_primitive(p, &call);
  if (bwi_mlxfn_failed(p)) return;
  const uint32_t n = read_output_count(p, &call);
  if (bwi_mlxfn_failed(p)) return;
  uint64_t ids[BWI_MLXFN_MAX_INPUTS] = {id};
  bwi_mlxfn_array arrays[BWI_MLXFN_MAX_INPUTS] = {{{0}, BW_BOOL}};
  const size_t start = p->c.at;
  size_t bytes = 0;
  if (n == 1)
    arrays[0] = bwi_mlxfn_read_array(p, &bytes);
  else
    read_output_lists(p, id, n, ids, arrays);
  const uint32_t first = (uint32_t)s->count;
  for (uint32_t i = 0; i < n && !bwi_mlxfn_failed(p); i++) {
    (void)bwi_mlxfn_data_bytes(p, &arrays[i], start);
    bwi_mlxfn_value *value = define(p, s, ids[i], offset);
    if (value == NULL) return;
    value->kind = BWI_MLXFN_PRIMITIVE;
    value->array = arrays[i];
    value->primitive = call.primitive->key;
    value->state = call.state;
    value->n_operands = call.n_operands;
    value->operands = call.operands;
    value->output = i;
    value->n_outputs = n;
    value->first_output = first;
  }
}

static void read_entry(bwi_mlxfn_parser *p, scope *s) {
  const size_t offset = p->c.at;
  const uint64_t id = bwi_cursor_u64le(&p->c, "id");
  if (bwi_cursor_bool(&p->c, "has_primitive"))
    read_call(p, s, id, offset);
  else if (bwi_cursor_bool(&p->c, "is_constant"))
    read_constant(p, s, id, offset);
  else
    read_input(p, s, id, offset);
}

/* ---- functions ---- */

static void read_keywords(bwi_mlxfn_parser *p, bwi_mlxfn_function *f) {
  const size_t start = p->c.at;
  f->n_keywords = bwi_mlxfn_read_count(p, 8, BWI_MLXFN_MAX_INPUTS, "keyword list");
  const char **keywords = bwi_mlxfn_take(p, f->n_keywords, sizeof *keywords);
  for (uint32_t i = 0; i < f->n_keywords && !bwi_mlxfn_failed(p); i++) {
    keywords[i] = bwi_mlxfn_read_text(p, true, "keyword");
    for (uint32_t k = 0; k < i && !bwi_mlxfn_failed(p); k++)
      if (strcmp(keywords[i], keywords[k]) == 0)
        bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "keyword %u repeats", (unsigned)i);
  }
  f->keywords = keywords;
}

static void read_inputs(bwi_mlxfn_parser *p, scope *s, bwi_mlxfn_function *f) {
  uint64_t ids[BWI_MLXFN_MAX_INPUTS] = {0};
  const size_t start = p->c.at;
  const uint32_t n_ids = bwi_mlxfn_read_count(p, 8, BWI_MLXFN_MAX_INPUTS, "input ids");
  for (uint32_t i = 0; i < n_ids; i++) ids[i] = bwi_cursor_u64le(&p->c, "input ids");
  f->n_inputs = bwi_mlxfn_read_count(p, 13, BWI_MLXFN_MAX_INPUTS, "inputs");
  if (f->n_inputs != n_ids || f->n_keywords > n_ids)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT,
                    "%u input ids, %u inputs and %u keywords do not fit together", (unsigned)n_ids,
                    (unsigned)f->n_inputs, (unsigned)f->n_keywords);
  for (uint32_t i = 0; i < f->n_inputs && !bwi_mlxfn_failed(p); i++) {
    const size_t offset = p->c.at;
    size_t bytes = 0;
    const bwi_mlxfn_array array = bwi_mlxfn_read_array(p, &bytes);
    bwi_mlxfn_value *value = define(p, s, ids[i], offset);
    if (value != NULL) value->array = array;
  }
  s->n_inputs = f->n_inputs;
}

/* The ids of the outputs come before the tape that defines them. */
static void resolve_outputs(bwi_mlxfn_parser *p, scope *s, size_t at, bwi_mlxfn_function *f) {
  const size_t resume = p->c.at;
  uint32_t *outputs = bwi_mlxfn_take(p, f->n_outputs, sizeof *outputs);
  if (outputs == NULL) return;
  p->c.at = at;
  for (uint32_t i = 0; i < f->n_outputs && !bwi_mlxfn_failed(p); i++)
    outputs[i] = read_reference(p, s, "output");
  if (!bwi_mlxfn_failed(p)) p->c.at = resume;
  f->outputs = outputs;
}

static void read_function(bwi_mlxfn_parser *p, bwi_mlxfn_function *f) {
  scope s = {0};
  p->entry = BWI_MLXFN_NO_ENTRY;
  read_keywords(p, f);
  read_inputs(p, &s, f);
  const size_t count_at = p->c.at;
  f->n_outputs = bwi_mlxfn_read_count(p, 8, BWI_MLXFN_MAX_INPUTS, "output ids");
  if (f->n_outputs == 0)
    bwi_cursor_fail(bwi_mlxfn_at(p, count_at), BW_EFORMAT, "the function has no outputs");
  const size_t outputs_at = p->c.at;
  (void)bwi_cursor_take(&p->c, (size_t)f->n_outputs * 8, "output ids");
  const size_t length = bwi_cursor_count(&p->c, 10, "tape");
  s.expected = f->n_inputs + (length < p->values_left ? length : p->values_left);
  for (p->entry = 0; p->entry < length; p->entry++) {
    read_entry(p, &s);
    if (bwi_mlxfn_failed(p)) return;
  }
  p->entry = BWI_MLXFN_NO_ENTRY;
  resolve_outputs(p, &s, outputs_at, f);
  f->values = s.values;
  f->n_values = (uint32_t)s.count;
}

/* ---- file ---- */

void bwi_mlxfn_read_version(bwi_cursor *c, char *text, size_t capacity) {
  const size_t start = c->at;
  const uint64_t length = bwi_cursor_u64le(c, "MLX version");
  const bool fits = length < capacity;
  const bwi_bytes span = bwi_cursor_take(c, fits ? (size_t)length : 0, "MLX version");
  text[0] = '\0';
  bool plain = span.size > 0 && fits;
  for (size_t i = 0; i < span.size && plain; i++) plain = span.data[i] > 0x20 && span.data[i] < 0x7F;
  if (plain) {
    memcpy(text, span.data, span.size);
    text[span.size] = '\0';
  } else if (c->status == BW_OK) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "no .mlxfn file: it does not begin with a version of MLX");
  }
}

static void read_file(bwi_mlxfn_parser *p, bwi_mlxfn *file) {
  char version[BWI_MLXFN_VERSION_BYTES];
  bwi_mlxfn_read_version(&p->c, version, sizeof version);
  char *kept = bwi_mlxfn_take(p, strlen(version) + 1, 1);
  if (kept != NULL) memcpy(kept, version, strlen(version) + 1);
  file->version = kept;
  file->layout = bwi_mlxfn_layout_name(p->layout);
  const size_t count_at = p->c.at;
  const int32_t count = bwi_cursor_i32le(&p->c, "function count");
  file->shapeless = bwi_cursor_bool(&p->c, "shapeless");
  file->metadata = p->layout >= BWI_MLXFN_0_32_1 ? bwi_mlxfn_read_text(p, false, "metadata") : "";
  if (count <= 0) bwi_cursor_fail(bwi_mlxfn_at(p, count_at), BW_EFORMAT, "function count is %" PRId32, count);
  if (count > 0 && (uint32_t)count > p->limits->max_functions)
    bwi_cursor_fail(bwi_mlxfn_at(p, count_at), BW_ELIMIT, "%" PRId32 " functions, the limit is %u", count,
                    (unsigned)p->limits->max_functions);
  if (bwi_mlxfn_failed(p)) return;
  bwi_mlxfn_function *functions = bwi_mlxfn_take(p, (size_t)count, sizeof *functions);
  if (functions == NULL) return;
  file->functions = functions;
  file->n_functions = (uint32_t)count;
  for (; p->function < (uint32_t)count; p->function++) {
    read_function(p, &functions[p->function]);
    if (bwi_mlxfn_failed(p)) return;
  }
  if (bwi_cursor_left(&p->c) > 0)
    (void)bwi_cursor_fail(&p->c, BW_EFORMAT, "%zu bytes follow the last function", bwi_cursor_left(&p->c));
}

/* Says which entry of which tape an error is about. */
static void add_place(const bwi_mlxfn_parser *p, bw_error *err) {
  if (err == NULL || p->entry == BWI_MLXFN_NO_ENTRY) return;
  char text[BW_ERROR_TEXT_BYTES];
  memcpy(text, err->text, sizeof text);
  (void)BW_FAIL_AT(err, err->status, err->offset, "function %u, tape entry %zu: %s", (unsigned)p->function,
                   p->entry, text);
}

bw_status bwi_mlxfn_parse(bwi_mlxfn **out, bwi_bytes bytes, bwi_mlxfn_layout layout,
                          const bwi_mlxfn_limits *limits, bw_error *err) {
  bwi_mlxfn_parser p = {.c = bwi_cursor_over(bytes, err),
                        .layout = layout,
                        .limits = limits,
                        .arena = bwi_arena_create(0),
                        .values_left = limits->max_values,
                        .entry = BWI_MLXFN_NO_ENTRY};
  if (p.arena == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to read a .mlxfn file");
  parsed_file *parsed = bwi_mlxfn_take(&p, 1, sizeof *parsed);
  if (parsed != NULL) {
    parsed->arena = p.arena;
    read_file(&p, &parsed->file);
  }
  if (bwi_mlxfn_failed(&p)) {
    add_place(&p, err);
    bwi_arena_free(p.arena);
    return p.c.status;
  }
  *out = &parsed->file;
  return BW_OK;
}

void bwi_mlxfn_free(bwi_mlxfn *file) {
  if (file != NULL) bwi_arena_free(((parsed_file *)file)->arena);
}
