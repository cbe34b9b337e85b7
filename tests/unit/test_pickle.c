/* SPDX-License-Identifier: Apache-2.0 */
/* Pickles written by hand, byte by byte. Nothing here is ever unpickled. */
#include "format/pickle.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- a log of events, as text ---- */

static void put_names(bwi_buffer *log, const bwi_pickle_value *v) {
  static const char *const kinds[] = {"data", "int", "text", "bytes", "tuple", "global", "made", "unknown"};
  if (v->kind == BWI_PICKLE_GLOBAL || (v->kind == BWI_PICKLE_MADE && v->text.data != NULL))
    bwi_buffer_format(log, "%s%.*s.%.*s", v->kind == BWI_PICKLE_MADE ? "made by " : "", (int)v->text.size,
                      (const char *)v->text.data, (int)v->name.size, (const char *)v->name.data);
  else if (v->kind == BWI_PICKLE_INT)
    bwi_buffer_format(log, "%lld", (long long)v->number);
  else if (v->kind == BWI_PICKLE_TEXT)
    bwi_buffer_format(log, "'%.*s'", (int)v->text.size, (const char *)v->text.data);
  else if (v->kind == BWI_PICKLE_TUPLE)
    bwi_buffer_format(log, "tuple of %u", v->count);
  else
    bwi_buffer_text(log, kinds[v->kind]);
}

static bw_status note(void *payload, const bwi_pickle_event *e, bw_error *err) {
  static const char *const verbs[] = {"imports", "calls", "changes", "persists", "extends", "holds"};
  bwi_buffer *log = payload;
  (void)err;
  bwi_buffer_format(log, "%zu %s ", e->offset, verbs[e->kind]);
  put_names(log, e->value);
  bwi_buffer_text(log, "; ");
  return BW_OK;
}

typedef struct row {
  const char *name, *pickle;
  size_t size;
  const char *events;
  const char *fault; /* NULL: none */
  size_t fault_offset;
} row;

#define PICKLE(text) (text), sizeof(text) - 1

static void check_row(const row *r) {
  bwi_buffer log = {0};
  bwi_pickle_walk walk;
  const bwi_bytes bytes = {(const uint8_t *)r->pickle, r->size};
  bwi_buffer_text(&log, "");
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, NULL, note, &log, NULL), BW_OK);
  if (strcmp(log.data, r->events) != 0) fail_msg("%s: events %s, wanted %s", r->name, log.data, r->events);
  if (r->fault == NULL) {
    if (walk.fault.status != BW_OK) fail_msg("%s: fault %s", r->name, walk.fault.text);
    if (!walk.stopped || walk.end != r->size) fail_msg("%s: ends at %zu", r->name, walk.end);
  } else if (strstr(walk.fault.text, r->fault) == NULL || walk.fault.offset != r->fault_offset) {
    fail_msg("%s: fault \"%s\" at %lld", r->name, walk.fault.text, (long long)walk.fault.offset);
  }
  bwi_buffer_free(&log);
}

/* ---- what is imported and called ---- */

