/* SPDX-License-Identifier: Apache-2.0 */
/* Follows CPython's Modules/_pickle.c in what each opcode takes and leaves. Values are copied, not shared:
 * nothing that an opcode does to an object changes what it is to the machine. */
#include "format/pickle.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "format/pickle_memo.h"
#include "format/pickle_opcodes.h"
#include "format/pickle_text.h"

#define NEWEST_PROTOCOL 5
#define KEPT_ITEMS 16  /* of a tuple; PyTorch's persistent ids have five or six */
#define HELD_BYTES 8   /* shorter strings are not worth an event */
#define BLOCK_BYTES 64 /* what the arena adds to each block */

typedef bwi_pickle_value value;

typedef struct machine {
  bwi_cursor c; /* its error is walk.fault */
  const bwi_pickle_limits *limits;
  bwi_pickle_walk walk;
  bool stuck; /* stack or marks were short of what an opcode takes */
  bwi_arena *arena;
  size_t used_bytes;
  value *stack;
  size_t size, capacity;
  size_t *marks; /* heights of the stack */
  size_t n_marks, mark_capacity;
  bwi_pickle_memo memo;
  bwi_pickle_visit_fn visit;
  void *payload;
  bw_error *err;
  bw_status status; /* a failure that ends the walk */
  size_t at;        /* of the opcode */
  const bwi_pickle_opcode *opcode;
  uint64_t number; /* its argument */
  bwi_bytes text, second;
} machine;

bwi_pickle_limits bwi_pickle_default_limits(void) {
  return (bwi_pickle_limits){.max_opcodes = UINT64_C(1) << 32, .max_memory_bytes = (size_t)512 << 20};
}

/* ---- what goes wrong ---- */

static void fault(machine *m, const char *what) {
  if (m->walk.fault.status == BW_OK)
    (void)BW_FAIL_AT(&m->walk.fault, BW_EFORMAT, m->at, "%s: %s", m->opcode->name, what);
}

/* What stands behind is still looked at, but no unpickler comes there. */
static void get_stuck(machine *m, const char *what) {
  fault(m, what);
  m->stuck = true;
}

/* Ends the walk: the cursor's failure latches. Of more weight than a fault, behind which the walk goes on. */
static void reach_limit(machine *m, const char *what) {
  (void)BW_FAIL_AT(&m->walk.fault, BW_ELIMIT, m->at, "the pickle takes more %s than the limit", what);
  m->c.status = BW_ELIMIT;
}

static void run_out_of_memory(machine *m) {
  if (m->status == BW_OK) m->status = BW_FAIL(m->err, BW_ENOMEM, "no memory to walk a pickle");
}

static bool is_over(const machine *m) {
  return m->walk.stopped || m->status != BW_OK || m->c.status != BW_OK;
}

/* Takes bytes out of the limit. */
static bool charge(machine *m, size_t bytes) {
  if (bytes > m->limits->max_memory_bytes - m->used_bytes) {
    reach_limit(m, "memory");
    return false;
  }
  m->used_bytes += bytes;
  return true;
}

static void tell(machine *m, bwi_pickle_event_kind kind, const value *v) {
  if (m->visit == NULL || m->status != BW_OK) return;
  const bwi_pickle_event event = {kind, m->at, m->opcode->name, v, m->stuck};
  m->status = m->visit(m->payload, &event, m->err);
}

/* ---- stack ---- */

static void push(machine *m, value v) {
  if (m->size == m->capacity) {
    const size_t wide = m->capacity == 0 ? 64 : 2 * m->capacity;
    if (!charge(m, (wide - m->capacity) * sizeof v)) return;
    value *stack = bwi_realloc(m->stack, m->capacity, wide, sizeof v);
    if (stack == NULL) {
      run_out_of_memory(m);
      return;
    }
    m->stack = stack;
    m->capacity = wide;
  }
  m->stack[m->size++] = v;
}

