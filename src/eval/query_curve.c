/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/query_curve.h"

#include <math.h>

#include "attack/attack.h"
#include "base/memory.h"
#include "eval/sort.h"

static bool is_broken(const bw_attack_result *result, uint64_t i) {
  const bw_sample_outcome *outcome = &result->outcomes[i];
  return outcome->success && outcome->clean_prediction == bw_dataset_label(result->dataset, i);
}

static uint64_t most_queries(const bw_attack_result *result) {
  uint64_t most = 0;
  for (uint64_t i = 0; i < result->count; i++)
    if (result->outcomes[i].forwards > most) most = result->outcomes[i].forwards;
  return most;
}

/* distances: room for one a sample. */
static bwi_query_state state_at(const bw_attack_result *result, uint32_t step, float *distances) {
  uint64_t n = 0, n_broken = 0;
  for (uint64_t i = 0; i < result->count; i++) {
    if (!is_broken(result, i)) continue;
    distances[n] = result->trails[i].by_queries[step];
    n_broken += isfinite(distances[n++]) ? 1 : 0;
  }
  const double median = bwi_median(distances, n);
  return (bwi_query_state){.n_broken = (double)n_broken, .median_distance = isfinite(median) ? median : NAN};
}

bw_status bwi_query_curve(bwi_query_state *curve, const bw_attack *attack, const bw_attack_result *result,
                          bw_error *err) {
  if (attack->class->info.access == BW_ACCESS_GRADIENT) return BW_OK;
  float *distances = bwi_alloc(result->count, sizeof *distances);
  if (distances == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to sort distances");
  const uint64_t most = most_queries(result);
  uint64_t queries = 0;
  for (uint32_t k = 0; k < BWI_QUERY_STEPS && queries < most; k++) {
    queries = bwi_query_step(k) < most ? bwi_query_step(k) : most;
    curve[k] = state_at(result, k, distances);
    curve[k].queries = (double)queries;
  }
  bwi_free(distances);
  return BW_OK;
}
