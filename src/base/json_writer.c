/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"

static void before_value(bwi_json_writer *w) {
  if (!w->after_key && w->depth > 0) {
    if (w->need_comma[w->depth - 1]) bwi_buffer_put(w->out, ",", 1);
    w->need_comma[w->depth - 1] = true;
  }
  w->after_key = false;
}

void bwi_json_open(bwi_json_writer *w, char bracket) {
  before_value(w);
  if (w->depth == BWI_JSON_MAX_DEPTH) {
    w->out->failed = true;
    return;
  }
  w->need_comma[w->depth++] = false;
  bwi_buffer_put(w->out, &bracket, 1);
}

void bwi_json_close(bwi_json_writer *w, char bracket) {
  if (w->depth > 0) w->depth--;
  bwi_buffer_put(w->out, &bracket, 1);
}

static void put_escaped(bwi_buffer *out, const char *text) {
  static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const size_t size = strlen(text);
  size_t plain = 0; /* where the run of bytes that need nothing began */
  for (size_t at = 0; at < size;) {
    const size_t length = bwi_utf8_length((const uint8_t *)text + at, size - at);
    const char *name = strchr(names, text[at]);
    const bool control = (uint8_t)text[at] < 0x20;
    if (length != 0 && name == NULL && !control) {
      at += length;
      continue;
    }
    bwi_buffer_put(out, text + plain, at - plain);
    if (name != NULL)
      bwi_buffer_format(out, "\\%c", letters[name - names]);
    else if (control)
      bwi_buffer_format(out, "\\u%04x", (unsigned)text[at]);
    else
      bwi_buffer_text(out, "\xEF\xBF\xBD");
    plain = ++at;
  }
  bwi_buffer_put(out, text + plain, size - plain);
}

void bwi_json_string(bwi_json_writer *w, const char *text) {
  before_value(w);
  bwi_buffer_put(w->out, "\"", 1);
  put_escaped(w->out, text);
  bwi_buffer_put(w->out, "\"", 1);
}

void bwi_json_key(bwi_json_writer *w, const char *key) {
  bwi_json_string(w, key);
  bwi_buffer_put(w->out, ":", 1);
  w->after_key = true;
}

void bwi_json_number(bwi_json_writer *w, double value) {
  if (!isfinite(value)) {
    bwi_json_null(w);
    return;
  }
  char text[BWI_NUMBER_TEXT_BYTES];
  before_value(w);
  bwi_buffer_text(w->out, bwi_number_text(text, value));
}

void bwi_json_int(bwi_json_writer *w, int64_t value) {
  before_value(w);
  bwi_buffer_format(w->out, "%" PRId64, value);
}

void bwi_json_bool(bwi_json_writer *w, bool value) {
  before_value(w);
  bwi_buffer_text(w->out, value ? "true" : "false");
}

void bwi_json_null(bwi_json_writer *w) {
  before_value(w);
  bwi_buffer_text(w->out, "null");
}

void bwi_json_text(bwi_json_writer *w, const char *key, const char *text) {
  bwi_json_key(w, key);
  if (text != NULL)
    bwi_json_string(w, text);
  else
    bwi_json_null(w);
}
