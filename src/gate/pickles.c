/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/pickles.h"

#include <stdio.h>
#include <string.h>

#include "format/pickle_opcodes.h"
#include "base/utf8.h"
#include "gate/formats.h"
#include "gate/imports.h"

/* Walked to find where a pickle may begin, besides as many as the subject has. */
#define TRIALS_BYTES ((uint64_t)64 << 20)
#define TRIAL_COST 64 /* of one, in bytes */
#define TRIAL_OPCODES 4096
#define TRIAL_MEMORY ((size_t)1 << 20)
#define SYMBOL_BYTES 160
#define MANY_DUPLICATES 100
#define MANY_GETS 1000 /* and 50 times as many as puts */

static bool is_identifier(bwi_bytes name) {
  for (size_t i = 0; i < name.size; i++) {
    const uint8_t c = name.data[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && c != '.' && !(i > 0 && c >= '0' && c <= '9')) return false;
  }
  return name.size > 0;
}

/* ---- trials: is this a pickle? ---- */

typedef struct trial {
  bwi_pickle_walk walk;
  uint64_t imports, dangers, calls; /* imports: of what can be a name */
} trial;

static bw_status count_event(void *payload, const bwi_pickle_event *e, bw_error *err) {
  trial *t = payload;
  (void)err;
  if (e->unreached) return BW_OK; /* words of a text are opcodes, too */
  if (e->kind == BWI_PICKLE_CALLS) t->calls += t->imports > 0;
  if (e->kind != BWI_PICKLE_IMPORTS || e->value->kind != BWI_PICKLE_GLOBAL) return BW_OK;
  if (!is_identifier(e->value->text) || !is_identifier(e->value->name)) return BW_OK;
  t->imports++;
  t->dangers += bwi_import_is_dangerous(e->value->text, e->value->name);
  return BW_OK;
}

/* Without memory nothing is known, and the inspection of the file fails in the end. */
static void try_at(trial *t, const bwi_subject *s, bwi_bytes bytes, size_t start) {
  const bwi_pickle_limits limits = {TRIAL_OPCODES, TRIAL_MEMORY};
  *t = (trial){.walk = {.end = start}};
  if (bwi_pickle_run(&t->walk, bytes, start, &limits, count_event, t, NULL) != BW_OK)
    *s->out_of_memory = true;
}

static bool has_protocol(bwi_bytes bytes, size_t start) {
  return bytes.size - start >= 2 && bytes.data[start] == 0x80 && bytes.data[start + 1] <= 5;
}

/* Whether the walk ended only because the bytes did, or the trial's patience. */
static bool ran_on(const trial *t, bwi_bytes bytes) {
  if (t->walk.fault.status == BW_ELIMIT) return true;
  const bool at_end = t->walk.end == bytes.size || bwi_pickle_opcode_of(bytes.data[t->walk.end]) != NULL;
  return at_end && t->walk.fault.offset != BW_NO_OFFSET && t->walk.fault.offset >= t->walk.end;
}

bool bwi_is_pickle(const bwi_subject *s) {
  trial t;
  if (s->bytes.size == 0) return false;
  if (s->bytes.size > 2 && has_protocol(s->bytes, 0) && s->bytes.data[1] >= 2) return true;
  try_at(&t, s, s->bytes, 0);
  const bool hinted = bwi_subject_ends_in(s, ".pkl .pickle .pt .pth .bin .ckpt .joblib .dill");
  if (t.dangers > 0 || t.calls > 0 || (t.imports > 0 && hinted)) return true;
  if (t.walk.stopped && t.walk.fault.status == BW_OK) return t.walk.end == s->size;
  const bool unfinished = t.walk.fault.status == BW_ELIMIT || s->size > s->bytes.size;
  return unfinished && t.walk.opcodes >= 16 && ran_on(&t, s->bytes);
}

bool bwi_hides_pickle(const bwi_subject *s) {
  trial t;
  if (s->bytes.size == 0) return false;
  try_at(&t, s, s->bytes, 0);
  return t.dangers > 0 || t.calls > 0 || t.walk.fault.status == BW_ELIMIT;
}

