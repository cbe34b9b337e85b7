/* SPDX-License-Identifier: Apache-2.0 */
/* A lineage as a tree for people, as JSON, and as a graph. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "log/lineage.h"

/* ---- tree ---- */

enum { MAX_DEPTH = 64, SHORT_DIGEST = 12 };

/* An artifact, whose children are its events, or an event, whose children are its materials. */
typedef struct frame {
  bool is_event;
  size_t id, next_child;
} frame;

typedef struct tree {
  bwi_buffer *out;
  const bwi_lineage *l;
  bool *told; /* artifacts that were followed already */
  frame frames[MAX_DEPTH];
  bool is_last[MAX_DEPTH];
  size_t depth;
} tree;

static bool child_of(frame *child, const tree *t, const frame *f) {
  const bwi_lineage *l = t->l;
  if (f->is_event) {
    if (f->next_child >= l->events[f->id].n_materials) return false;
    *child = (frame){false, bwi_lineage_find(l, &l->events[f->id].materials[f->next_child]), 0};
    return true;
  }
  *child = (frame){true, bwi_lineage_event_of(l, f->id, f->next_child), 0};
  return child->id < l->n_events;
}

static void put_event(bwi_buffer *out, const bwi_lineage *l, size_t event) {
  const bwi_event *e = &l->events[event];
  bwi_buffer_plain(out, e->what);
  bwi_buffer_format(out, " #%zu", event);
  if (e->time[0] != '\0') {
    bwi_buffer_text(out, "  ");
    bwi_buffer_plain(out, e->time);
  }
  if (e->by[0] != '\0') {
    bwi_buffer_text(out, "  by ");
    bwi_buffer_plain(out, e->by);
  }
}

static void put_artifact(bwi_buffer *out, const bwi_lineage *l, size_t artifact) {
  const char *name = bwi_lineage_name(l, artifact),
             *digest = l->mentions[l->starts[artifact]].artifact.digest;
  bwi_buffer_plain(out, name);
  if (digest[0] != '\0')
    bwi_buffer_format(out, "%ssha256:%.*s", name[0] != '\0' ? "  " : "", SHORT_DIGEST, digest);
}

static void put_line(tree *t, const frame *f, bool seen) {
  for (size_t i = 1; i < t->depth; i++) bwi_buffer_text(t->out, t->is_last[i] ? "   " : "│  ");
  if (t->depth > 0) bwi_buffer_text(t->out, t->is_last[t->depth] ? "└─ " : "├─ ");
  if (f->is_event)
    put_event(t->out, t->l, f->id);
  else
    put_artifact(t->out, t->l, f->id);
  bwi_buffer_text(t->out, seen ? "  (see above)\n" : "\n");
}

/* Puts the frame's line; what was followed before, or lies too deep, is not followed again. */
static bool enter(tree *t, frame f) {
  frame child;
  const bool seen = !f.is_event && t->told[f.id] && child_of(&child, t, &f);
  put_line(t, &f, seen);
  if (!f.is_event) t->told[f.id] = true;
  t->frames[t->depth] = f;
  return !seen && t->depth + 1 < MAX_DEPTH;
}

static void walk(tree *t) {
  if (!enter(t, (frame){false, t->l->root, 0})) return;
  for (;;) {
    frame *f = &t->frames[t->depth], child, after;
    if (!child_of(&child, t, f)) {
      if (t->depth-- == 0) return;
      continue;
    }
    f->next_child++;
    t->is_last[++t->depth] = !child_of(&after, t, f);
    if (!enter(t, child)) t->depth--;
  }
}

void bwi_lineage_write_tree(bwi_buffer *out, const bwi_lineage *lineage) {
  tree t = {.out = out, .l = lineage, .told = bwi_alloc(lineage->n_artifacts, sizeof *t.told)};
  if (t.told == NULL)
    out->failed = true;
  else
    walk(&t);
  bwi_free(t.told);
}

/* ---- JSON ---- */

static void put_events_of(bwi_json_writer *w, const bwi_lineage *l, size_t artifact) {
  size_t event = 0;
  bwi_json_key(w, "events");
  bwi_json_open(w, '[');
  for (size_t k = 0; (event = bwi_lineage_event_of(l, artifact, k)) < l->n_events; k++)
    bwi_json_int(w, (int64_t)event);
  bwi_json_close(w, ']');
}

void bwi_lineage_write_json(bwi_buffer *out, const bwi_lineage *lineage) {
  const bwi_lineage *l = lineage;
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "of", l->mentions[l->starts[l->root]].artifact.digest);
  bwi_json_key(&w, "artifacts");
  bwi_json_open(&w, '[');
  for (size_t i = 0; i < l->n_artifacts; i++) {
    if (!l->artifact_leads[i]) continue;
    const char *digest = l->mentions[l->starts[i]].artifact.digest;
    bwi_json_open(&w, '{');
    bwi_json_text(&w, "name", bwi_lineage_name(l, i));
    if (digest[0] != '\0') bwi_json_text(&w, "sha256", digest);
    put_events_of(&w, l, i);
    bwi_json_close(&w, '}');
  }
  bwi_json_close(&w, ']');
  bwi_json_key(&w, "events");
  bwi_json_open(&w, '[');
  for (size_t i = 0; i < l->n_events; i++)
    if (l->event_leads[i]) bwi_event_put_json(&w, i, &l->events[i]);
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}

/* ---- Graphviz ---- */

/* In quotes. */
static void put_quoted(bwi_buffer *out, const char *text) {
  bwi_buffer plain = {0};
  bwi_buffer_plain(&plain, text);
  if (plain.failed) out->failed = true;
  for (size_t i = 0; i < plain.size; i++) {
    if (plain.data[i] == '"' || plain.data[i] == '\\') bwi_buffer_text(out, "\\");
    bwi_buffer_put(out, &plain.data[i], 1);
  }
  bwi_buffer_free(&plain);
}

static void put_nodes(bwi_buffer *out, const bwi_lineage *l) {
  for (size_t i = 0; i < l->n_artifacts; i++) {
    if (!l->artifact_leads[i]) continue;
    bwi_buffer_format(out, "  a%zu [shape=box, label=\"", i);
    put_quoted(out, bwi_lineage_name(l, i));
    bwi_buffer_format(out, "\\n%.*s\"];\n", SHORT_DIGEST, l->mentions[l->starts[i]].artifact.digest);
  }
  for (size_t i = 0; i < l->n_events; i++) {
    if (!l->event_leads[i]) continue;
    bwi_buffer_format(out, "  e%zu [shape=ellipse, label=\"", i);
    put_quoted(out, l->events[i].what);
    bwi_buffer_format(out, " #%zu\"];\n", i);
  }
}

void bwi_lineage_write_dot(bwi_buffer *out, const bwi_lineage *lineage) {
  const bwi_lineage *l = lineage;
  bwi_buffer_text(out, "digraph lineage {\n  rankdir=LR;\n");
  put_nodes(out, l);
  for (size_t i = 0; i < l->n_events; i++) {
    if (!l->event_leads[i]) continue;
    for (size_t m = 0; m < l->events[i].n_materials; m++)
      bwi_buffer_format(out, "  a%zu -> e%zu;\n", bwi_lineage_find(l, &l->events[i].materials[m]), i);
    for (size_t s = 0; s < l->events[i].n_subjects; s++) {
      const size_t subject = bwi_lineage_find(l, &l->events[i].subjects[s]);
      if (l->artifact_leads[subject]) bwi_buffer_format(out, "  e%zu -> a%zu;\n", i, subject);
    }
  }
  bwi_buffer_text(out, "}\n");
}