static void push_kind(machine *m, bwi_pickle_kind kind) {
  push(m, (value){.kind = kind});
}

/* What stands below the top mark is out of reach. */
static size_t floor_of(const machine *m) {
  return m->n_marks == 0 ? 0 : m->marks[m->n_marks - 1];
}

static value pop(machine *m) {
  if (m->size > floor_of(m)) return m->stack[--m->size];
  get_stuck(m, "the stack is empty");
  return (value){.kind = BWI_PICKLE_UNKNOWN};
}

static value top(machine *m) {
  if (m->size > floor_of(m)) return m->stack[m->size - 1];
  get_stuck(m, "the stack is empty");
  return (value){.kind = BWI_PICKLE_UNKNOWN};
}

static void push_mark(machine *m) {
  if (m->n_marks == m->mark_capacity) {
    const size_t wide = m->mark_capacity == 0 ? 16 : 2 * m->mark_capacity;
    if (!charge(m, (wide - m->mark_capacity) * sizeof *m->marks)) return;
    size_t *marks = bwi_realloc(m->marks, m->mark_capacity, wide, sizeof *marks);
    if (marks == NULL) {
      run_out_of_memory(m);
      return;
    }
    m->marks = marks;
    m->mark_capacity = wide;
  }
  m->marks[m->n_marks++] = m->size;
}

/* Takes the top mark away; what stood above it begins there. */
static size_t pop_mark(machine *m) {
  if (m->n_marks > 0) return m->marks[--m->n_marks];
  get_stuck(m, "there is no mark");
  return m->size;
}

static void pop_one(machine *m) {
  if (m->n_marks > 0 && floor_of(m) == m->size)
    m->n_marks--;
  else
    (void)pop(m);
}

/* ---- values ---- */

static void push_tuple(machine *m, size_t start) {
  const size_t count = m->size - start;
  value tuple = {.kind = BWI_PICKLE_TUPLE};
  if (count > 0 && count <= KEPT_ITEMS && charge(m, count * sizeof(value) + BLOCK_BYTES)) {
    value *items = bwi_arena_get(m->arena, count, sizeof *items);
    if (items == NULL) {
      run_out_of_memory(m);
      return;
    }
    memcpy(items, m->stack + start, count * sizeof *items);
    tuple.items = items;
    tuple.count = (uint32_t)count;
  }
  m->size = start;
  push(m, tuple);
}

static void push_last(machine *m, size_t count) {
  if (m->size - floor_of(m) < count) {
    get_stuck(m, "the stack is empty");
    count = m->size - floor_of(m);
  }
  push_tuple(m, m->size - count);
}

static void push_string(machine *m, bwi_pickle_kind kind, bwi_bytes text) {
  const value v = {.kind = kind, .text = text};
  if (text.size >= HELD_BYTES) tell(m, BWI_PICKLE_HOLDS, &v);
  push(m, v);
}

typedef size_t (*decode_fn)(uint8_t *to, bwi_bytes line);

static void push_decoded(machine *m, decode_fn decode) {
  bwi_bytes text = m->text;
  if (!charge(m, text.size + BLOCK_BYTES)) return;
  uint8_t *decoded = bwi_arena_get(m->arena, text.size, 1);
  if (decoded == NULL) {
    run_out_of_memory(m);
    return;
  }
  const size_t size = decode(decoded, text);
  if (size == SIZE_MAX)
    fault(m, "a string without quotes");
  else
    text = (bwi_bytes){decoded, size};
  push_string(m, BWI_PICKLE_TEXT, text);
}

static void push_integer_text(machine *m) {
  value v = {.kind = BWI_PICKLE_INT};
  if (!bwi_pickle_integer(m->text, &v.number)) v.kind = BWI_PICKLE_DATA; /* perhaps a long one */
  if (!bwi_pickle_is_number(m->text)) fault(m, "no number");
  push(m, v);
}

