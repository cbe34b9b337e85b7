/* SPDX-License-Identifier: Apache-2.0 */
/* The order of an evaluation: clean predictions, the suite at the main budget, the strongest attack at the
 * other budgets of the curve, the checks. */
#include "eval/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack/fit.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "eval/check.h"
#include "eval/resume.h"

void bw_evaluation_options_init(bw_evaluation_options *options, size_t struct_size) {
  const bw_evaluation_options standard = {.struct_size = struct_size,
                                          .norm = BW_LINF,
                                          .eps = NAN,
                                          .n_budgets = 8,
                                          .checks = 1,
                                          .confidence = 0.95};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

void bw_evaluation_free(bw_evaluation *e) {
  if (e == NULL) return;
  for (uint32_t k = 0; k < e->n_checks; k++) bwi_free((char *)e->checks[k].finding);
  for (uint32_t k = 0; k < BWI_MAX_SUITE; k++) {
    bwi_free(e->configurations[k]);
    bwi_stage_clear(&e->stages[k]);
    bwi_free(e->universals[k]);
  }
  for (uint32_t k = 0; e->curve != NULL && k < e->n_budgets; k++) bwi_stage_clear(&e->curve[k]);
  for (uint64_t i = 0; e->adversarial != NULL && i < e->count; i++) bwi_free(e->adversarial[i]);
  bwi_free(e->adversarial);
  bwi_free(e->broken_by);
  bwi_free(e->checks);
  bwi_free(e->classes);
  bwi_free(e->curve);
  bwi_free(e->budgets);
  bwi_clean_clear(&e->clean);
  bw_dataset_free(e->part);
  bwi_free(e);
}

/* ---- what is to be done ---- */

static const uint32_t choice_stream = 0xFFFD0000; /* no attack has it */

/* A random part: a partial shuffle (Fisher and Yates), then the order of the data again. */
static bw_status choose_part(bw_evaluation *e, const bw_dataset *dataset, uint64_t samples, bw_error *err) {
  const uint64_t count = bw_dataset_count(dataset);
  uint64_t *order = bwi_alloc(count, sizeof *order);
  uint32_t *draws = bwi_alloc(2 * samples, sizeof *draws);
  uint8_t *taken = bwi_alloc(count, 1);
  bw_status status = BW_OK;
  if (order == NULL || draws == NULL || taken == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to choose samples");
    goto out;
  }
  bwi_rng_u32(draws, 2 * samples, (bwi_rng_key){.seed = e->seed, .stream = choice_stream}, 0);
  for (uint64_t i = 0; i < count; i++) order[i] = i;
  for (uint64_t k = 0; k < samples && k < count; k++) {
    const uint64_t draw = (uint64_t)draws[2 * k] << 32 | draws[2 * k + 1], other = k + draw % (count - k);
    taken[order[other]] = 1;
    order[other] = order[k];
  }
  uint64_t n = 0;
  for (uint64_t i = 0; i < count; i++)
    if (taken[i]) order[n++] = i;
  status = bw_dataset_choose(&e->part, dataset, samples, order, err);
out:
  bwi_free(taken);
  bwi_free(draws);
  bwi_free(order);
  return status;
}

static bw_status describe_suite(bw_evaluation *e, bw_error *err) {
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    bwi_buffer text = {0};
    if (bwi_is_transfer(&e->suite, k)) bwi_buffer_format(&text, "%s ", e->suite.attacks[k].class->info.name);
    bwi_attack_describe(&text, &e->suite.attacks[k]);
    if (text.failed) {
      bwi_buffer_free(&text);
      return BW_FAIL(err, BW_ENOMEM, "no memory for the names of attacks");
    }
    e->configurations[k] = text.data;
  }
  return BW_OK;
}

/* Even steps up to twice eps; with an even number of them eps is one. */
static void place_budgets(bw_evaluation *e) {
  const uint32_t n = e->n_budgets - 1;
  for (uint32_t k = 1; k <= n; k++) e->budgets[k] = 2 * k == n ? e->eps : 2 * e->eps * k / n;
}

