/* SPDX-License-Identifier: Apache-2.0 */
/* Fisher and Yates' shuffle, as Durstenfeld (1964) has it. */
#include "attack/shuffle.h"

#include "model/model.h"

bw_status bwi_check_indices(const bw_attack *attack, const bw_model *model, bw_error *err) {
  if (model->d <= 1 << 24) return BW_OK;
  return BW_FAIL(err, BW_EUNSUPPORTED, "%s takes samples of up to 2^24 coordinates",
                 attack->class->info.name);
}

void bwi_shuffle(float *values, uint64_t n, bwi_rng_key key, uint32_t draw, float *scratch) {
  bwi_rng_uniform(scratch, n, key, draw, 0, 1);
  for (uint64_t left = n; left > 1; left--) {
    const uint64_t last = left - 1, j = (uint64_t)((double)scratch[last] * (double)left);
    const float kept = values[last];
    values[last] = values[j];
    values[j] = kept;
  }
}