static void resolves_imports(void **state) {
  (void)state;
  static const row rows[] = {
      {"GLOBAL", PICKLE("cos\nsystem\n(S'ls'\ntR."), "0 imports os.system; 19 calls os.system; ", NULL, 0},
      {"INST", PICKLE("(S'ls'\nios\nsystem\n."), "7 imports os.system; 7 calls os.system; ", NULL, 0},
      {"OBJ", PICKLE("(cos\nsystem\nS'ls'\no."), "1 imports os.system; 18 calls os.system; ", NULL, 0},
      {"STACK_GLOBAL", PICKLE("\x80\x04\x8C\x02os\x8C\x06system\x93)R."),
       "14 imports os.system; 16 calls os.system; ", NULL, 0},
      {"NEWOBJ",
       PICKLE("\x80\x02"
              "ca\nb\n)\x81."),
       "2 imports a.b; 8 calls a.b; ", NULL, 0},
      {"NEWOBJ_EX",
       PICKLE("\x80\x04"
              "ca\nb\n)}\x92."),
       "2 imports a.b; 9 calls a.b; ", NULL, 0},
      {"names from the memo",
       PICKLE("\x80\x04\x8C\x02os\x94\x8C\x06system\x94"
              "00h\x00h\x01\x93."),
       "22 imports os.system; ", NULL, 0},
      {"MEMOIZE takes a place that PUT had",
       PICKLE("Vos\np2\n0Vsystem\np3\n0Vx\n\x94"
              "0g2\ng3\n\x93."),
       "31 imports x.system; ", NULL, 0},
      {"MEMOIZE counts places, not puts", PICKLE("Va\nq\x05q\x05\x94h\x01h\x05\x93."), "12 imports a.a; ",
       NULL, 0},
      {"escapes in UNICODE", PICKLE("V\\u006fs\nV\\U00000073ystem\n\x93."), "26 imports os.system; ", NULL,
       0},
      {"escapes in STRING", PICKLE("S'\\x6f\\163'\nS\"sy\\x73tem\"\n\x93."), "25 imports os.system; ", NULL,
       0},
      {"binary strings of Python 2", PICKLE("U\x02osT\x06\0\0\0system\x93."), "15 imports os.system; ", NULL,
       0},
      {"a dotted name",
       PICKLE("\x8C\x03"
              "bdb\x8C\x07"
              "Bdb.run\x93."),
       "14 imports bdb.Bdb.run; ", NULL, 0},
      {"DUP", PICKLE("Vtimeit\n2\x93."), "9 imports timeit.timeit; ", NULL, 0},
      {"POP takes a mark away", PICKLE("ca\nb\n(0)R."), "0 imports a.b; 8 calls a.b; ", NULL, 0},
      {"POP_MARK",
       PICKLE("ca\nb\n(K\x01K\x02"
              "1)R."),
       "0 imports a.b; 12 calls a.b; ", NULL, 0},
      {"a call of a result", PICKLE("ca\nb\n)R)R."), "0 imports a.b; 6 calls a.b; 8 calls made by a.b; ",
       NULL, 0},
      {"BUILD of a class itself", PICKLE("ca\nb\n}b."), "0 imports a.b; 6 changes a.b; ", NULL, 0},
      {"SETITEMS of a result", PICKLE("ca\nb\n)R(K\x01K\x02u."),
       "0 imports a.b; 6 calls a.b; 12 changes made by a.b; ", NULL, 0},
      {"lists and dicts",
       PICKLE("](K\x01K\x02"
              "e}K\x01K\x02s\x86."),
       "", NULL, 0},
      {"EXT2", PICKLE("\x80\x02\x83\x34\x12)R."), "2 extends 4660; 6 calls unknown; ", NULL, 0},
      {"PERSID", PICKLE("Pname\n."), "0 persists 'name'; ", NULL, 0},
      {"BINPERSID", PICKLE("(K\x01K\x02tQ."), "6 persists tuple of 2; ", NULL, 0},
      {"a long string",
       PICKLE("C\x08"
              "12345678."),
       "0 holds bytes; ", NULL, 0},
      {"numbers", PICKLE("I01\n0L123456789012345678901234567890L\n0F-1.5e3\n0Fnan\n."), "", NULL, 0},
      {"protocol 5", PICKLE("\x80\x05\x96\x02\0\0\0\0\0\0\0ab0\x97\x98."), "", NULL, 0},
  };
  for (size_t k = 0; k < COUNT(rows); k++) check_row(&rows[k]);
}

/* What stands before a fault has run; what stands behind it may run elsewhere. */
static void goes_on_behind_faults(void **state) {
  (void)state;
  static const row rows[] = {
      {"empty", PICKLE(""), "", "truncated", 0},
      {"an unknown opcode", PICKLE("cos\nsystem\n)R\xFF"), "0 imports os.system; 12 calls os.system; ",
       "0xff is no opcode", 13},
      {"a string longer than the file", PICKLE("cos\nsystem\n(X>\0\0\1"), "0 imports os.system; ",
       "BINUNICODE needs 16777278 bytes, 0 left", 17},
      {"a line without end", PICKLE("cos\nsystem"), "", "GLOBAL needs a line", 4},
      {"an empty memo", PICKLE("cos\nsystem\n)Rh\x07h\x08\x93."),
       "0 imports os.system; 12 calls os.system; 17 imports unknown; ", "BINGET: nothing was put", 13},
      {"an empty stack", PICKLE("Rcos\nsystem\n."), "0 calls unknown; 1 imports os.system; ",
       "REDUCE: the stack is empty", 0},
      {"no mark", PICKLE("tcos\nsystem\n."), "1 imports os.system; ", "TUPLE: there is no mark", 0},
      {"nothing above the mark", PICKLE("(o."), "1 calls unknown; ", "OBJ: there is no class", 1},
      {"a mark in between", PICKLE("K\x01(R."), "3 calls unknown; ", "REDUCE: the stack is empty", 3},
      {"names of bytes", PICKLE("C\x02osC\x01x\x93."), "7 imports unknown; ", "not named by text", 7},
      {"names of numbers", PICKLE("K\x01K\x02\x93."), "4 imports unknown; ", "not named by text", 4},
      {"a place that is no number", PICKLE("Va\np1_0\n."), "",
       "PUT: the place in the memo is no plain number", 3},
      {"a string without quotes", PICKLE("Sabc\n."), "", "STRING: a string without quotes", 0},
      {"a number that is none", PICKLE("Iten\n."), "", "INT: no number", 0},
      {"protocol 9", PICKLE("\x80\x09N."), "", "no protocol", 0},
  };
  for (size_t k = 0; k < COUNT(rows); k++) check_row(&rows[k]);
}

