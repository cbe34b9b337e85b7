/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to data and models: in-toto Statements v1 (github.com/in-toto/attestation) whose subjects
 * came from materials. The predicate is our own, BWI_EVENT_TYPE; of SLSA provenance and of OpenSSF Model
 * Signing the materials are read too, and any other statement is an event without materials. */
#ifndef LOG_EVENT_H
#define LOG_EVENT_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/json.h"
#include "base/memory.h"

#define BWI_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define BWI_EVENT_TYPE "urn:bulwark:event:v1"
#define BWI_EVENT_MAX_NODES 16384 /* JSON values of a statement */

typedef struct bwi_artifact {
  const char *name;   /* a path, a URI, or "" */
  const char *digest; /* SHA-256 in 64 lower-case digits, or "" where none is known */
} bwi_artifact;

typedef struct bwi_parameter {
  const char *name, *value;
} bwi_parameter;

typedef struct bwi_event {
  bwi_arena *arena;      /* holds what was read; NULL in one to be written */
  const char *type;      /* of the predicate */
  const char *what;      /* "train"; of a foreign predicate its type */
  const char *time, *by; /* RFC 3339; who; "" where unknown */
  const bwi_artifact *subjects, *materials;
  size_t n_subjects, n_materials;
  const bwi_parameter *parameters;
  size_t n_parameters;
} bwi_event;

#define BWI_TIME_BYTES 32
/* RFC 3339, in UTC; false if the time is in no year. */
bool bwi_time_text(char out[BWI_TIME_BYTES], int64_t seconds);

/* A member with a list of in-toto's resource descriptors. */
void bwi_event_put_artifacts(bwi_json_writer *w, const char *key, const bwi_artifact *artifacts,
                             size_t count);
/* As one object, for results: {"index", "event", ...}. */
void bwi_event_put_json(bwi_json_writer *w, uint64_t index, const bwi_event *event);

/* The statement, with our own predicate. BW_ENOMEM. */
bw_status bwi_event_write(bwi_buffer *out, const bwi_event *event, bw_error *err);

/* Reads a statement. *out is cleared by bwi_event_clear. BW_EFORMAT with the offset; BW_EUNSUPPORTED: no
 * in-toto Statement v1; BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_event_read(bwi_event *out, bwi_bytes statement, bw_error *err);
void bwi_event_clear(bwi_event *event);

#endif
