/* SPDX-License-Identifier: Apache-2.0 */
/* Chat templates: programs in Jinja that come with a tokenizer. */
#ifndef GATE_TEMPLATES_H
#define GATE_TEMPLATES_H

#include "gate/gate.h"

/* Finds that there is one, and whether it reaches for Python's insides. offset: where it stands. */
void bwi_gate_find_template(bw_gate *g, const bwi_subject *s, bwi_bytes text, uint64_t offset);

#endif
