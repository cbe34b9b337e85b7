/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/json.h"
#include "log/event.h"

bool bwi_time_text(char out[BWI_TIME_BYTES], int64_t seconds) {
  const time_t when = (time_t)seconds;
  struct tm parts;
  return gmtime_r(&when, &parts) != NULL && strftime(out, BWI_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0;
}

void bwi_event_put_artifacts(bwi_json_writer *w, const char *key, const bwi_artifact *artifacts,
                             size_t count) {
  bwi_json_key(w, key);
  bwi_json_open(w, '[');
  for (size_t i = 0; i < count; i++) {
    bwi_json_open(w, '{');
    bwi_json_text(w, "name", artifacts[i].name);
    if (artifacts[i].digest[0] != '\0') {
      bwi_json_key(w, "digest");
      bwi_json_open(w, '{');
      bwi_json_text(w, "sha256", artifacts[i].digest);
      bwi_json_close(w, '}');
    }
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

static void put_parameters(bwi_json_writer *w, const bwi_event *event) {
  bwi_json_key(w, "parameters");
  bwi_json_open(w, '{');
  for (size_t i = 0; i < event->n_parameters; i++)
    bwi_json_text(w, event->parameters[i].name, event->parameters[i].value);
  bwi_json_close(w, '}');
}

static void put_predicate(bwi_json_writer *w, const bwi_event *event) {
  bwi_json_key(w, "predicate");
  bwi_json_open(w, '{');
  bwi_json_text(w, "event", event->what);
  bwi_json_text(w, "time", event->time);
  bwi_json_text(w, "by", event->by);
  bwi_event_put_artifacts(w, "materials", event->materials, event->n_materials);
  put_parameters(w, event);
  bwi_json_close(w, '}');
}

bw_status bwi_event_write(bwi_buffer *out, const bwi_event *event, bw_error *err) {
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "_type", BWI_STATEMENT_TYPE);
  bwi_event_put_artifacts(&w, "subject", event->subjects, event->n_subjects);
  bwi_json_text(&w, "predicateType", BWI_EVENT_TYPE);
  put_predicate(&w, event);
  bwi_json_close(&w, '}');
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for an event") : BW_OK;
}

/* ---- as a result ---- */

static void put_list(bwi_json_writer *w, const char *key, const bwi_artifact *artifacts, size_t count) {
  bwi_json_key(w, key);
  bwi_json_open(w, '[');
  for (size_t i = 0; i < count; i++) {
    bwi_json_open(w, '{');
    bwi_json_text(w, "name", artifacts[i].name);
    if (artifacts[i].digest[0] != '\0') bwi_json_text(w, "sha256", artifacts[i].digest);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

void bwi_event_put_json(bwi_json_writer *w, uint64_t index, const bwi_event *e) {
  bwi_json_open(w, '{');
  bwi_json_key(w, "index");
  bwi_json_int(w, (int64_t)index);
  bwi_json_text(w, "event", e->what);
  bwi_json_text(w, "type", e->type);
  bwi_json_text(w, "time", e->time);
  bwi_json_text(w, "by", e->by);
  put_list(w, "subjects", e->subjects, e->n_subjects);
  put_list(w, "materials", e->materials, e->n_materials);
  put_parameters(w, e);
  bwi_json_close(w, '}');
}
