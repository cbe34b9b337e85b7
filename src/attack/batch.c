/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle of an attack: evaluates iterates, counts, and believes a success only after a fresh float32
 * forward pass by direct kernels and a look at the norm and the box. */
#include <math.h>
#include <string.h>

#include "attack/oracle.h"
#include "attack/queries.h"
#include "base/memory.h"

double bwi_unit_cotangent(uint32_t n_classes, float *cotangent) {
  float greatest = 0;
  for (uint32_t c = 0; c < n_classes; c++)
    if (fabsf(cotangent[c]) > greatest) greatest = fabsf(cotangent[c]);
  if (!isfinite(greatest)) return 1;
  for (uint32_t c = 0; c < n_classes && greatest > 0; c++)
    cotangent[c] = (float)((double)cotangent[c] / (double)greatest);
  return (double)greatest;
}

bool bwi_is_success(const bwi_subject *s, int32_t prediction) {
  return prediction >= 0 && (s->target >= 0 ? prediction == s->target : prediction != s->label);
}

double bwi_margin(const bwi_subject *s, uint32_t n_classes, const float *logits) {
  const uint32_t own = (uint32_t)(s->target >= 0 ? s->target : s->label);
  double other = -INFINITY;
  for (uint32_t c = 0; c < n_classes; c++)
    if (c != own && (double)logits[c] > other) other = (double)logits[c];
  return s->target >= 0 ? (double)logits[own] - other : other - (double)logits[own];
}

bool bwi_is_wanted(const bwi_batch *batch, const bwi_subject *s, const float *logits) {
  return bwi_is_success(s, bwi_predict(batch->n_classes, logits)) &&
         (batch->confidence == 0 || bwi_margin(s, batch->n_classes, logits) >= batch->confidence);
}

double bwi_score(const bwi_subject *s, bwi_loss loss, uint32_t n_classes, const float *logits) {
  if (loss != BWI_LOSS_CE) return bwi_margin(s, n_classes, logits);
  return s->target >= 0 ? -bwi_cross_entropy(n_classes, logits, (uint32_t)s->target)
                        : bwi_cross_entropy(n_classes, logits, (uint32_t)s->label);
}

static void swap_floats(float *a, float *b, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    const float kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}

float *bwi_batch_row(const bwi_batch *batch, uint64_t i, uint32_t k) {
  return batch->state + (i * batch->attack->class->n_rows + k) * batch->ball.d;
}

void *bwi_batch_note(const bwi_batch *batch, uint64_t i) {
  return (char *)batch->notes + i * batch->attack->class->note_bytes;
}

static void swap_notes(char *a, char *b, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const char kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}

static void swap_rows(bwi_batch *batch, uint64_t i, uint64_t j) {
  if (i == j) return;
  const uint64_t d = batch->ball.d, classes = batch->n_classes;
  const bwi_subject subject = batch->subjects[i];
  batch->subjects[i] = batch->subjects[j];
  batch->subjects[j] = subject;
  swap_floats(batch->x + i * d, batch->x + j * d, d);
  swap_floats(batch->slope + i * d, batch->slope + j * d, d);
  swap_floats(batch->logits + i * classes, batch->logits + j * classes, classes);
  const int32_t answer = batch->answers[i];
  batch->answers[i] = batch->answers[j];
  batch->answers[j] = answer;
  const bwi_attack_class *class = batch->attack->class;
  if (class->n_rows > 0)
    swap_floats(bwi_batch_row(batch, i, 0), bwi_batch_row(batch, j, 0), class->n_rows * d);
  if (class->note_bytes > 0)
    swap_notes(bwi_batch_note(batch, i), bwi_batch_note(batch, j), class->note_bytes);
}

void bwi_batch_drop(bwi_batch *batch, uint64_t i) {
  swap_rows(batch, i, --batch->n);
}

/* ---- passes of a random model ---- */

/* Copies rows [at, at + n) behind themselves until they are there n_draws times. */
static void repeat_rows(bwi_batch *batch, uint64_t at, uint64_t n, uint32_t n_draws) {
  const uint64_t d = batch->ball.d;
  for (uint32_t r = 1; r < n_draws; r++)
    memcpy(batch->x + (at + r * n) * d, batch->x + at * d, n * d * sizeof(float));
}

/* The first n of n_draws * n values become the means over the draws. */
static void average(float *values, uint64_t n, uint32_t n_draws) {
  for (uint64_t k = 0; k < n && n_draws > 1; k++) {
    double sum = 0;
    for (uint32_t r = 0; r < n_draws; r++) sum += (double)values[r * n + k];
    values[k] = (float)(sum / n_draws);
  }
}

/* ---- successes ---- */

