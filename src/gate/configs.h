/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations: JSON that makes a loader import and run something. */
#ifndef GATE_CONFIGS_H
#define GATE_CONFIGS_H

#include "gate/gate.h"

/* Finds what Keras' configurations name (layers, and with `keras` the modules of all objects), what those of
 * transformers and mlx-lm name (auto_map, model_file, ...), and chat templates, in a JSON text or in the
 * middle of s->bytes. BW_ENOMEM. */
bw_status bwi_gate_find_configured(bw_gate *g, const bwi_subject *s, bool keras, bw_error *err);

#endif