/* Behind a pickle or a fault, where anything may stand. Takes what it costs out of *budget_bytes. */
static bool is_pickle_at(const bwi_subject *s, size_t start, uint64_t *budget_bytes) {
  trial t;
  try_at(&t, s, s->bytes, start);
  const uint64_t cost = t.walk.end - start + TRIAL_COST;
  *budget_bytes -= cost < *budget_bytes ? cost : *budget_bytes;
  const bool clean_stop = t.walk.stopped && t.walk.fault.status == BW_OK && t.walk.opcodes >= 2;
  return clean_stop || t.dangers > 0 || t.calls > 0;
}

/* ---- what is found in one ---- */

typedef struct finder {
  bw_gate *g;
  const bwi_subject *s;
  bwi_storages *storages;
} finder;

static const char *symbol_of(char text[SYMBOL_BYTES], const bwi_pickle_value *v) {
  (void)snprintf(text, SYMBOL_BYTES, "%.*s.%.*s", (int)(v->text.size < 80 ? v->text.size : 80),
                 (const char *)v->text.data, (int)(v->name.size < 70 ? v->name.size : 70),
                 (const char *)v->name.data);
  bwi_utf8_make_plain(text);
  return text;
}

static void find_import(finder *f, const bwi_pickle_event *e) {
  char text[SYMBOL_BYTES];
  const bwi_pickle_value *v = e->value;
  if (v->kind != BWI_PICKLE_GLOBAL) {
    bwi_gate_find(f->g, f->s, BWI_RULE_PICKLE_UNRESOLVED, e->offset, "%s imports what cannot be told",
                  e->opcode);
    return;
  }
  if (bwi_import_allowed(v->text, v->name) != NULL) return;
  const bool dangerous = bwi_import_is_dangerous(v->text, v->name);
  bwi_gate_find_symbol(f->g, f->s, dangerous ? BWI_RULE_PICKLE_DANGEROUS : BWI_RULE_PICKLE_IMPORT, e->offset,
                       symbol_of(text, v), "%s imports %s", e->opcode, symbol_of(text, v));
}

/* Calls of imports that are not allowed are left out: the import is found already. */
static void find_call(finder *f, const bwi_pickle_event *e) {
  char text[SYMBOL_BYTES] = "";
  const bwi_pickle_value *v = e->value;
  const bool named = v->text.data != NULL && (v->kind == BWI_PICKLE_GLOBAL || v->kind == BWI_PICKLE_MADE);
  const bwi_allowed_import *known = named ? bwi_import_allowed(v->text, v->name) : NULL;
  if (named && known == NULL) return;
  if (v->kind == BWI_PICKLE_GLOBAL && known != NULL && known->callable) return;
  if (named) (void)symbol_of(text, v);
  bwi_gate_find_symbol(f->g, f->s, BWI_RULE_PICKLE_CALL, e->offset, named ? text : NULL, "%s calls %s%s",
                       e->opcode,
                       v->kind == BWI_PICKLE_GLOBAL ? ""
                       : named                      ? "the result of "
                                                    : "something that is no import",
                       text);
}

static void find_change(finder *f, const bwi_pickle_event *e) {
  char text[SYMBOL_BYTES];
  const bwi_pickle_value *v = e->value;
  if (v->kind == BWI_PICKLE_GLOBAL)
    bwi_gate_find_symbol(f->g, f->s, BWI_RULE_PICKLE_CALL, e->offset, symbol_of(text, v),
                         "%s changes %s itself, for everything that uses it", e->opcode, symbol_of(text, v));
  else if (v->kind == BWI_PICKLE_UNKNOWN || (v->kind == BWI_PICKLE_MADE && v->text.data == NULL))
    bwi_gate_find(f->g, f->s, BWI_RULE_PICKLE_CALL, e->offset, "%s changes something that is no known object",
                  e->opcode);
}

static bw_status find_persistent(finder *f, const bwi_pickle_event *e, bw_error *err) {
  switch (bwi_storages_add(f->storages, e->value)) {
    case BWI_STORAGE_KEPT: break;
    case BWI_STORAGE_NOT_ONE:
      bwi_gate_find(f->g, f->s, BWI_RULE_PICKLE_PERSISTENT, e->offset,
                    "%s has an id that is no storage of PyTorch, or one of two sizes", e->opcode);
      break;
    case BWI_STORAGE_NO_MEMORY:
      return BW_FAIL(err, BW_ENOMEM, "no memory for the storages of %s", f->s->path);
  }
  return BW_OK;
}

