/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/queries.h"

#include <math.h>

#include "base/memory.h"

uint64_t bwi_query_step(uint32_t k) {
  return (uint64_t)llround(exp2(0.5 * (k + 1)));
}

bw_status bwi_query_note(float **nearest, uint64_t queries, float distance, bw_error *err) {
  if (*nearest == NULL) {
    *nearest = bwi_alloc(BWI_QUERY_STEPS, sizeof **nearest);
    if (*nearest == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for distances by queries");
    for (uint32_t k = 0; k < BWI_QUERY_STEPS; k++) (*nearest)[k] = INFINITY;
  }
  for (uint32_t k = BWI_QUERY_STEPS; k-- > 0 && bwi_query_step(k) >= queries;)
    (*nearest)[k] = fminf((*nearest)[k], distance);
  return BW_OK;
}
