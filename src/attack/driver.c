/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/driver.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack/fit.h"
#include "attack/oracle.h"
#include "attack/universal.h"
#include "base/memory.h"
#include "base/options.h"

typedef struct attack_call {
  bwi_crew *crew;
  const bwi_assignment *assignment;
  bw_attack attack; /* the assigned one, or the part of it that is under way */
  uint32_t n_parts, part;
  bw_attack_result *result;
  bwi_layout layout;
  uint64_t *survivors; /* samples still to be broken */
  uint64_t n_survivors;
  uint32_t n_rivals;        /* classes that each restart tries in turn */
  uint32_t round, n_rounds; /* a round is one class of one restart */
} attack_call;

enum { TARGET_NONE, TARGET_NEXT, TARGET_RANDOM, TARGET_LEAST_LIKELY };
static const uint32_t target_stream = 0xFFFF0000; /* no attack has it */

/* The class that sample i is to be turned into; -1: any wrong one. */
static int32_t target_of(const bwi_assignment *a, uint32_t n_classes, uint64_t i) {
  if (a->targets != NULL) return a->targets[i];
  const int32_t label = bw_dataset_label(a->dataset, i), classes = (int32_t)n_classes;
  const int32_t towards = (int32_t)bwi_attack_value(a->attack, "towards", -1);
  if (towards >= 0) return towards;
  const int choice = (int)bwi_attack_value(a->attack, "target", TARGET_NONE);
  if (choice == TARGET_LEAST_LIKELY) return a->clean->least_likely[i];
  if (choice == TARGET_NEXT) return (label + 1) % classes;
  if (choice == TARGET_NONE || classes < 2) return -1;
  uint32_t draw = 0;
  bwi_rng_u32(&draw, 1, (bwi_rng_key){a->seed, (uint32_t)bw_dataset_origin(a->dataset, i), target_stream}, 0);
  return (label + 1 + (int32_t)(draw % (uint32_t)(classes - 1))) % classes;
}

static bwi_subject subject_of(const attack_call *call, uint64_t i) {
  const bwi_assignment *a = call->assignment;
  const uint32_t stream =
      (uint32_t)call->attack.class->stream << 16 | (a->first_restart * call->n_rivals + call->round);
  const int32_t target = target_of(a, call->crew->model->n_classes, i);
  return (bwi_subject){
      .index = i,
      .clean = bw_dataset_sample(a->dataset, i),
      .label = bw_dataset_label(a->dataset, i),
      .target = target,
      .aim = target,
      .key = {.seed = a->seed, .sample = (uint32_t)bw_dataset_origin(a->dataset, i), .stream = stream},
      .lowest = NAN,
      .highest = NAN,
      .highest_before = NAN,
  };
}

/* The data set may know the axes of a sample that the model takes as one row. */
static bwi_layout layout_of(const bw_model *model, const bw_dataset *dataset) {
  if (model->shape.n > 1) return bwi_layout_of(model->shape.n, model->shape.v);
  return bwi_layout_of(bw_dataset_rank(dataset), bw_dataset_shape(dataset));
}

static bwi_batch fill_batch(const attack_call *call, bwi_worker *worker, uint64_t first, uint64_t count) {
  const size_t d = (size_t)call->crew->model->d;
  bwi_batch batch = {
      .attack = &call->attack,
      .ball = call->result->ball,
      .n_classes = call->crew->model->n_classes,
      .restart = call->assignment->first_restart + call->round / call->n_rivals,
      .rival = call->round % call->n_rivals,
      .layout = call->layout,
      .dataset = call->assignment->dataset,
      .n = count,
      .capacity = worker->capacity,
      .n_draws = (uint32_t)bwi_attack_value(&call->attack, "eot", 1),
      .n_bits = (uint32_t)bwi_attack_value(&call->attack, "quantize", 0),
      .subjects = worker->subjects,
      .x = worker->x,
      .slope = worker->slope,
      .state = worker->state,
      .notes = worker->notes,
      .logits = worker->logits,
      .answers = worker->answers,
      .scratch = worker->scratch,
      .universal = call->result->universal,
  };
  for (uint64_t i = 0; i < count; i++) {
    batch.subjects[i] = subject_of(call, call->survivors[first + i]);
    memcpy(batch.x + i * d, batch.subjects[i].clean, d * sizeof(float));
  }
  const bwi_attack_class *class = batch.attack->class;
  if (class->n_rows > 0) memset(batch.state, 0, count * class->n_rows * d * sizeof(float));
  if (class->note_bytes > 0) memset(batch.notes, 0, count * class->note_bytes);
  return batch;
}

static bool stops_early(const bw_attack *attack) {
  return bwi_attack_value(attack, "early_stop", 1) != 0;
}

