/* SPDX-License-Identifier: Apache-2.0 */
#include "log/lineage.h"

#include <stdlib.h>
#include <string.h>

bw_status bwi_lineage_add(bwi_lineage *lineage, bwi_event *event, bw_error *err) {
  if (lineage->n_events == lineage->events_capacity) {
    const size_t more = lineage->events_capacity == 0 ? 64 : 2 * lineage->events_capacity;
    bwi_event *events = bwi_realloc(lineage->events, lineage->events_capacity, more, sizeof *events);
    if (events == NULL) {
      bwi_event_clear(event);
      return BW_FAIL(err, BW_ENOMEM, "no memory for %zu events", more);
    }
    lineage->events = events;
    lineage->events_capacity = more;
  }
  lineage->events[lineage->n_events++] = *event;
  *event = (bwi_event){0};
  return BW_OK;
}

void bwi_lineage_clear(bwi_lineage *lineage) {
  for (size_t i = 0; i < lineage->n_events; i++) bwi_event_clear(&lineage->events[i]);
  bwi_free(lineage->events);
  bwi_free(lineage->mentions);
  bwi_free(lineage->starts);
  bwi_free(lineage->artifact_leads);
  bwi_free(lineage->event_leads);
  *lineage = (bwi_lineage){0};
}

/* ---- artifacts ---- */

/* By digest; what has none is what it is called. */
static int by_identity(const bwi_artifact *a, const bwi_artifact *b) {
  const int order = strcmp(a->digest, b->digest);
  return order != 0 || a->digest[0] != '\0' ? order : strcmp(a->name, b->name);
}

static int by_artifact(const void *a, const void *b) {
  const bwi_mention *x = a, *y = b;
  const int order = by_identity(&x->artifact, &y->artifact);
  return order != 0 ? order : (x->event > y->event) - (x->event < y->event);
}

static void mention(bwi_lineage *l, const bwi_artifact *artifacts, size_t count, size_t event,
                    bool as_subject) {
  for (size_t i = 0; i < count; i++)
    l->mentions[l->n_mentions++] = (bwi_mention){artifacts[i], event, as_subject};
}

static bw_status collect(bwi_lineage *l, bw_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < l->n_events; i++) n += l->events[i].n_subjects + l->events[i].n_materials;
  l->mentions = bwi_alloc(n, sizeof *l->mentions);
  l->starts = bwi_alloc(n + 1, sizeof *l->starts);
  l->artifact_leads = bwi_alloc(n, sizeof *l->artifact_leads);
  l->event_leads = bwi_alloc(l->n_events, sizeof *l->event_leads);
  if (l->mentions == NULL || l->starts == NULL || l->artifact_leads == NULL || l->event_leads == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for %zu artifacts", n);
  for (size_t i = 0; i < l->n_events; i++) {
    mention(l, l->events[i].subjects, l->events[i].n_subjects, i, true);
    mention(l, l->events[i].materials, l->events[i].n_materials, i, false);
  }
  if (n > 0) qsort(l->mentions, n, sizeof *l->mentions, by_artifact);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || by_identity(&l->mentions[i - 1].artifact, &l->mentions[i].artifact) != 0)
      l->starts[l->n_artifacts++] = i;
  l->starts[l->n_artifacts] = n;
  return BW_OK;
}

size_t bwi_lineage_find(const bwi_lineage *lineage, const bwi_artifact *artifact) {
  size_t lo = 0, hi = lineage->n_artifacts;
  while (lo < hi) {
    const size_t middle = lo + (hi - lo) / 2;
    if (by_identity(&lineage->mentions[lineage->starts[middle]].artifact, artifact) < 0)
      lo = middle + 1;
    else
      hi = middle;
  }
  const bool found = lo < lineage->n_artifacts &&
                     by_identity(&lineage->mentions[lineage->starts[lo]].artifact, artifact) == 0;
  return found ? lo : lineage->n_artifacts;
}

const char *bwi_lineage_name(const bwi_lineage *lineage, size_t artifact) {
  for (size_t i = lineage->starts[artifact]; i < lineage->starts[artifact + 1]; i++)
    if (lineage->mentions[i].artifact.name[0] != '\0') return lineage->mentions[i].artifact.name;
  return "";
}

size_t bwi_lineage_event_of(const bwi_lineage *lineage, size_t artifact, size_t k) {
  for (size_t i = lineage->starts[artifact]; i < lineage->starts[artifact + 1]; i++)
    if (lineage->mentions[i].as_subject && k-- == 0) return lineage->mentions[i].event;
  return lineage->n_events;
}

/* ---- tracing ---- */

/* From the artifact through its events to their materials, each artifact once. */
static bw_status follow(bwi_lineage *l, bw_error *err) {
  size_t n_waiting = 1;
  size_t *waiting = bwi_alloc(l->n_artifacts, sizeof *waiting);
  if (waiting == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu artifacts", l->n_artifacts);
  waiting[0] = l->root;
  l->artifact_leads[l->root] = true;
  while (n_waiting > 0) {
    const size_t artifact = waiting[--n_waiting];
    size_t event = 0;
    for (size_t k = 0; (event = bwi_lineage_event_of(l, artifact, k)) < l->n_events; k++) {
      if (l->event_leads[event]) continue;
      l->event_leads[event] = true;
      for (size_t m = 0; m < l->events[event].n_materials; m++) {
        const size_t next = bwi_lineage_find(l, &l->events[event].materials[m]);
        if (l->artifact_leads[next]) continue;
        l->artifact_leads[next] = true;
        waiting[n_waiting++] = next;
      }
    }
  }
  bwi_free(waiting);
  return BW_OK;
}

bw_status bwi_lineage_trace(bwi_lineage *lineage, const char *digest, bw_error *err) {
  BW_TRY(collect(lineage, err));
  lineage->root = bwi_lineage_find(lineage, &(bwi_artifact){"", digest});
  return lineage->root < lineage->n_artifacts ? follow(lineage, err) : BW_OK;
}
