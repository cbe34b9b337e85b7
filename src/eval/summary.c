/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what the stages left. */
#include <math.h>

#include "attack/result.h"
#include "base/memory.h"
#include "eval/evaluation.h"
#include "eval/interval.h"

uint64_t bwi_count_survivors(const bw_evaluation *e, const bwi_stage *stage) {
  uint64_t survivors = 0;
  for (uint64_t i = 0; i < e->count; i++) survivors += bwi_is_right(e, i) && !stage->broken[i];
  return survivors;
}

void bwi_absorb_stage(bw_evaluation *e, uint32_t attack, bw_attack_result *result) {
  for (uint64_t i = 0; i < e->count; i++) {
    if (!e->stages[attack].broken[i] || !bwi_is_right(e, i) || e->broken_by[i] >= 0) continue;
    e->broken_by[i] = (int32_t)attack;
    e->adversarial[i] = result->trails[i].adversarial;
    result->trails[i].adversarial = NULL;
  }
  e->universals[attack] = result->universal;
  result->universal = NULL;
}

/* Which kind of attack stands for a suite: the higher, the better. */
static int standing(const bwi_suite *suite, uint32_t k) {
  if (!bwi_is_iterative(suite, k)) return 0;
  return suite->attacks[k].class->info.nearest ? 1 : 2;
}

static bool is_stronger(const bw_evaluation *e, uint32_t a, uint32_t b) {
  const int rank = standing(&e->suite, a) - standing(&e->suite, b);
  const double steps =
      bwi_attack_value(&e->suite.attacks[a], "steps", 1) - bwi_attack_value(&e->suite.attacks[b], "steps", 1);
  if (rank != 0) return rank > 0;
  if (steps != 0) return steps > 0;
  return e->stages[a].totals.n_broken > e->stages[b].totals.n_broken;
}

int32_t bwi_strongest(const bw_evaluation *e, bool iterative_only) {
  int32_t strongest = -1;
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    if (e->stages[k].count == 0 || bwi_is_transfer(&e->suite, k) ||
        (iterative_only && !bwi_is_iterative(&e->suite, k)))
      continue;
    if (strongest < 0 || is_stronger(e, k, (uint32_t)strongest)) strongest = (int32_t)k;
  }
  return strongest;
}

/* Stages finish in order, so those that did are the first ones. */
static uint32_t n_finished(const bw_evaluation *e) {
  uint32_t n = 0;
  while (n < e->suite.n_attacks && e->stages[n].count > 0) n++;
  return n;
}

static uint32_t n_finished_budgets(const bw_evaluation *e) {
  if (e->curve_attack < 0) return 0;
  uint32_t n = 1;
  while (n < e->n_budgets && (!bwi_has_stage(e, n) || e->curve[n].count > 0)) n++;
  return n;
}

static uint64_t count_robust(const bw_evaluation *e) {
  uint64_t robust = 0;
  for (uint64_t i = 0; i < e->count; i++) robust += bwi_stands(e, i);
  return robust;
}

bw_evaluation_summary bw_evaluation_summarise(const bw_evaluation *e) {
  const uint32_t n_attacks = n_finished(e);
  return (bw_evaluation_summary){
      .struct_size = sizeof(bw_evaluation_summary),
      .clean_accuracy = bwi_rate(e->clean_right, e->clean_done ? e->count : 0, e->confidence),
      .robust_accuracy = bwi_rate(count_robust(e), n_attacks > 0 ? e->count : 0, e->confidence),
      .complete = e->complete,
      .blocked = bwi_is_blocked(e),
      .n_attacks = n_attacks,
      .n_checks = e->n_checks,
      .n_budgets = n_finished_budgets(e),
      .n_classes = e->n_classes,
      .seconds = e->seconds,
      .norm = e->norm,
      .eps = e->eps,
  };
}

bool bwi_is_blocked(const bw_evaluation *e) {
  for (uint32_t k = 0; k < e->n_checks; k++)
    if (e->checks[k].outcome == BW_CHECK_BLOCKED) return true;
  return false;
}

/* ---- one attack ---- */

/* Of the right samples, those that stand after the attack and all before it. */
static uint64_t count_remaining(const bw_evaluation *e, uint32_t attack) {
  uint64_t remaining = 0;
  for (uint64_t i = 0; i < e->count; i++)
    remaining += bwi_is_right(e, i) && (e->broken_by[i] < 0 || e->broken_by[i] > (int32_t)attack);
  return remaining;
}

static uint32_t n_query_points(const bwi_stage *stage) {
  uint32_t n = 0;
  while (n < BWI_QUERY_STEPS && stage->by_queries[n].queries > 0) n++;
  return n;
}