bool bwi_seeks_nearest(const bw_attack *attack) {
  return attack->class->info.nearest && !stops_early(attack);
}

static bw_status attack_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                              bw_error *err) {
  const attack_call *call = payload;
  const bwi_attack_class *class = call->attack.class;
  const double share = 1.0 / call->n_parts / call->n_rounds; /* of the work that this round is */
  BW_TRY(bwi_worker_reserve(worker, call->crew, &call->attack, err));
  bwi_oracle oracle = {
      .session = worker->session,
      .meter = &call->crew->meter,
      .result = call->result,
      .early_stop = stops_early(&call->attack),
      .sample_left = 1 - ((double)call->part * call->n_rounds + call->round) * share,
  };
  bwi_batch batch = fill_batch(call, worker, first, count);
  batch.oracle = &oracle;
  BW_TRY(class->run(&batch, err));
  uint64_t n_left = 0;
  for (uint64_t i = 0; i < batch.n; i++) {
    const bwi_subject *s = &batch.subjects[i];
    const double rise = s->highest - s->lowest;
    call->result->trails[s->index].late_gain =
        rise > 0 ? (float)((s->highest - s->highest_before) / rise) : 0;
    if (isnan(s->highest_before)) call->result->trails[s->index].late_gain = NAN;
  }
  for (uint64_t i = 0; i < count; i++)
    n_left += call->result->outcomes[call->survivors[first + i]].success == 0;
  if (!bwi_meter_add(&call->crew->meter, (double)n_left * share, 0))
    return BW_FAIL(err, BW_ECANCEL, "cancelled");
  return BW_OK;
}

static bool to_be_attacked(const bwi_assignment *a, uint32_t n_classes, uint64_t i) {
  const int32_t label = bw_dataset_label(a->dataset, i), target = target_of(a, n_classes, i);
  return target >= 0 ? target != label : a->clean->predictions[i] == label;
}

static void list_subjects(attack_call *call) {
  const bwi_assignment *a = call->assignment;
  const uint64_t n = a->chosen != NULL ? a->n_chosen : call->result->count;
  for (uint64_t k = 0; k < n; k++) {
    const uint64_t i = a->chosen != NULL ? a->chosen[k] : k;
    if (to_be_attacked(a, call->crew->model->n_classes, i)) call->survivors[call->n_survivors++] = i;
  }
}

static void begin_phase(attack_call *call) {
  const bwi_assignment *a = call->assignment;
  const uint64_t n = a->chosen != NULL ? a->n_chosen : call->result->count;
  char phase[64];
  snprintf(phase, sizeof phase, "%s eps %.4g", a->attack->class->info.name, a->attack->eps);
  bwi_meter_begin(&call->crew->meter, a->phase != NULL ? a->phase : phase, n, n - call->n_survivors,
                  (int64_t)(n - call->n_survivors));
}

static void drop_broken(attack_call *call) {
  uint64_t n = 0;
  for (uint64_t k = 0; k < call->n_survivors; k++)
    if (call->result->outcomes[call->survivors[k]].success == 0) call->survivors[n++] = call->survivors[k];
  call->n_survivors = n;
}

/* Samples in flight for a worker, whose rows must suffice for all that a sample needs. */
static uint64_t in_flight(const attack_call *call) {
  const uint64_t n = call->crew->batch / bwi_rows_for(&call->attack), most = call->assignment->most;
  const uint64_t at_least = n > 0 ? n : 1;
  return most != 0 && most < at_least ? most : at_least;
}