static bw_status prepare(bw_evaluation *e, const bw_model *model, const bw_dataset *dataset,
                         const bw_evaluation_options *o, bw_error *err) {
  const uint64_t all = bw_dataset_count(dataset);
  if (o->samples > 0 && o->samples < all) BW_TRY(choose_part(e, dataset, o->samples, err));
  e->dataset = e->part != NULL ? e->part : dataset;
  e->count = bw_dataset_count(e->dataset);
  BW_TRY(bwi_suite_parse(&e->suite, o->attacks, o->attack_options, model, e->norm, e->eps, err));
  if (o->surrogate != NULL)
    BW_TRY(bwi_suite_add_transfer(&e->suite, o->attack_options, e->norm, e->eps, err));
  BW_TRY(describe_suite(e, err));
  e->n_budgets = o->n_budgets > 0 ? o->n_budgets + 1 : 0;
  e->curve_attack = -1;
  e->budgets = bwi_alloc(e->n_budgets, sizeof *e->budgets);
  e->curve = bwi_alloc(e->n_budgets, sizeof *e->curve);
  e->broken_by = bwi_alloc(e->count, sizeof *e->broken_by);
  e->adversarial = bwi_alloc(e->count, sizeof *e->adversarial);
  if (e->budgets == NULL || e->curve == NULL || e->broken_by == NULL || e->adversarial == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for an evaluation");
  for (uint64_t i = 0; i < e->count; i++) e->broken_by[i] = -1;
  if (e->n_budgets > 0) place_budgets(e);
  return BW_OK;
}

static bw_status check_options(const bw_evaluation_options *o, bw_error *err) {
  if ((unsigned)o->norm > BW_L0) return BW_FAIL(err, BW_EINVAL, "the norm must be Linf, L2, L1 or L0");
  if (!isnan(o->eps) && !(o->eps > 0 && isfinite(o->eps)))
    return BW_FAIL(err, BW_EINVAL, "eps is %g; it must be above 0 and finite", o->eps);
  if (!(o->confidence > 0 && o->confidence < 1))
    return BW_FAIL(err, BW_EINVAL, "the confidence must be between 0 and 1, such as 0.95");
  if (o->n_budgets > 1000) return BW_FAIL(err, BW_EINVAL, "a curve has at most 1000 budgets");
  return BW_OK;
}

static bw_status create(bw_evaluation **out, const bw_model *model, const bw_dataset *dataset,
                        const bw_evaluation_options *o, bw_error *err) {
  BW_TRY(check_options(o, err));
  BW_TRY(bwi_check_fit(model, dataset, err));
  bw_evaluation *e = bwi_alloc(1, sizeof *e);
  if (e == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an evaluation");
  e->norm = o->norm;
  e->eps = isnan(o->eps) ? bw_attack_usual_eps(model, o->norm) : o->eps;
  e->confidence = o->confidence;
  e->seed = o->seed;
  e->extra_checks = o->checks != 0;
  e->lower = model->lower;
  e->upper = model->upper;
  e->n_model_classes = model->n_classes;
  e->pair_checked = model->pair_checked;
  e->search = model->search;
  snprintf(e->model_digest, sizeof e->model_digest, "%s", bw_model_digest(model));
  if (o->surrogate != NULL)
    snprintf(e->surrogate_digest, sizeof e->surrogate_digest, "%s", bw_model_digest(o->surrogate));
  const bw_status status = prepare(e, model, dataset, o, err);
  if (status == BW_OK)
    *out = e;
  else
    bw_evaluation_free(e);
  return status;
}

/* ---- doing it ---- */

typedef struct evaluator {
  bw_evaluation *e;
  bwi_crew crew;
  bw_model *transfer; /* the model with the surrogate's gradients; NULL: there is none */
  const bw_evaluation_options *options;
  const char *resume_path;
} evaluator;

static bw_status run_clean(evaluator *v, bw_error *err) {
  bw_evaluation *e = v->e;
  BW_TRY(bwi_clean_run(&e->clean, &v->crew, e->dataset, err));
  e->clean_done = true;
  for (uint64_t i = 0; i < e->count; i++) e->clean_right += bwi_is_right(e, i);
  return BW_OK;
}

static bwi_stage_call stage_call(evaluator *v) {
  return (bwi_stage_call){
      .crew = &v->crew, .dataset = v->e->dataset, .clean = &v->e->clean, .seed = v->e->seed};
}

static bw_status keep_progress(const evaluator *v, bw_error *err) {
  return v->resume_path != NULL ? bwi_resume_write(v->e, v->resume_path, err) : BW_OK;
}

static bw_status open_crew(bwi_crew *crew, bw_model *model, const bw_evaluation_options *o, bw_error *err) {
  return bwi_crew_open(crew, model, o->threads, o->batch, o->progress, err);
}

static bw_status attack_what_stands(evaluator *v, uint32_t k, bw_error *err) {
  bw_evaluation *e = v->e;
  bwi_stage_call call = stage_call(v);
  uint64_t *chosen = bwi_alloc(e->count, sizeof *chosen);
  if (chosen == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to choose samples");
  for (uint64_t i = 0; i < e->count; i++)
    if (bwi_stands(e, i)) chosen[call.n_chosen++] = i;
  call.chosen = chosen;
  bw_attack_result *result = NULL;
  bwi_crew transfer = {0};
  bw_status status = BW_OK;
  if (bwi_is_transfer(&e->suite, k)) {
    status = open_crew(&transfer, v->transfer, v->options, err);
    call.crew = &transfer;
  }
  if (status == BW_OK) status = bwi_stage_run(&e->stages[k], &result, &call, &e->suite.attacks[k], err);
  if (status == BW_OK) bwi_absorb_stage(e, k, result);
  bw_attack_result_free(result);
  bwi_crew_close(&transfer);
  bwi_free(chosen);
  return status;
}

static bw_status run_suite(evaluator *v, bw_error *err) {
  for (uint32_t k = 0; k < v->e->suite.n_attacks; k++) {
    if (v->e->stages[k].count > 0) continue;
    BW_TRY(attack_what_stands(v, k, err));
    BW_TRY(keep_progress(v, err));
  }
  return BW_OK;
}

static bw_status run_curve(evaluator *v, bw_error *err) {
  bw_evaluation *e = v->e;
  const bwi_stage_call call = stage_call(v);
  if (e->n_budgets == 0) return BW_OK;
  e->curve_attack = bwi_strongest(e, false);
  for (uint32_t k = 1; k < e->n_budgets; k++) {
    if (!bwi_has_stage(e, k) || e->curve[k].count > 0) continue;
    const bw_attack attack = bwi_attack_with_eps(&e->suite.attacks[e->curve_attack], e->budgets[k]);
    BW_TRY(bwi_stage_run(&e->curve[k], NULL, &call, &attack, err));
    BW_TRY(keep_progress(v, err));
  }
  return BW_OK;
}

static bw_status run_all(evaluator *v, bw_error *err) {
  BW_TRY(run_clean(v, err));
  if (v->resume_path != NULL) BW_TRY(bwi_resume_read(v->e, v->resume_path, err));
  BW_TRY(run_suite(v, err));
  BW_TRY(run_curve(v, err));
  BW_TRY(bwi_checks_run(v->e, &v->crew, err));
  v->e->complete = true;
  return BW_OK;
}

bw_status bw_evaluation_run(bw_evaluation **out, bw_model *model, const bw_dataset *dataset,
                            const bw_evaluation_options *options, bw_error *err) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  if (options != NULL) bwi_options_take(&o, sizeof o, options, options->struct_size);
  const double start = bwi_now();
  evaluator v = {.options = &o, .resume_path = o.resume_path};
  const locale_t before = bwi_c_locale_enter(); /* configurations and findings are written on the way */
  bw_status status = create(&v.e, model, dataset, &o, err);
  if (status == BW_OK && o.surrogate != NULL)
    status = bw_model_with_surrogate(&v.transfer, model, o.surrogate, err);
  if (status != BW_OK) goto out;
  status = open_crew(&v.crew, model, &o, err);
  if (status == BW_OK) status = run_all(&v, err);
  bwi_crew_close(&v.crew);
  if (status == BW_OK || status == BW_ECANCEL) {
    const bw_status counted = bwi_count_classes(v.e, err);
    if (counted != BW_OK) status = counted;
    v.e->seconds = bwi_now() - start;
  }
out:
  bw_model_free(v.transfer);
  bwi_c_locale_leave(before);
  if (status == BW_OK || status == BW_ECANCEL)
    *out = v.e;
  else
    bw_evaluation_free(v.e);
  return status;
}