static void push_real_text(machine *m) {
  if (!bwi_pickle_is_number(m->text)) fault(m, "no number");
  push_kind(m, BWI_PICKLE_DATA);
}

/* ---- memo ---- */

static void put(machine *m, uint64_t index) {
  const value v = top(m);
  m->walk.puts++;
  if (!charge(m, bwi_pickle_memo_growth(&m->memo))) return;
  if (!bwi_pickle_memo_put(&m->memo, index, &v)) run_out_of_memory(m);
}

static void get(machine *m, uint64_t index) {
  const value *v = bwi_pickle_memo_find(&m->memo, index);
  m->walk.gets++;
  if (v != NULL) {
    push(m, *v);
    return;
  }
  fault(m, "nothing was put in this place of the memo");
  push_kind(m, BWI_PICKLE_UNKNOWN);
}

/* The index that stands on the line. */
static uint64_t index_of(machine *m) {
  int64_t index = 0;
  if (bwi_pickle_integer(m->text, &index) && index >= 0) return (uint64_t)index;
  fault(m, "the place in the memo is no plain number");
  return UINT64_MAX;
}

/* ---- imports and calls ---- */

static value import(machine *m, value module, value name) {
  value v = {.kind = BWI_PICKLE_UNKNOWN};
  if (module.kind == BWI_PICKLE_TEXT && name.kind == BWI_PICKLE_TEXT)
    v = (value){.kind = BWI_PICKLE_GLOBAL, .text = module.text, .name = name.text};
  else
    fault(m, "what is to be imported is not named by text");
  tell(m, BWI_PICKLE_IMPORTS, &v);
  return v;
}

static value import_lines(machine *m) {
  return import(m, (value){.kind = BWI_PICKLE_TEXT, .text = m->text},
                (value){.kind = BWI_PICKLE_TEXT, .text = m->second});
}

static void import_from_stack(machine *m) {
  const value name = pop(m), module = pop(m);
  push(m, import(m, module, name));
}

static void call(machine *m, value callable) {
  tell(m, BWI_PICKLE_CALLS, &callable);
  value made = {.kind = BWI_PICKLE_MADE};
  if (callable.kind == BWI_PICKLE_GLOBAL) {
    made.text = callable.text;
    made.name = callable.name;
  }
  push(m, made);
}

static void call_with(machine *m, int n_arguments) {
  for (int i = 0; i < n_arguments; i++) (void)pop(m);
  call(m, pop(m));
}

static void call_lines(machine *m) {
  const value class = import_lines(m);
  m->size = pop_mark(m);
  call(m, class);
}

static void call_marked(machine *m) {
  const size_t start = pop_mark(m);
  value class = {.kind = BWI_PICKLE_UNKNOWN};
  if (start < m->size)
    class = m->stack[start];
  else
    get_stuck(m, "there is no class above the mark");
  m->size = start;
  call(m, class);
}

/* Whose state or items are set; data that the machine made can have anything. */
static void change(machine *m) {
  const value target = top(m);
  if (target.kind != BWI_PICKLE_DATA) tell(m, BWI_PICKLE_CHANGES, &target);
}

static void change_with(machine *m, int n_values) {
  for (int i = 0; i < n_values; i++) (void)pop(m);
  change(m);
}

static void change_marked(machine *m) {
  m->size = pop_mark(m);
  change(m);
}

static void persist(machine *m, value id) {
  tell(m, BWI_PICKLE_PERSISTS, &id);
  push_kind(m, BWI_PICKLE_MADE);
}

static void extend(machine *m) {
  const value code = {.kind = BWI_PICKLE_INT, .number = (int64_t)m->number};
  tell(m, BWI_PICKLE_EXTENDS, &code);
  push_kind(m, BWI_PICKLE_UNKNOWN);
}

/* ---- the walk ---- */

