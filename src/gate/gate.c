/* SPDX-License-Identifier: Apache-2.0 */
/* The record of what was inspected and found, and the way in. */
#include "gate/gate.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <errno.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/options.h"
#include "base/walk.h"

static const bw_gate_options standard = {.struct_size = sizeof(bw_gate_options),
                                         .values = 1,
                                         .max_weight = 1.8e19,
                                         .max_bytes = UINT64_C(16) << 30};

void bw_gate_options_init(bw_gate_options *options, size_t struct_size) {
  bwi_options_init(options, struct_size, &standard, sizeof standard);
  options->struct_size = struct_size;
}

bw_status bw_gate_create(bw_gate **out, const bw_gate_options *options, bw_error *err) {
  bw_gate_options own = standard;
  if (options != NULL) bwi_options_take(&own, sizeof own, options, options->struct_size);
  if (!(own.max_weight > 0)) return BW_FAIL(err, BW_EINVAL, "max_weight must be above 0");
  bw_gate *g = bwi_alloc(1, sizeof *g);
  if (g != NULL) g->texts = bwi_arena_create(0);
  if (g == NULL || g->texts == NULL) {
    bwi_free(g);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a gate");
  }
  g->options = own;
  *out = g;
  return BW_OK;
}

void bw_gate_free(bw_gate *gate) {
  if (gate == NULL) return;
  bwi_free(gate->files);
  bwi_free(gate->findings);
  bwi_order_free(&gate->known);
  bwi_arena_free(gate->texts);
  bwi_free(gate);
}

uint64_t bw_gate_file_count(const bw_gate *gate) {
  return gate->n_files;
}

const bw_gate_file *bw_gate_file_at(const bw_gate *gate, uint64_t i) {
  return &gate->files[i];
}

uint64_t bw_gate_finding_count(const bw_gate *gate) {
  return gate->n_findings;
}

const bw_gate_finding *bw_gate_finding_at(const bw_gate *gate, uint64_t i) {
  return &gate->findings[i];
}

/* ---- keeping ---- */

static const char *keep(bw_gate *g, const char *text) {
  if (text == NULL) return NULL;
  const size_t size = strlen(text) + 1;
  char *kept = bwi_arena_get(g->texts, size, 1);
  if (kept == NULL)
    g->out_of_memory = true;
  else
    memcpy(kept, text, size);
  return kept;
}

/* Room for one more item in a list of count of them. */
static void *grow(bw_gate *g, void *list, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return list;
  const size_t wide = *capacity == 0 ? 16 : 2 * *capacity;
  void *grown = bwi_realloc(list, *capacity, wide, size);
  if (grown == NULL)
    g->out_of_memory = true;
  else
    *capacity = wide;
  return grown;
}

typedef struct wanted {
  const bw_gate *gate;
  const bw_gate_rule *rule;
  const char *member, *symbol;
} wanted;

static int compare_texts(const char *a, const char *b) {
  if (a == NULL || b == NULL) return (a != NULL) - (b != NULL);
  return strcmp(a, b);
}

static int compare_finding(const void *payload, uint32_t item) {
  const wanted *w = payload;
  const bw_gate_finding *f = &w->gate->findings[item];
  if (w->rule != f->rule) return w->rule < f->rule ? -1 : 1;
  const int order = strcmp(w->symbol, f->symbol);
  return order != 0 ? order : compare_texts(w->member, f->member);
}

/* Whether the file has such a finding; if not, *at is its number among those known. */
static bool is_known(const bw_gate *g, const bwi_subject *s, const bw_gate_rule *rule, const char *symbol,
                     size_t *at) {
  const wanted w = {g, rule, s->member, symbol};
  return symbol != NULL && bwi_order_find(&g->known, compare_finding, &w, at);
}