bw_attack_summary bw_evaluation_attack(const bw_evaluation *e, uint32_t i) {
  const bwi_stage *stage = &e->stages[i];
  uint64_t broken_8bit = 0;
  for (uint64_t k = 0; k < e->count; k++) broken_8bit += stage->broken_8bit[k];
  return (bw_attack_summary){
      .name = bwi_suite_name(&e->suite, i),
      .configuration = e->configurations[i],
      .attacked = i > 0 ? count_remaining(e, i - 1) : e->clean_right,
      .broken = stage->totals.n_broken,
      .broken_8bit = broken_8bit,
      .remaining = bwi_rate(count_remaining(e, i), e->count, e->confidence),
      .forwards = stage->totals.forwards,
      .backwards = stage->totals.backwards,
      .seconds = stage->totals.seconds,
      .mean_distance = stage->totals.mean_distance,
      .median_distance = stage->totals.median_distance,
      .nearest = bwi_seeks_nearest(&stage->attack),
      .n_query_points = n_query_points(stage),
  };
}

bw_query_point bw_evaluation_query_point(const bw_evaluation *e, uint32_t attack, uint32_t i) {
  const bwi_query_state *state = &e->stages[attack].by_queries[i];
  return (bw_query_point){
      .queries = (uint64_t)state->queries,
      .broken = bwi_rate((uint64_t)state->n_broken, e->clean_right, e->confidence),
      .median_distance = state->median_distance,
  };
}

/* ---- checks, curve, classes, samples ---- */

const bw_check_result *bw_evaluation_check(const bw_evaluation *e, uint32_t i) {
  return i < e->n_checks ? &e->checks[i] : NULL;
}

/* A sample broken within a smaller budget is broken within a larger one. */
static bool stands_at(const bw_evaluation *e, double eps, uint64_t i) {
  for (uint32_t k = 0; k < e->suite.n_attacks; k++)
    if (e->eps <= eps && e->stages[k].count > 0 && e->stages[k].broken[i]) return false;
  for (uint32_t k = 1; k < e->n_budgets && e->budgets[k] <= eps; k++)
    if (e->curve[k].count > 0 && e->curve[k].broken[i]) return false;
  return true;
}

bw_budget_point bw_evaluation_budget(const bw_evaluation *e, uint32_t i) {
  uint64_t robust = 0;
  for (uint64_t k = 0; k < e->count; k++) robust += bwi_is_right(e, k) && stands_at(e, e->budgets[i], k);
  return (bw_budget_point){.eps = e->budgets[i],
                           .robust_accuracy = bwi_rate(robust, e->count, e->confidence)};
}

bw_class_row bw_evaluation_class(const bw_evaluation *e, uint32_t i) {
  return e->classes[i];
}

/* The most frequent adversarial prediction for a label, the first of equals. */
static int32_t most_confused(const bw_evaluation *e, int32_t label, uint64_t *counts) {
  int32_t most = -1;
  for (uint32_t c = 0; c < e->n_model_classes; c++) counts[c] = 0;
  for (uint64_t i = 0; i < e->count; i++)
    if (bw_dataset_label(e->dataset, i) == label && e->broken_by[i] >= 0)
      counts[e->stages[e->broken_by[i]].predictions[i]]++;
  for (uint32_t c = 0; c < e->n_model_classes; c++)
    if (counts[c] > (most < 0 ? 0 : counts[most])) most = (int32_t)c;
  return most;
}

bw_status bwi_count_classes(bw_evaluation *e, bw_error *err) {
  uint64_t *counts = bwi_alloc(e->n_model_classes, sizeof *counts);
  bw_class_row *rows = bwi_alloc(e->n_model_classes, sizeof *rows);
  if (counts == NULL || rows == NULL) {
    bwi_free(counts);
    bwi_free(rows);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a table of classes");
  }
  for (uint64_t i = 0; i < e->count; i++) {
    bw_class_row *row = &rows[bw_dataset_label(e->dataset, i)];
    row->count++;
    row->clean_right += bwi_is_right(e, i);
    row->robust += bwi_is_right(e, i) && e->broken_by[i] < 0;
  }
  for (uint32_t c = 0; c < e->n_model_classes; c++) {
    if (rows[c].count == 0) continue;
    rows[c].label = (int32_t)c;
    rows[c].confused_with = most_confused(e, (int32_t)c, counts);
    rows[e->n_classes++] = rows[c];
  }
  e->classes = rows;
  bwi_free(counts);
  return BW_OK;
}

uint64_t bw_evaluation_n_samples(const bw_evaluation *e) {
  return e->count;
}

bw_evaluated_sample bw_evaluation_sample(const bw_evaluation *e, uint64_t i) {
  const float *clean = bw_dataset_sample(e->dataset, i);
  const int32_t by = e->broken_by[i], prediction = e->clean_done ? e->clean.predictions[i] : -1;
  return (bw_evaluated_sample){
      .origin = bw_dataset_origin(e->dataset, i),
      .label = bw_dataset_label(e->dataset, i),
      .clean_prediction = prediction,
      .adversarial_prediction = by >= 0 ? e->stages[by].predictions[i] : prediction,
      .broken_by = by,
      .distance = by >= 0 ? e->stages[by].distances[i] : NAN,
      .clean = clean,
      .adversarial = by >= 0 ? e->adversarial[i] : clean,
  };
}