/* Up to the newline, which is taken away. */
static bwi_bytes read_line(machine *m) {
  const size_t left = bwi_cursor_left(&m->c);
  const uint8_t *start = m->c.bytes.data + m->c.at;
  const uint8_t *end = m->c.status == BW_OK && left > 0 ? memchr(start, '\n', left) : NULL;
  if (end == NULL) {
    (void)bwi_cursor_fail(&m->c, BW_EFORMAT, "truncated: %s needs a line of text", m->opcode->name);
    return (bwi_bytes){NULL, 0};
  }
  const bwi_bytes line = bwi_cursor_take(&m->c, (size_t)(end - start), "line");
  (void)bwi_cursor_u8(&m->c, "newline");
  return line;
}

static bwi_bytes read_sized(machine *m, uint64_t size) {
  if (m->c.status == BW_OK && size > bwi_cursor_left(&m->c)) {
    (void)bwi_cursor_fail(&m->c, BW_EFORMAT, "truncated: %s needs %" PRIu64 " bytes, %zu left",
                          m->opcode->name, size, bwi_cursor_left(&m->c));
    return (bwi_bytes){NULL, 0};
  }
  return bwi_cursor_take(&m->c, (size_t)size, "string");
}

static void read_argument(machine *m) {
  const char *what = m->opcode->name;
  switch (m->opcode->argument) {
    case BWI_ARG_NONE: break;
    case BWI_ARG_U8: m->number = bwi_cursor_u8(&m->c, what); break;
    case BWI_ARG_U16: m->number = bwi_cursor_u16le(&m->c, what); break;
    case BWI_ARG_I32: m->number = (uint64_t)(int64_t)bwi_cursor_i32le(&m->c, what); break;
    case BWI_ARG_U32: m->number = bwi_cursor_u32le(&m->c, what); break;
    case BWI_ARG_U64: m->number = bwi_cursor_u64le(&m->c, what); break;
    case BWI_ARG_F64: (void)bwi_cursor_u64le(&m->c, what); break;
    case BWI_ARG_LINE: m->text = read_line(m); break;
    case BWI_ARG_LINES:
      m->text = read_line(m);
      m->second = read_line(m);
      break;
    case BWI_ARG_SIZED8: m->text = read_sized(m, bwi_cursor_u8(&m->c, what)); break;
    case BWI_ARG_SIZED32: m->text = read_sized(m, bwi_cursor_u32le(&m->c, what)); break;
    case BWI_ARG_SIZED64: m->text = read_sized(m, bwi_cursor_u64le(&m->c, what)); break;
  }
}