static void add(bw_gate *g, const bwi_subject *s, bwi_rule number, uint64_t offset, const char *symbol,
                const char *text) {
  const bw_gate_rule *rule = bwi_rule_of(number);
  bw_gate_file *file = &g->files[g->n_files - 1];
  const bool note = rule->severity == BW_GATE_NOTE;
  const uint64_t have = note ? file->n_notes : file->n_findings;
  /* The last finding says that there are more; notes that are too many are just left out. */
  const uint64_t most = BWI_GATE_MAX_FINDINGS + (note ? 0 : 1);
  size_t at = 0;
  if (g->out_of_memory || have >= most || is_known(g, s, rule, symbol, &at)) return;
  if (have == BWI_GATE_MAX_FINDINGS) {
    rule = bwi_rule_of(BWI_RULE_LIMIT);
    symbol = NULL;
    text = "there are more findings, which are left out";
  }
  bw_gate_finding *findings = grow(g, g->findings, g->n_findings, &g->finding_capacity, sizeof *findings);
  if (findings == NULL) return;
  g->findings = findings;
  const bw_gate_finding finding = {file->path, keep(g, s->member), rule,
                                   offset,     keep(g, symbol),    keep(g, text)};
  if (symbol != NULL && !g->out_of_memory)
    g->out_of_memory = !bwi_order_insert(&g->known, at, (uint32_t)g->n_findings);
  if (g->out_of_memory) return;
  g->findings[g->n_findings++] = finding;
  *(note ? &file->n_notes : &file->n_findings) += 1;
}

static void add_formatted(bw_gate *g, const bwi_subject *s, bwi_rule rule, uint64_t offset,
                          const char *symbol, const char *format, va_list arguments) {
  char text[BW_ERROR_TEXT_BYTES];
  bw_error plain;
  if (vsnprintf(text, sizeof text, format, arguments) < 0) text[0] = '\0';
  (void)BW_FAIL(&plain, BW_EFORMAT, "%s", text); /* takes control characters out */
  add(g, s, rule, offset, symbol, plain.text);
}

void bwi_gate_find(bw_gate *g, const bwi_subject *s, bwi_rule rule, uint64_t offset, const char *format,
                   ...) {
  va_list arguments;
  va_start(arguments, format);
  add_formatted(g, s, rule, offset, NULL, format, arguments);
  va_end(arguments);
}

void bwi_gate_find_symbol(bw_gate *g, const bwi_subject *s, bwi_rule rule, uint64_t offset,
                          const char *symbol, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add_formatted(g, s, rule, offset, symbol, format, arguments);
  va_end(arguments);
}

bw_status bwi_gate_find_refusal(bw_gate *g, const bwi_subject *s, bw_status status, const bw_error *why,
                                bw_error *err) {
  switch (status) {
    case BW_OK: return BW_OK;
    case BW_EFORMAT: bwi_gate_find(g, s, BWI_RULE_MALFORMED, why->offset, "%s", why->text); return BW_OK;
    case BW_EUNSUPPORTED:
      bwi_gate_find(g, s, BWI_RULE_UNSUPPORTED, why->offset, "%s", why->text);
      return BW_OK;
    case BW_ELIMIT: bwi_gate_find(g, s, BWI_RULE_LIMIT, why->offset, "%s", why->text); return BW_OK;
    default: return BW_FAIL(err, status, "%s", why->text);
  }
}

/* ---- files ---- */

static bw_status begin_file(bw_gate *g, const char *path, bw_error *err) {
  const char *kept = keep(g, path);
  bw_gate_file *files = grow(g, g->files, g->n_files, &g->file_capacity, sizeof *files);
  if (files != NULL) g->files = files;
  if (files == NULL || kept == NULL) {
    g->out_of_memory = false;
    return BW_FAIL(err, BW_ENOMEM, "no memory to inspect %s", path);
  }
  files[g->n_files++] = (bw_gate_file){.path = kept};
  g->first_finding = g->n_findings;
  g->known.count = 0;
  g->bytes_left = g->options.max_bytes;
  g->members_left = BWI_GATE_MAX_MEMBERS;
  return BW_OK;
}

/* Enters how the inspection went; what memory could not hold is a failure of the call. */
static bw_status end_file(bw_gate *g, const bwi_subject *s, bw_status status, const bw_error *why,
                          bw_error *err) {
  bw_gate_file *file = &g->files[g->n_files - 1];
  file->bytes = s->size;
  file->status = status;
  if (status == BW_OK)
    file->type = s->type;
  else
    file->reason = keep(g, why->text);
  if (status != BW_ENOMEM && !g->out_of_memory) return BW_OK;
  g->out_of_memory = false;
  g->n_files--;
  g->n_findings = g->first_finding;
  return BW_FAIL(err, BW_ENOMEM, "no memory to inspect %s", s->path);
}

