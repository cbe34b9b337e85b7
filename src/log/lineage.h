/* SPDX-License-Identifier: Apache-2.0 */
/* What came from what: artifacts, and the events between them, as far as they lead to one artifact. */
#ifndef LOG_LINEAGE_H
#define LOG_LINEAGE_H

#include "base/buffer.h"
#include "log/event.h"

/* Somewhere an event names an artifact. */
typedef struct bwi_mention {
  bwi_artifact artifact;
  size_t event;
  bool as_subject;
} bwi_mention;

typedef struct bwi_lineage {
  bwi_event *events; /* all of the log, by number; cleared with the lineage */
  size_t n_events, events_capacity;
  bwi_mention *mentions; /* those of one artifact side by side */
  size_t n_mentions;
  size_t *starts; /* the first mention of each artifact, and their number at the end */
  size_t n_artifacts;
  size_t root;                        /* the artifact that is asked about; n_artifacts: it is not known */
  bool *artifact_leads, *event_leads; /* whether it leads there */
} bwi_lineage;

/* Takes the event over, also on failure. BW_ENOMEM. */
bw_status bwi_lineage_add(bwi_lineage *lineage, bwi_event *event, bw_error *err);
/* When all are added: what leads to the artifact with that digest. BW_ENOMEM. */
bw_status bwi_lineage_trace(bwi_lineage *lineage, const char *digest, bw_error *err);
void bwi_lineage_clear(bwi_lineage *lineage);

/* The artifact of a subject or material; n_artifacts if no event names it. */
size_t bwi_lineage_find(const bwi_lineage *lineage, const bwi_artifact *artifact);
/* As it is called where it is named first. */
const char *bwi_lineage_name(const bwi_lineage *lineage, size_t artifact);
/* Event k of those whose subject it is; n_events past the last. */
size_t bwi_lineage_event_of(const bwi_lineage *lineage, size_t artifact, size_t k);

/* Of a root that is known. */
void bwi_lineage_write_tree(bwi_buffer *out, const bwi_lineage *lineage);
void bwi_lineage_write_json(bwi_buffer *out, const bwi_lineage *lineage);
void bwi_lineage_write_dot(bwi_buffer *out, const bwi_lineage *lineage); /* Graphviz */

#endif