static double measure(const bwi_batch *batch, const float *x, const float *clean) {
  const bwi_attack_class *class = batch->attack->class;
  if (class->measure != NULL) return class->measure(batch, x, clean);
  return bwi_distance(batch->ball.norm, batch->ball.d, x, clean);
}

/* Of two successes for a sample the one that is worth more is kept. */
static double worth(const bwi_batch *batch, uint64_t i, const float *x, const float *logits) {
  const bwi_subject *s = &batch->subjects[i];
  if (batch->attack->class->info.nearest) return -measure(batch, x, s->clean);
  return bwi_margin(s, batch->n_classes, logits);
}

static bool is_better(const bwi_batch *batch, uint64_t i, double worth_of_it) {
  const bwi_trail *trail = &batch->oracle->result->trails[batch->subjects[i].index];
  return trail->adversarial == NULL || worth_of_it > trail->worth;
}

/* Moves the rows that look like successes worth keeping behind the others; returns where they begin. */
static uint64_t gather_claims(bwi_batch *batch) {
  const bwi_oracle *oracle = batch->oracle;
  uint64_t begin = batch->n;
  for (uint64_t i = batch->n; i-- > 0;) {
    const bwi_subject *s = &batch->subjects[i];
    const float *logits = batch->logits + i * batch->n_classes, *x = batch->x + i * batch->ball.d;
    if (!bwi_is_wanted(batch, s, logits)) continue;
    if (batch->roams && !bwi_ball_holds(&batch->ball, s->clean, x)) continue;
    oracle->result->trails[s->index].seen = 1;
    if (!oracle->early_stop && !is_better(batch, i, worth(batch, i, x, logits))) continue;
    swap_rows(batch, i, --begin);
  }
  return begin;
}

/* Row `at` holds what is claimed for sample i, and its verified logits. Keeps it if it is a success and the
 * best one; BW_OK either way. */
