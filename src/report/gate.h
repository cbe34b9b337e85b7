/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate found, in the formats of bw_gate_report. */
#ifndef REPORT_GATE_H
#define REPORT_GATE_H

#include <bulwark/gate.h>

#include "base/buffer.h"

const char *bwi_gate_severity_name(
    bw_gate_severity severity); /* "warning"; SARIF's levels have these names */

void bwi_gate_text(bwi_buffer *out, const bw_gate *gate, int colour);
void bwi_gate_json(bwi_buffer *out, const bw_gate *gate);
void bwi_gate_sarif(bwi_buffer *out, const bw_gate *gate);

#endif