static void do_opcode(machine *m) {
  switch (m->opcode->action) {
    case BWI_DO_NOTHING: break;
    case BWI_DO_PROTO:
      if (m->number > NEWEST_PROTOCOL) fault(m, "no protocol has this number");
      break;
    case BWI_DO_STOP:
      (void)pop(m);
      m->walk.stopped = true;
      break;
    case BWI_DO_MARK: push_mark(m); break;
    case BWI_DO_POP: pop_one(m); break;
    case BWI_DO_POP_MARK: m->size = pop_mark(m); break;
    case BWI_DO_DUP:
      m->walk.duplicates++;
      push(m, top(m));
      break;
    case BWI_DO_PUSH_DATA: push_kind(m, BWI_PICKLE_DATA); break;
    case BWI_DO_PUSH_UNKNOWN: push_kind(m, BWI_PICKLE_UNKNOWN); break;
    case BWI_DO_PUSH_INT: push(m, (value){.kind = BWI_PICKLE_INT, .number = (int64_t)m->number}); break;
    case BWI_DO_PUSH_INT_TEXT: push_integer_text(m); break;
    case BWI_DO_PUSH_REAL_TEXT: push_real_text(m); break;
    case BWI_DO_PUSH_TEXT: push_string(m, BWI_PICKLE_TEXT, m->text); break;
    case BWI_DO_PUSH_TEXT_QUOTED: push_decoded(m, bwi_pickle_unquote); break;
    case BWI_DO_PUSH_TEXT_ESCAPED: push_decoded(m, bwi_pickle_unescape); break;
    case BWI_DO_PUSH_BYTES: push_string(m, BWI_PICKLE_BYTES, m->text); break;
    case BWI_DO_PUT: put(m, m->number); break;
    case BWI_DO_PUT_TEXT: put(m, index_of(m)); break;
    case BWI_DO_MEMOIZE: put(m, m->memo.count); break;
    case BWI_DO_GET: get(m, m->number); break;
    case BWI_DO_GET_TEXT: get(m, index_of(m)); break;
    case BWI_DO_TUPLE: push_tuple(m, pop_mark(m)); break;
    case BWI_DO_TUPLE_0: push_last(m, 0); break;
    case BWI_DO_TUPLE_1: push_last(m, 1); break;
    case BWI_DO_TUPLE_2: push_last(m, 2); break;
    case BWI_DO_TUPLE_3: push_last(m, 3); break;
    case BWI_DO_COLLECT:
      m->size = pop_mark(m);
      push_kind(m, BWI_PICKLE_DATA);
      break;
    case BWI_DO_CHANGE_1: change_with(m, 1); break;
    case BWI_DO_CHANGE_2: change_with(m, 2); break;
    case BWI_DO_CHANGE_ALL: change_marked(m); break;
    case BWI_DO_GLOBAL: push(m, import_lines(m)); break;
    case BWI_DO_STACK_GLOBAL: import_from_stack(m); break;
    case BWI_DO_INST: call_lines(m); break;
    case BWI_DO_OBJ: call_marked(m); break;
    case BWI_DO_CALL_1: call_with(m, 1); break;
    case BWI_DO_CALL_2: call_with(m, 2); break;
    case BWI_DO_BUILD: change_with(m, 1); break;
    case BWI_DO_PERSISTENT_TEXT: persist(m, (value){.kind = BWI_PICKLE_TEXT, .text = m->text}); break;
    case BWI_DO_PERSISTENT: persist(m, pop(m)); break;
    case BWI_DO_EXTENSION: extend(m); break;
  }
}

static void step(machine *m) {
  m->at = m->c.at;
  const uint8_t code = bwi_cursor_u8(&m->c, "opcode");
  if (m->c.status != BW_OK) return;
  m->opcode = bwi_pickle_opcode_of(code);
  if (m->opcode == NULL) {
    m->c.at = m->at;
    (void)bwi_cursor_fail(&m->c, BW_EFORMAT, "byte 0x%02x is no opcode", code);
    return;
  }
  read_argument(m);
  if (m->c.status != BW_OK) return;
  if (++m->walk.opcodes > m->limits->max_opcodes)
    reach_limit(m, "opcodes");
  else
    do_opcode(m);
  m->walk.end = m->c.at;
}

bw_status bwi_pickle_run(bwi_pickle_walk *out, bwi_bytes bytes, size_t start, const bwi_pickle_limits *limits,
                         bwi_pickle_visit_fn visit, void *payload, bw_error *err) {
  const bwi_pickle_limits standard = bwi_pickle_default_limits();
  bw_error stumble = {BW_OK, BW_NO_OFFSET, ""};
  machine m = {.c = bwi_cursor_over(bytes, &stumble),
               .limits = limits == NULL ? &standard : limits,
               .walk = {.end = start, .fault = {BW_OK, BW_NO_OFFSET, ""}},
               .arena = bwi_arena_create(0),
               .visit = visit,
               .payload = payload,
               .err = err};
  m.c.at = start;
  if (m.arena == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to walk a pickle");
  while (!is_over(&m)) step(&m);
  if (m.walk.fault.status == BW_OK && stumble.status != BW_OK) m.walk.fault = stumble;
  bwi_pickle_memo_free(&m.memo);
  bwi_free(m.stack);
  bwi_free(m.marks);
  bwi_arena_free(m.arena);
  if (m.status == BW_OK) *out = m.walk;
  return m.status;
}
