/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/result.h"

#include <math.h>

#include "base/memory.h"

bw_attack_result *bwi_attack_result_create(const bw_dataset *dataset, const bwi_ball *ball) {
  bw_attack_result *result = bwi_alloc(1, sizeof *result);
  if (result == NULL) return NULL;
  *result = (bw_attack_result){.dataset = dataset, .ball = *ball, .count = bw_dataset_count(dataset)};
  result->outcomes = bwi_alloc(result->count, sizeof *result->outcomes);
  result->trails = bwi_alloc(result->count, sizeof *result->trails);
  if (result->outcomes == NULL || result->trails == NULL) {
    bwi_free(result->outcomes);
    bwi_free(result->trails);
    bwi_free(result);
    return NULL;
  }
  for (uint64_t i = 0; i < result->count; i++) {
    result->outcomes[i] =
        (bw_sample_outcome){.clean_prediction = -1, .adversarial_prediction = -1, .distance = NAN};
    result->trails[i].late_gain = NAN;
  }
  return result;
}

void bw_attack_result_free(bw_attack_result *result) {
  if (result == NULL) return;
  for (uint64_t i = 0; i < result->count; i++) {
    bwi_free(result->trails[i].adversarial);
    bwi_free(result->trails[i].by_queries);
  }
  bwi_free(result->universal);
  bwi_free(result->trails);
  bwi_free(result->outcomes);
  bwi_free(result);
}

uint64_t bw_attack_result_count(const bw_attack_result *result) {
  return result->count;
}

const bw_sample_outcome *bw_attack_result_at(const bw_attack_result *result, uint64_t i) {
  return &result->outcomes[i];
}

const float *bw_attack_result_sample(const bw_attack_result *result, uint64_t i) {
  const float *adversarial = result->trails[i].adversarial;
  return adversarial != NULL ? adversarial : bw_dataset_sample(result->dataset, i);
}

const float *bw_attack_result_universal(const bw_attack_result *result) {
  return result->universal;
}

int bw_attack_result_fitted(const bw_attack_result *result, uint64_t i) {
  return result->trails[i].fitted;
}

double bw_attack_result_seconds(const bw_attack_result *result) {
  return result->seconds;
}

uint64_t bw_attack_result_refused(const bw_attack_result *result) {
  uint64_t refused = 0;
  for (uint64_t i = 0; i < result->count; i++) refused += result->trails[i].n_refused;
  return refused;
}