static void find_nested(finder *f, const bwi_pickle_event *e) {
  trial t;
  try_at(&t, f->s, e->value->text, 0);
  if (t.dangers > 0)
    bwi_gate_find(f->g, f->s, BWI_RULE_PICKLE_NESTED, e->offset,
                  "%s holds a pickle that imports what runs code, programs or files", e->opcode);
}

static bw_status find(void *payload, const bwi_pickle_event *e, bw_error *err) {
  finder *f = payload;
  switch (e->kind) {
    case BWI_PICKLE_IMPORTS: find_import(f, e); break;
    case BWI_PICKLE_CALLS: find_call(f, e); break;
    case BWI_PICKLE_CHANGES: find_change(f, e); break;
    case BWI_PICKLE_PERSISTS: return find_persistent(f, e, err);
    case BWI_PICKLE_EXTENDS:
      bwi_gate_find(f->g, f->s, BWI_RULE_PICKLE_EXTENSION, e->offset, "%s imports what code %lld stands for",
                    e->opcode, (long long)e->value->number);
      break;
    case BWI_PICKLE_HOLDS: find_nested(f, e); break;
  }
  return BW_OK;
}

bw_status bwi_gate_pickle_at(bw_gate *g, const bwi_subject *s, size_t start, bwi_storages *storages,
                             size_t *end, bool *stopped, bw_error *err) {
  finder f = {g, s, storages};
  bwi_pickle_walk walk;
  BW_TRY(bwi_pickle_run(&walk, s->bytes, start, NULL, find, &f, err));
  if (walk.fault.status != BW_OK)
    bwi_gate_find(g, s, walk.fault.status == BW_ELIMIT ? BWI_RULE_LIMIT : BWI_RULE_PICKLE_BROKEN,
                  walk.fault.offset, "%s", walk.fault.text);
  if (walk.duplicates > MANY_DUPLICATES || (walk.gets > MANY_GETS && walk.gets / 50 > walk.puts))
    bwi_gate_find(g, s, BWI_RULE_PICKLE_EXPANSION, start, "%llu DUP, %llu GET for %llu PUT",
                  (unsigned long long)walk.duplicates, (unsigned long long)walk.gets,
                  (unsigned long long)walk.puts);
  *end = walk.end;
  *stopped = walk.stopped;
  return BW_OK;
}

/* The next place where a pickle begins, or the end of the bytes. */
static size_t next_pickle(const bwi_subject *s, size_t at, uint64_t *budget_bytes) {
  const bwi_bytes bytes = s->bytes;
  while (*budget_bytes > 0 && at < bytes.size) {
    const uint8_t *found = memchr(bytes.data + at, 0x80, bytes.size - at);
    if (found == NULL) break;
    at = (size_t)(found - bytes.data);
    if (has_protocol(bytes, at) && is_pickle_at(s, at, budget_bytes)) return at;
    at++;
  }
  return bytes.size;
}

bw_status bwi_gate_pickles(bw_gate *g, const bwi_subject *s, size_t start, bwi_storages *storages,
                           bw_error *err) {
  size_t at = start, end = start;
  uint64_t budget_bytes = TRIALS_BYTES + s->bytes.size;
  bool stopped = true;
  while (at < s->bytes.size) {
    BW_TRY(bwi_gate_pickle_at(g, s, at, storages, &end, &stopped, err));
    at = end;
    if (stopped && at < s->bytes.size && is_pickle_at(s, at, &budget_bytes)) continue;
    if (stopped && at < s->bytes.size)
      bwi_gate_find(g, s, BWI_RULE_PICKLE_BROKEN, at, "%zu bytes stand behind the pickle and are none",
                    s->bytes.size - at);
    at = next_pickle(s, at, &budget_bytes);
  }
  if (budget_bytes == 0)
    bwi_gate_find(g, s, BWI_RULE_LIMIT, end, "too many places where a pickle may begin; not all were tried");
  return BW_OK;
}
