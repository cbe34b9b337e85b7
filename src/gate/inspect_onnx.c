/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX: sizes of tensors, the files that they lie in, operators that are not ONNX's own, values. */
#include <stdio.h>
#include <string.h>

#include "format/onnx.h"
#include "gate/formats.h"
#include "gate/paths.h"
#include "gate/values.h"

typedef struct finder {
  bw_gate *g;
  const bwi_subject *s;
} finder;

bool bwi_is_onnx(const bwi_subject *s) {
  return bwi_onnx_begins(s->bytes);
}

static int shown(bwi_bytes text) {
  return (int)(text.size < 64 ? text.size : 64);
}

static void find_external(const finder *f, const bwi_onnx_tensor *t) {
  char symbol[80];
  (void)snprintf(symbol, sizeof symbol, "%.*s", shown(t->location), (const char *)t->location.data);
  if (bwi_path_leads_out(t->location))
    bwi_gate_find_symbol(f->g, f->s, BWI_RULE_EXTERNAL_PATH, t->offset, symbol,
                         "a tensor lies in \"%s\", outside of the folder", symbol);
  else
    bwi_gate_find_symbol(f->g, f->s, BWI_RULE_EXTERNAL_DATA, t->offset, symbol, "a tensor lies in \"%s\"",
                         symbol);
  if (t->external_bytes != 0 && t->external_bytes != t->bytes)
    bwi_gate_find(f->g, f->s, BWI_RULE_MALFORMED, t->offset,
                  "a tensor in another file takes %llu bytes there where its shape says %llu",
                  (unsigned long long)t->external_bytes, (unsigned long long)t->bytes);
}

static bw_status find_tensor(void *payload, const bwi_onnx_tensor *t, bw_error *err) {
  const finder *f = payload;
  char name[65];
  if (t->external) find_external(f, t);
  if (!t->readable || t->elements.size == 0) return BW_OK;
  (void)snprintf(name, sizeof name, "%.*s", shown(t->name), (const char *)t->name.data);
  const bwi_value_range range = {name, t->dtype, (uint64_t)(t->elements.data - f->s->bytes.data),
                                 t->elements.size};
  return bwi_gate_check_values(f->g, f->s, &range, 1, err);
}

static bw_status find_operator(void *payload, bwi_bytes domain, bwi_bytes name, uint64_t offset,
                               bw_error *err) {
  const finder *f = payload;
  char symbol[160];
  (void)err;
  (void)snprintf(symbol, sizeof symbol, "%.*s.%.*s", shown(domain), (const char *)domain.data, shown(name),
                 (const char *)name.data);
  bwi_gate_find_symbol(f->g, f->s, BWI_RULE_CUSTOM_OPERATOR, offset, symbol, "operator %s", symbol);
  return BW_OK;
}

bw_status bwi_inspect_onnx(bw_gate *g, bwi_subject *s, bw_error *err) {
  finder f = {g, s};
  const bwi_onnx_visitor visitor = {&f, find_tensor, find_operator};
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(bwi_subject_read_all(g, s, err));
  return bwi_gate_find_refusal(g, s, bwi_onnx_walk(s->bytes, &visitor, &why), &why, err);
}
