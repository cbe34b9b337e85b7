/* SPDX-License-Identifier: Apache-2.0 */
/* What the model says to the clean samples, before anything is attacked. */
#ifndef ATTACK_CLEAN_H
#define ATTACK_CLEAN_H

#include "attack/crew.h"

typedef struct bwi_clean {
  uint64_t count;
  int32_t *predictions;  /* -1: not reached */
  int32_t *least_likely; /* class of the smallest logit */
} bwi_clean;

/* The data set fits the model. BW_ECANCEL leaves *out with what was done; other failures leave it alone. */
bw_status bwi_clean_run(bwi_clean *out, bwi_crew *crew, const bw_dataset *dataset, bw_error *err);
void bwi_clean_clear(bwi_clean *clean);

#endif
