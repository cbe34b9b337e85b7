/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "log/croissant.h"

/* The context that the specification wants (version 1.1, appendix), whole: readers compare it. */
static const struct term {
  const char *name, *id, *type;
} context[] = {
    {"@language", "en", NULL},
    {"@vocab", "https://schema.org/", NULL},
    {"citeAs", "cr:citeAs", NULL},
    {"column", "cr:column", NULL},
    {"conformsTo", "dct:conformsTo", NULL},
    {"cr", "http://mlcommons.org/croissant/", NULL},
    {"rai", "http://mlcommons.org/croissant/RAI/", NULL},
    {"data", "cr:data", "@json"},
    {"dataType", "cr:dataType", "@vocab"},
    {"dct", "http://purl.org/dc/terms/", NULL},
    {"equivalentProperty", "cr:equivalentProperty", NULL},
    {"examples", "cr:examples", "@json"},
    {"extract", "cr:extract", NULL},
    {"field", "cr:field", NULL},
    {"fileProperty", "cr:fileProperty", NULL},
    {"fileObject", "cr:fileObject", NULL},
    {"fileSet", "cr:fileSet", NULL},
    {"format", "cr:format", NULL},
    {"includes", "cr:includes", NULL},
    {"isLiveDataset", "cr:isLiveDataset", NULL},
    {"jsonPath", "cr:jsonPath", NULL},
    {"key", "cr:key", NULL},
    {"md5", "cr:md5", NULL},
    {"parentField", "cr:parentField", NULL},
    {"path", "cr:path", NULL},
    {"prov", "http://www.w3.org/ns/prov#", NULL},
    {"recordSet", "cr:recordSet", NULL},
    {"references", "cr:references", NULL},
    {"regex", "cr:regex", NULL},
    {"repeated", "cr:repeated", NULL},
    {"replace", "cr:replace", NULL},
    {"samplingRate", "cr:samplingRate", NULL},
    {"sc", "https://schema.org/", NULL},
    {"separator", "cr:separator", NULL},
    {"source", "cr:source", NULL},
    {"subField", "cr:subField", NULL},
    {"transform", "cr:transform", NULL},
};

static void put_term(bwi_json_writer *w, const struct term *term) {
  if (term->type == NULL) {
    bwi_json_text(w, term->name, term->id);
    return;
  }
  bwi_json_key(w, term->name);
  bwi_json_open(w, '{');
  bwi_json_text(w, "@id", term->id);
  bwi_json_text(w, "@type", term->type);
  bwi_json_close(w, '}');
}

static void put_context(bwi_json_writer *w) {
  bwi_json_key(w, "@context");
  bwi_json_open(w, '{');
  for (size_t i = 0; i < sizeof context / sizeof *context; i++) put_term(w, &context[i]);
  bwi_json_close(w, '}');
}

static const char *parameter(const bwi_event *event, const char *name) {
  for (size_t i = 0; i < event->n_parameters; i++)
    if (strcmp(event->parameters[i].name, name) == 0) return event->parameters[i].value;
  return NULL;
}

/* The value of "<name> <file>". */
static const char *file_parameter(const bwi_event *event, const char *name, const char *file) {
  const size_t n = strlen(name);
  for (size_t i = 0; i < event->n_parameters; i++) {
    const char *whole = event->parameters[i].name;
    if (strncmp(whole, name, n) == 0 && whole[n] == ' ' && strcmp(whole + n + 1, file) == 0)
      return event->parameters[i].value;
  }
  return NULL;
}

static void put_about(bwi_json_writer *w, const bwi_event *event) {
  if (parameter(event, "name") == NULL) bwi_json_text(w, "name", event->subjects[0].name);
  for (const char *const *name = bwi_croissant_about; *name != NULL; name++)
    if (parameter(event, *name) != NULL) bwi_json_text(w, *name, parameter(event, *name));
}

static void put_file(bwi_json_writer *w, const bwi_event *event, const bwi_artifact *file) {
  const char *url = file_parameter(event, "contentUrl", file->name);
  const char *format = file_parameter(event, "encodingFormat", file->name);
  bwi_json_open(w, '{');
  bwi_json_text(w, "@type", "cr:FileObject");
  bwi_json_text(w, "@id", file->name);
  bwi_json_text(w, "name", file->name);
  bwi_json_text(w, "contentUrl", url != NULL ? url : file->name);
  bwi_json_text(w, "encodingFormat", format != NULL ? format : "application/octet-stream");
  if (file->digest[0] != '\0') bwi_json_text(w, "sha256", file->digest);
  bwi_json_close(w, '}');
}

static void put_sources(bwi_json_writer *w, const bwi_event *event) {
  if (event->n_materials == 0) return;
  bwi_json_key(w, "prov:wasDerivedFrom");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < event->n_materials; i++) {
    bwi_json_open(w, '{');
    bwi_json_text(w, "name", event->materials[i].name);
    if (event->materials[i].digest[0] != '\0') bwi_json_text(w, "sha256", event->materials[i].digest);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

bw_status bwi_croissant_write(bwi_buffer *out, const bwi_event *event, bw_error *err) {
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  put_context(&w);
  bwi_json_text(&w, "@type", "sc:Dataset");
  bwi_json_text(&w, "conformsTo", "http://mlcommons.org/croissant/1.1");
  put_about(&w, event);
  bwi_json_key(&w, "distribution");
  bwi_json_open(&w, '[');
  for (size_t i = 0; i < event->n_subjects; i++) put_file(&w, event, &event->subjects[i]);
  bwi_json_close(&w, ']');
  put_sources(&w, event);
  bwi_json_close(&w, '}');
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for metadata") : BW_OK;
}