/* s->file is open, and closed here. */
static bw_status look_at_file(bw_gate *g, bwi_subject *s, bw_error *err) {
  struct stat before, after;
  bw_status status = BW_OK;
  if (fstat(s->file, &before) != 0)
    status = bwi_fail_system(err, "read", s->path, errno);
  else if (!S_ISREG(before.st_mode))
    status = BW_FAIL(err, BW_EIO, "cannot read %s: not a regular file", s->path);
  if (status == BW_OK) {
    s->size = (uint64_t)before.st_size;
    status = bwi_gate_look(g, s, err);
  }
  if (status == BW_OK && (fstat(s->file, &after) != 0 || after.st_size != before.st_size ||
                          after.st_mtime != before.st_mtime || after.st_ctime != before.st_ctime))
    status = BW_FAIL(err, BW_EIO, "cannot read %s: it changed while it was read", s->path);
  (void)close(s->file);
  bwi_free(s->owned);
  return status;
}

static bw_status inspect_file(bw_gate *g, const char *path, bw_error *err) {
  bwi_subject s = {.path = path};
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(begin_file(g, path, err));
  /* Without O_NONBLOCK a named pipe would hold us here before its kind can be asked. */
  s.file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const bw_status status =
      s.file < 0 ? bwi_fail_system(&why, "open", path, errno) : look_at_file(g, &s, &why);
  return end_file(g, &s, status, &why, err);
}

/* ---- folders ---- */

static bw_status inspect_entry(bw_gate *g, int root, const char *path, const bwi_walk_entry *entry,
                               bw_error *err) {
  bwi_subject s = {.path = path};
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  if (entry->kind == BWI_WALK_FOLDER) return BW_OK;
  BW_TRY(begin_file(g, path, err));
  bw_status status = BW_OK;
  if (entry->kind == BWI_WALK_FILE) {
    status = bwi_walk_open_below(&s.file, root, entry->path, &why);
    if (status == BW_OK) status = look_at_file(g, &s, &why);
  } else {
    s.type = "link or special file";
    bwi_gate_find(g, &s, BWI_RULE_SYMLINK, BW_NO_OFFSET, "a %s in the folder, which was not followed",
                  entry->kind == BWI_WALK_SYMLINK ? "symbolic link" : "device, pipe or socket");
  }
  return end_file(g, &s, status, &why, err);
}

static bw_status inspect_below(bw_gate *g, const char *path, int root, const bwi_walk *walk, bw_error *err) {
  bw_status status = BW_OK;
  bwi_buffer whole = {0};
  for (size_t i = 0; i < walk->count && status == BW_OK; i++) {
    whole.size = 0;
    bwi_buffer_format(&whole, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
                      walk->entries[i].path);
    status = whole.failed ? BW_FAIL(err, BW_ENOMEM, "no memory to inspect %s", path)
                          : inspect_entry(g, root, whole.data, &walk->entries[i], err);
  }
  bwi_buffer_free(&whole);
  return status;
}

static bw_status inspect_folder(bw_gate *g, const char *path, bw_error *err) {
  int root = -1;
  bwi_walk walk = {0};
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  bw_status status = bwi_walk_open_root(&root, path, &why);
  if (status == BW_OK) status = bwi_walk_below(&walk, root, NULL, NULL, &why);
  if (status == BW_OK) {
    status = inspect_below(g, path, root, &walk, err);
  } else { /* the folder itself is what could not be read */
    const bwi_subject s = {.path = path};
    const bw_status reason = status;
    status = begin_file(g, path, err);
    if (status == BW_OK) status = end_file(g, &s, reason, &why, err);
  }
  if (root >= 0) (void)close(root);
  bwi_walk_clear(&walk);
  return status;
}

bw_status bw_gate_inspect(bw_gate *gate, const char *path, bw_error *err) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return inspect_folder(gate, path, err);
  return inspect_file(gate, path, err);
}

bw_status bw_gate_inspect_bytes(bw_gate *gate, const char *name, const void *data, size_t size,
                                bw_error *err) {
  bwi_subject s = {.path = name, .file = -1, .size = size, .bytes = {data, size}};
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(begin_file(gate, name, err));
  return end_file(gate, &s, bwi_gate_look(gate, &s, &why), &why, err);
}