/* Makes what is the same for all samples from those that are to be attacked. */
static bw_status fit(attack_call *call, bw_error *err) {
  if (call->attack.class->fit == NULL || call->n_survivors == 0) return BW_OK;
  bwi_subject *subjects = bwi_alloc(call->n_survivors, sizeof *subjects);
  if (subjects == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to fit %s", call->attack.class->info.name);
  for (uint64_t k = 0; k < call->n_survivors; k++) subjects[k] = subject_of(call, call->survivors[k]);
  const bw_status status = bwi_fit(call->result, call->crew, &call->attack, &call->layout,
                                   call->assignment->seed, call->n_survivors, subjects, err);
  bwi_free(subjects);
  begin_phase(call);
  return status;
}

static bw_status run_rounds(attack_call *call, bw_error *err) {
  const bw_attack *attack = &call->attack;
  call->n_rivals = (uint32_t)bwi_attack_value(attack, "targets", 1);
  call->n_rounds = call->n_rivals * (uint32_t)bwi_attack_value(attack, "restarts", 1);
  if (attack->class->check != NULL) BW_TRY(attack->class->check(attack, call->crew->model, err));
  BW_TRY(fit(call, err));
  for (call->round = 0; call->round < call->n_rounds; call->round++) {
    BW_TRY(bwi_crew_run(call->crew, call->n_survivors, in_flight(call), attack_chunk, call, err));
    if (!bwi_seeks_nearest(attack)) drop_broken(call);
  }
  return BW_OK;
}

static bw_status run_parts(attack_call *call, bw_error *err) {
  const bw_attack *whole = call->assignment->attack;
  const bw_model *model = call->crew->model;
  if (whole->class->part == NULL) return run_rounds(call, err);
  while (whole->class->part(&call->attack, whole, model, call->n_parts)) call->n_parts++;
  for (; whole->class->part(&call->attack, whole, model, call->part); call->part++)
    BW_TRY(run_rounds(call, err));
  return BW_OK;
}

bw_status bwi_attack_run(bw_attack_result **out, bwi_crew *crew, const bwi_assignment *a, bw_error *err) {
  const bw_model *model = crew->model;
  const bw_attack_info *info = &a->attack->class->info;
  if (model->access < info->access)
    return BW_FAIL(err, BW_EUNSUPPORTED, "%s needs more access than the model gives", info->name);
  const double start = bwi_now();
  const uint64_t d = (uint64_t)model->d;
  const bwi_ball ball = {
      .norm = a->attack->norm,
      .radius = fmin(a->attack->eps, bwi_ball_covering(a->attack->norm, model->lower, model->upper, d)),
      .lower = model->lower,
      .upper = model->upper,
      .d = d,
  };
  attack_call call = {.crew = crew,
                      .assignment = a,
                      .attack = *a->attack,
                      .n_parts = 1,
                      .layout = layout_of(model, a->dataset)};
  call.result = bwi_attack_result_create(a->dataset, &ball);
  call.survivors = bwi_alloc(a->clean->count, sizeof *call.survivors);
  bw_status status = BW_OK;
  if (call.result == NULL || call.survivors == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory for the results of %s", info->name);
    goto out;
  }
  for (uint64_t i = 0; i < a->clean->count; i++) {
    call.result->outcomes[i].clean_prediction = a->clean->predictions[i];
    call.result->outcomes[i].adversarial_prediction = a->clean->predictions[i];
  }
  list_subjects(&call);
  begin_phase(&call);
  status = run_parts(&call, err);
  for (uint64_t k = 0; k < call.n_survivors && status == BW_OK; k++)
    call.result->outcomes[call.survivors[k]].attacked = 1;
  call.result->seconds = bwi_now() - start;
out:
  bwi_free(call.survivors);
  if (status == BW_OK || status == BW_ECANCEL)
    *out = call.result;
  else
    bw_attack_result_free(call.result);
  return status;
}

/* ---- the public function ---- */

void bw_run_options_init(bw_run_options *options, size_t struct_size) {
  const bw_run_options standard = {.struct_size = struct_size};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

static bw_status check_targets(const bw_model *model, const bw_dataset *dataset, const int32_t *targets,
                               bw_error *err) {
  for (uint64_t i = 0; targets != NULL && i < bw_dataset_count(dataset); i++)
    if (targets[i] < 0 || (uint32_t)targets[i] >= model->n_classes)
      return BW_FAIL(err, BW_EINVAL, "target %" PRId32 " of sample %" PRIu64 " is not a class of the model",
                     targets[i], i);
  return BW_OK;
}

bw_status bw_attack_run(bw_attack_result **out, const bw_attack *attack, bw_model *model,
                        const bw_dataset *dataset, const bw_run_options *options, bw_error *err) {
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  if (options != NULL) bwi_options_take(&o, sizeof o, options, options->struct_size);
  BW_TRY(bwi_check_fit(model, dataset, err));
  BW_TRY(check_targets(model, dataset, o.targets, err));
  const double start = bwi_now();
  bwi_crew crew = {0};
  bwi_clean clean = {0};
  BW_TRY(bwi_crew_open(&crew, model, o.threads, o.batch, o.progress, err));
  bw_status status = bwi_clean_run(&clean, &crew, dataset, err);
  if (status == BW_OK || status == BW_ECANCEL) {
    const bwi_assignment a = {
        .attack = attack, .dataset = dataset, .clean = &clean, .targets = o.targets, .seed = o.seed};
    const bw_status attacked = bwi_attack_run(out, &crew, &a, err);
    if (attacked != BW_OK) status = attacked;
    if (attacked == BW_OK || attacked == BW_ECANCEL) (*out)->seconds = bwi_now() - start;
  }
  bwi_clean_clear(&clean);
  bwi_crew_close(&crew);
  return status;
}
