/* SPDX-License-Identifier: Apache-2.0 */
#include "report/gate.h"

#include "base/memory.h"

const char *bwi_gate_severity_name(bw_gate_severity severity) {
  static const char *const names[] = {"note", "warning", "error"};
  return names[severity];
}

bw_status bw_gate_report(char **out, const bw_gate *gate, bw_gate_format format, int colour, bw_error *err) {
  bwi_buffer b = {0};
  switch (format) {
    case BW_GATE_TEXT: bwi_gate_text(&b, gate, colour); break;
    case BW_GATE_JSON: bwi_gate_json(&b, gate); break;
    case BW_GATE_SARIF: bwi_gate_sarif(&b, gate); break;
  }
  char *text = b.failed ? NULL : bwi_strdup(b.data);
  bwi_buffer_free(&b);
  if (text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the report of a gate");
  *out = text;
  return BW_OK;
}