static void counts_what_expands(void **state) {
  (void)state;
  bwi_pickle_walk walk;
  static const char pickle[] =
      "]q\x01"
      "h\x01h\x01"
      "22.";
  assert_int_equal(bwi_pickle_run(&walk, (bwi_bytes){(const uint8_t *)pickle, sizeof pickle - 1}, 0, NULL,
                                  NULL, NULL, NULL),
                   BW_OK);
  assert_int_equal(walk.puts, 1);
  assert_int_equal(walk.gets, 2);
  assert_int_equal(walk.duplicates, 2);
  assert_int_equal(walk.opcodes, 7);
}

static void begins_where_it_is_told(void **state) {
  (void)state;
  bwi_pickle_walk walk;
  static const char two[] = "K\x01.K\x02.";
  const bwi_bytes bytes = {(const uint8_t *)two, sizeof two - 1};
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, NULL, NULL, NULL, NULL), BW_OK);
  assert_int_equal(walk.end, 3);
  assert_int_equal(bwi_pickle_run(&walk, bytes, 3, NULL, NULL, NULL, NULL), BW_OK);
  assert_int_equal(walk.end, 6);
  assert_true(walk.stopped);
}

static void keeps_its_limits(void **state) {
  (void)state;
  bwi_pickle_walk walk;
  static const char many[] = "NNNNNNNNNN.";
  const bwi_bytes bytes = {(const uint8_t *)many, sizeof many - 1};
  bwi_pickle_limits limits = bwi_pickle_default_limits();
  limits.max_opcodes = 5;
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, &limits, NULL, NULL, NULL), BW_OK);
  assert_int_equal(walk.fault.status, BW_ELIMIT);
  assert_false(walk.stopped);
  limits = (bwi_pickle_limits){100, 100};
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, &limits, NULL, NULL, NULL), BW_OK);
  assert_int_equal(walk.fault.status, BW_ELIMIT);
  assert_int_equal(walk.fault.offset, 0);
}

static bw_status refuse(void *payload, const bwi_pickle_event *e, bw_error *err) {
  (void)payload;
  return BW_FAIL_AT(err, BW_ECANCEL, e->offset, "enough");
}

static void ends_when_it_is_told(void **state) {
  (void)state;
  bwi_pickle_walk walk = {.end = 77};
  bw_error err;
  static const char pickle[] = "cos\nsystem\n.";
  const bwi_bytes bytes = {(const uint8_t *)pickle, sizeof pickle - 1};
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, NULL, refuse, NULL, &err), BW_ECANCEL);
  assert_int_equal(walk.end, 77);
}

/* A thousand memo entries, tuples, marks, and all of them found again. */
static bwi_bytes large_pickle(bwi_buffer *b) {
  for (int i = 0; i < 1000; i++) bwi_buffer_format(b, "(Vname%d\nK%cp%d\n", i, 1 + i % 100, 7 * i);
  for (int i = 0; i < 1000; i++) bwi_buffer_text(b, "t");
  for (int i = 0; i < 1000; i++) bwi_buffer_format(b, "g%d\n\x85", 7 * i);
  bwi_buffer_text(b, ".");
  return (bwi_bytes){(const uint8_t *)b->data, b->size};
}

static void walks_a_large_one(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_pickle_walk walk;
  const bwi_bytes bytes = large_pickle(&b);
  assert_int_equal(bwi_pickle_run(&walk, bytes, 0, NULL, NULL, NULL, NULL), BW_OK);
  if (walk.fault.status != BW_OK) fail_msg("%s", walk.fault.text);
  assert_int_equal(walk.end, bytes.size);
  assert_int_equal(walk.puts, 1000);
  bwi_buffer_free(&b);
}

static bw_status run_pickle(void *payload) {
  bwi_pickle_walk walk;
  return bwi_pickle_run(&walk, *(const bwi_bytes *)payload, 0, NULL, NULL, NULL, NULL);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_bytes bytes = large_pickle(&b);
  bytes.size = 3000;
  assert_true(sweep_allocations(run_pickle, &bytes) > 10);
  bwi_buffer_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resolves_imports),    cmocka_unit_test(goes_on_behind_faults),
      cmocka_unit_test(counts_what_expands), cmocka_unit_test(begins_where_it_is_told),
      cmocka_unit_test(keeps_its_limits),    cmocka_unit_test(ends_when_it_is_told),
      cmocka_unit_test(walks_a_large_one),   cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
