/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/configs.h"

#include <string.h>

#include "gate/pairs.h"
#include "gate/templates.h"

#define NAME_BYTES 160

typedef struct finder {
  bw_gate *g;
  const bwi_subject *s;
  bool keras;
  bool templates; /* a list of chat templates has begun */
} finder;

static bool starts(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ---- Keras ---- */

static bool is_key(const bwi_pair *pair, const char *key) {
  return strcmp(pair->key, key) == 0;
}

static bool is_keras_module(const char *name) {
  return strcmp(name, "keras") == 0 || starts(name, "keras.") || starts(name, "tensorflow.keras.") ||
         starts(name, "tf_keras.");
}

static void find_layer(const finder *f, const bwi_pair *pair) {
  char name[NAME_BYTES];
  (void)bwi_pair_unescape(name, sizeof name, pair->value);
  if (is_key(pair, "class_name") && (strcmp(name, "Lambda") == 0 || strcmp(name, "__lambda__") == 0))
    bwi_gate_find(f->g, f->s, BWI_RULE_KERAS_LAMBDA, pair->offset, "a layer of class %s", name);
  if (is_key(pair, "module") && f->keras && !is_keras_module(name))
    bwi_gate_find_symbol(f->g, f->s, BWI_RULE_KERAS_MODULE, pair->offset, name, "an object of module %s",
                         name);
}

/* ---- transformers, diffusers, mlx-lm ---- */

static void find_remote_code(const finder *f, const bwi_pair *pair) {
  static const char *const keys[] = {"auto_map", "model_file", "custom_pipelines", "custom_generate"};
  char name[NAME_BYTES];
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    if (!is_key(pair, keys[i])) continue;
    (void)bwi_pair_unescape(name, sizeof name, pair->is_text ? pair->value : (bwi_bytes){NULL, 0});
    bwi_gate_find(f->g, f->s, BWI_RULE_REMOTE_CODE, pair->offset, "\"%s\"%s%s", keys[i],
                  name[0] == '\0' ? "" : ": ", name);
  }
}

/* ---- all ---- */

/* The escapes of a template are undone: \u005f is an underscore to Jinja, too. */
static bw_status find_template(const finder *f, const bwi_pair *pair, bw_error *err) {
  const size_t capacity = pair->value.size + 8;
  char *text = bwi_alloc(capacity, 1);
  if (text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a template of %s", f->s->path);
  const size_t size = bwi_pair_unescape(text, capacity, pair->value);
  bwi_gate_find_template(f->g, f->s, (bwi_bytes){(const uint8_t *)text, size}, pair->offset);
  bwi_free(text);
  return BW_OK;
}

static bw_status find(void *payload, const bwi_pair *pair, bw_error *err) {
  finder *f = payload;
  find_remote_code(f, pair);
  if (is_key(pair, "chat_template")) f->templates = !pair->is_text;
  if (!pair->is_text) return BW_OK;
  find_layer(f, pair);
  /* Several templates are a list of objects, each with a name and a template. */
  const bool template = is_key(pair, "chat_template") || (f->templates && is_key(pair, "template"));
  return template ? find_template(f, pair, err) : BW_OK;
}

bw_status bwi_gate_find_configured(bw_gate *g, const bwi_subject *s, bool keras, bw_error *err) {
  finder f = {g, s, keras, false};
  return bwi_pairs_each(s->bytes, find, &f, err);
}