static bw_status judge(bwi_batch *batch, uint64_t i, uint64_t at, bool *accepted, bw_error *err) {
  bwi_oracle *oracle = batch->oracle;
  bwi_subject *s = &batch->subjects[i];
  const float *x = batch->x + at * batch->ball.d, *logits = batch->logits + at * batch->n_classes;
  bwi_trail *trail = &oracle->result->trails[s->index];
  const int32_t prediction = bwi_predict(batch->n_classes, logits);
  *accepted = bwi_is_wanted(batch, s, logits) && bwi_ball_holds(&batch->ball, s->clean, x);
  if (!*accepted) {
    trail->n_refused += batch->n_bits == 0; /* a success that rounding undoes is no false claim */
    return BW_OK;
  }
  const bool is_first = trail->adversarial == NULL;
  const double worth_of_it = worth(batch, i, x, logits);
  if (!is_better(batch, i, worth_of_it)) return BW_OK;
  if (is_first) trail->adversarial = bwi_alloc(batch->ball.d, sizeof(float));
  if (trail->adversarial == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an adversarial sample");
  memcpy(trail->adversarial, x, batch->ball.d * sizeof(float));
  trail->worth = worth_of_it;
  bw_sample_outcome *outcome = &oracle->result->outcomes[s->index];
  outcome->attacked = outcome->success = 1;
  outcome->adversarial_prediction = prediction;
  outcome->distance = (float)bwi_distance(batch->ball.norm, batch->ball.d, x, s->clean);
  if (is_first) (void)bwi_meter_add(oracle->meter, oracle->sample_left, 1);
  if (batch->attack->class->info.access < BW_ACCESS_GRADIENT)
    return bwi_query_note(&trail->by_queries, outcome->forwards, outcome->distance, err);
  return BW_OK;
}

/* Verifies what looks like a success; what is one leaves the batch, unless more is wanted of it. Rows from n
 * on are free: there is what images are rounded to, and what a random model is asked again. */
static bw_status settle(bwi_batch *batch, bw_error *err) {
  if (batch->probes) return BW_OK;
  const bwi_oracle *oracle = batch->oracle;
  const uint64_t d = batch->ball.d, begin = gather_claims(batch), end = batch->n, n = end - begin;
  if (n == 0) return BW_OK;
  const uint64_t at = batch->n_bits > 0 ? end : begin;
  for (uint64_t k = 0; k < n && batch->n_bits > 0; k++)
    bwi_ball_round(&batch->ball, batch->subjects[begin + k].clean, batch->x + (begin + k) * d, batch->n_bits,
                   batch->x + (end + k) * d);
  repeat_rows(batch, at, n, batch->n_draws);
  BW_TRY(bwi_session_logits(oracle->session, n * batch->n_draws, batch->x + at * d, BWI_PASS_DIRECT,
                            batch->logits + at * batch->n_classes, err));
  average(batch->logits + at * batch->n_classes, n * batch->n_classes, batch->n_draws);
  batch->n = begin;
  for (uint64_t k = 0; k < n; k++) {
    bool accepted = false;
    BW_TRY(judge(batch, begin + k, at + k, &accepted, err));
    if (!accepted || !oracle->early_stop) swap_rows(batch, batch->n++, begin + k);
  }
  return BW_OK;
}

/* ---- calls of the model ---- */

static bw_status begin_call(bwi_batch *batch, bw_access access, uint32_t n_evaluations, bw_error *err) {
  const bw_attack_info *info = &batch->attack->class->info;
  if (info->access < access)
    return BW_FAIL(err, BW_EINTERNAL, "%s asks for more access than it declares", info->name);
  if (!bwi_meter_add(batch->oracle->meter, 0, 0)) return BW_FAIL(err, BW_ECANCEL, "cancelled");
  const uint64_t n_passes = (uint64_t)n_evaluations * batch->n_draws;
  for (uint64_t i = 0; i < batch->n; i++) {
    bw_sample_outcome *outcome = &batch->oracle->result->outcomes[batch->subjects[i].index];
    outcome->forwards += n_passes;
    if (access == BW_ACCESS_GRADIENT) outcome->backwards += n_passes;
  }
  return BW_OK;
}

/* Gradients at rows [0, n) as means over the draws of a random model. */
static bw_status evaluate(bwi_batch *batch, uint64_t n, bwi_cotangent_fn cotangent, void *payload,
                          bw_error *err) {
  repeat_rows(batch, 0, n, batch->n_draws);
  BW_TRY(bwi_session_gradient(batch->oracle->session, n * batch->n_draws, batch->x, cotangent, payload,
                              batch->logits, batch->slope, err));
  average(batch->logits, n * batch->n_classes, batch->n_draws);
  average(batch->slope, n * batch->ball.d, batch->n_draws);
  return BW_OK;
}

typedef struct cotangent_call {
  bwi_batch *batch;
  bwi_loss loss;
  bwi_own_loss_fn own;
} cotangent_call;

static void write_cotangents(void *payload, uint64_t first, uint64_t n, const float *logits,
                             float *cotangents) {
  const cotangent_call *call = payload;
  const uint32_t classes = call->batch->n_classes;
  for (uint64_t k = 0; k < n; k++) {
    const uint64_t i = (first + k) % call->batch->n;
    bwi_subject *s = &call->batch->subjects[i];
    const float *z = logits + k * classes;
    float *cotangent = cotangents + k * classes;
    const double loss = call->own != NULL
                            ? call->own(call->batch, i, z, cotangent)
                            : bwi_loss_eval(call->loss, classes, z, s->label, s->aim, cotangent);
    if (first + k < call->batch->n) s->loss = 0;
    s->loss += loss / call->batch->n_draws;
    /* draws that were scaled each in its own way would have a mean of directions, not of gradients */
    s->scale = call->own != NULL || call->batch->n_draws > 1 ? 1 : bwi_unit_cotangent(classes, cotangent);
  }
}

static bw_status climb(bwi_batch *batch, bwi_loss loss, bwi_own_loss_fn own, bw_error *err) {
  if (batch->n == 0) return BW_OK;
  BW_TRY(begin_call(batch, BW_ACCESS_GRADIENT, 1, err));
  cotangent_call call = {.batch = batch, .loss = loss, .own = own};
  BW_TRY(evaluate(batch, batch->n, write_cotangents, &call, err));
  return settle(batch, err);
}

bw_status bwi_batch_gradient(bwi_batch *batch, bwi_loss loss, bw_error *err) {
  return climb(batch, loss, NULL, err);
}

bw_status bwi_batch_gradient_of(bwi_batch *batch, bwi_own_loss_fn loss, bw_error *err) {
  return climb(batch, BWI_LOSS_CE, loss, err);
}

/* Scores at rows [0, n), likewise. */
static bw_status evaluate_scores(bwi_batch *batch, uint64_t n, bw_error *err) {
  const bwi_pass pass = batch->nearby ? BWI_PASS_NEARBY : BWI_PASS_SEARCH;
  repeat_rows(batch, 0, n, batch->n_draws);
  BW_TRY(bwi_session_logits(batch->oracle->session, n * batch->n_draws, batch->x, pass, batch->logits, err));
  average(batch->logits, n * batch->n_classes, batch->n_draws);
  return BW_OK;
}

static bw_status evaluate_logits(bwi_batch *batch, bw_access access, bw_error *err) {
  BW_TRY(begin_call(batch, access, 1, err));
  return evaluate_scores(batch, batch->n, err);
}

bw_status bwi_batch_logits(bwi_batch *batch, bw_error *err) {
  if (batch->n == 0) return BW_OK;
  BW_TRY(evaluate_logits(batch, BW_ACCESS_SCORE, err));
  return settle(batch, err);
}

bw_status bwi_batch_labels(bwi_batch *batch, bw_error *err) {
  if (batch->n == 0) return BW_OK;
  const uint64_t n = batch->n;
  BW_TRY(evaluate_logits(batch, BW_ACCESS_LABEL, err));
  for (uint64_t i = 0; i < n; i++)
    batch->answers[i] = bwi_predict(batch->n_classes, batch->logits + i * batch->n_classes);
  BW_TRY(settle(batch, err));
  for (uint64_t k = 0; k < n * batch->n_classes; k++) batch->logits[k] = NAN; /* not for the attack to see */
  return BW_OK;
}

bw_status bwi_batch_trials(bwi_batch *batch, const bwi_trials *trials, bw_error *err) {
  if (batch->n == 0) return BW_OK;
  const uint64_t d = batch->ball.d, n = batch->n;
  const uint32_t n_aside = (uint32_t)(batch->capacity / (n * batch->n_draws));
  BW_TRY(begin_call(batch, BW_ACCESS_SCORE, trials->n, err));
  for (uint32_t first = 0; first < trials->n; first += n_aside) {
    const uint32_t count = trials->n - first < n_aside ? trials->n - first : n_aside;
    for (uint64_t i = 0; i < n; i++)
      for (uint32_t k = 0; k < count; k++)
        trials->write(trials->payload, batch, i, first + k, batch->x + (k * n + i) * d);
    BW_TRY(evaluate_scores(batch, count * n, err));
    for (uint64_t i = 0; i < n; i++)
      for (uint32_t k = 0; k < count; k++)
        trials->visit(trials->payload, batch, i, first + k, batch->x + (k * n + i) * d,
                      batch->logits + (k * n + i) * batch->n_classes);
  }
  return BW_OK;
}

/* ---- gradients of all classes ---- */

/* The k-th class that is not the label. */
static uint32_t other_class(const bwi_batch *batch, uint64_t i, uint32_t k) {
  return k < (uint32_t)batch->subjects[i].label ? k : k + 1;
}

/* Rows [j * n, (j + 1) * n) of the buffers are the samples for the class number first + j of each. */
typedef struct class_call {
  const bwi_batch *batch;
  bwi_class_choice_fn choice;
  uint32_t first;
  uint64_t n_rows;
} class_call;

static void write_differences(void *payload, uint64_t first, uint64_t n, const float *logits,
                              float *cotangents) {
  (void)logits;
  const class_call *call = payload;
  const bwi_batch *batch = call->batch;
  memset(cotangents, 0, n * batch->n_classes * sizeof *cotangents);
  for (uint64_t k = 0; k < n; k++) {
    const uint64_t row = (first + k) % call->n_rows; /* draws repeat all of the rows */
    const uint64_t i = row % batch->n;
    const uint32_t class = call->choice(batch, i, call->first + (uint32_t)(row / batch->n));
    cotangents[k * batch->n_classes + class] = 1;
    cotangents[k * batch->n_classes + (uint32_t)batch->subjects[i].label] = -1;
  }
}

bw_status bwi_batch_chosen_slopes(bwi_batch *batch, uint32_t n_chosen, bwi_class_choice_fn choice,
                                  bwi_class_slope_fn visit, bw_error *err) {
  if (batch->n == 0) return BW_OK;
  const uint64_t d = batch->ball.d, n = batch->n;
  const uint32_t n_aside = (uint32_t)(batch->capacity / (n * batch->n_draws));
  BW_TRY(begin_call(batch, BW_ACCESS_GRADIENT, n_chosen, err));
  for (uint32_t first = 0; first < n_chosen; first += n_aside) {
    const uint32_t count = n_chosen - first < n_aside ? n_chosen - first : n_aside;
    repeat_rows(batch, 0, n, count);
    class_call call = {.batch = batch, .choice = choice, .first = first, .n_rows = count * n};
    BW_TRY(evaluate(batch, count * n, write_differences, &call, err));
    for (uint64_t k = 0; k < count * n; k++)
      visit(batch, k % n, choice(batch, k % n, first + (uint32_t)(k / n)), batch->slope + k * d);
  }
  return settle(batch, err);
}

bw_status bwi_batch_class_slopes(bwi_batch *batch, bwi_class_slope_fn visit, bw_error *err) {
  return bwi_batch_chosen_slopes(batch, batch->n_classes - 1, other_class, visit, err);
}
