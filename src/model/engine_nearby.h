/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that remember the samples they ran last, for calls whose samples differ from those in few pixels. */
#ifndef MODEL_ENGINE_NEARBY_H
#define MODEL_ENGINE_NEARBY_H

#include "model/engine.h"

typedef struct bwi_nearby bwi_nearby;

/* For parts of 2^size samples; a plan with a workspace of its own. BW_EUNSUPPORTED: no step of the model
 * could use what it remembers; BW_ELIMIT: it needs more than max_bytes. */
bw_status bwi_nearby_create(bwi_nearby **out, bwi_engine *engine, uint32_t size, size_t max_bytes,
                            bw_error *err);
void bwi_nearby_free(bwi_nearby *nearby); /* NULL is fine */
size_t bwi_nearby_bytes(const bwi_nearby *nearby);

/* Logits of count <= 2^size samples. */
bw_status bwi_nearby_logits(bwi_nearby *nearby, uint64_t count, const float *samples, float *logits,
                            bw_error *err);

#endif
