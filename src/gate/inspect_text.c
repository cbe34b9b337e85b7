/* SPDX-License-Identifier: Apache-2.0 */
/* Text: configurations in JSON, Python source, chat templates of their own. Other text holds nothing to run.
 */
#include <string.h>

#include "base/utf8.h"
#include "gate/configs.h"
#include "gate/formats.h"
#include "gate/python_source.h"
#include "gate/templates.h"

#define SHOWN_DANGERS 20

/* UTF-8 without control characters; the last character may be cut off. */
bool bwi_is_text(const bwi_subject *s) {
  const bwi_bytes text = s->bytes;
  for (size_t at = 0; at < text.size;) {
    const uint8_t c = text.data[at];
    const size_t n = bwi_utf8_length(text.data + at, text.size - at);
    if (n == 0 && !(text.size - at < 4 && s->size > text.size)) return false;
    if (c == 0x7F || (c < 0x20 && (c < '\t' || c > '\r'))) return false;
    at += n == 0 ? text.size - at : n;
  }
  return true;
}

/* Its first character that is no blank is one that JSON begins with. */
static bool is_json(const bwi_subject *s) {
  size_t at = s->bytes.size >= 3 && memcmp(s->bytes.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (at < s->bytes.size &&
         (s->bytes.data[at] == ' ' || (s->bytes.data[at] >= '\t' && s->bytes.data[at] <= '\r')))
    at++;
  return at < s->bytes.size && (s->bytes.data[at] == '{' || s->bytes.data[at] == '[');
}

static bw_status inspect_json(bw_gate *g, bwi_subject *s, bw_error *err) {
  s->type = "JSON";
  /* Keras keeps config.json in an archive. */
  const bool keras = s->depth > 0 && strcmp(bwi_subject_name(s), "config.json") == 0;
  BW_TRY(bwi_subject_read_all(g, s, err));
  return bwi_gate_find_configured(g, s, keras, err);
}

static bw_status inspect_python(bw_gate *g, bwi_subject *s, bw_error *err) {
  size_t at = 0, n = 0;
  s->type = "Python source";
  BW_TRY(bwi_subject_read_all(g, s, err));
  bwi_gate_find(g, s, BWI_RULE_PYTHON_SOURCE, BW_NO_OFFSET, "Python source of %zu bytes", s->bytes.size);
  for (int i = 0; i < SHOWN_DANGERS && bwi_python_find_danger(s->bytes, &at, &n); i++) {
    char word[64];
    const size_t shown = n < sizeof word ? n : sizeof word - 1;
    memcpy(word, s->bytes.data + at, shown);
    word[shown] = '\0';
    bwi_gate_find_symbol(g, s, BWI_RULE_PYTHON_DANGEROUS, at, word, "the source names %s", word);
    at += n;
  }
  return BW_OK;
}

static bw_status inspect_template(bw_gate *g, bwi_subject *s, bw_error *err) {
  s->type = "Jinja template";
  BW_TRY(bwi_subject_read_all(g, s, err));
  bwi_gate_find_template(g, s, s->bytes, 0);
  return BW_OK;
}

bw_status bwi_inspect_text(bw_gate *g, bwi_subject *s, bw_error *err) {
  if (bwi_subject_ends_in(s, ".jinja .jinja2 .j2")) return inspect_template(g, s, err);
  if (bwi_subject_ends_in(s, ".py .pyw") || bwi_python_is_source(s->bytes)) return inspect_python(g, s, err);
  return is_json(s) ? inspect_json(g, s, err) : BW_OK;
}
