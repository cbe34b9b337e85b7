/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/crew.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/workers.h"

/* Large enough that the kernels are busy, small enough that a worker's rows stay in its cache. */
static uint64_t usual_batch(int64_t d) {
  uint64_t batch = 256;
  while (batch > 8 && batch * (uint64_t)d > (uint64_t)1 << 18) batch /= 2;
  return batch;
}

static void free_rows(bwi_worker *worker) {
  bwi_free(worker->x);
  bwi_free(worker->slope);
  bwi_free(worker->logits);
  bwi_free(worker->answers);
  worker->x = worker->slope = worker->logits = NULL;
  worker->answers = NULL;
  worker->capacity = 0;
}

static bw_status reserve_rows(bwi_worker *worker, const bw_model *model, uint64_t capacity, bw_error *err) {
  if (capacity <= worker->capacity) return BW_OK;
  const size_t d = (size_t)model->d;
  free_rows(worker);
  worker->x = bwi_alloc(capacity, d * sizeof(float));
  worker->slope = bwi_alloc(capacity, d * sizeof(float));
  worker->logits = bwi_alloc(capacity, model->n_classes * sizeof(float));
  worker->answers = bwi_alloc(capacity, sizeof *worker->answers);
  if (worker->x == NULL || worker->slope == NULL || worker->logits == NULL || worker->answers == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for a batch of %" PRIu64 " samples", capacity);
  worker->capacity = capacity;
  return BW_OK;
}

static bw_status open_worker(bwi_worker *worker, const bwi_crew *crew, bw_error *err) {
  worker->subjects = bwi_alloc(crew->batch, sizeof *worker->subjects);
  worker->scratch = bwi_alloc((size_t)crew->model->d, sizeof(float));
  if (worker->subjects == NULL || worker->scratch == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for a batch of %" PRIu64 " samples", crew->batch);
  BW_TRY(reserve_rows(worker, crew->model, crew->batch, err));
  return bwi_session_open(&worker->session, crew->model, err);
}

static void close_worker(bwi_worker *worker) {
  bwi_session_free(worker->session);
  free_rows(worker);
  bwi_free(worker->subjects);
  bwi_free(worker->state);
  bwi_free(worker->notes);
  bwi_free(worker->scratch);
}

uint64_t bwi_rows_for(const bw_attack *attack) {
  const bool rounds = bwi_attack_value(attack, "quantize", 0) > 0;
  return (uint64_t)bwi_attack_value(attack, "eot", 1) + rounds;
}

bw_status bwi_worker_reserve(bwi_worker *worker, const bwi_crew *crew, const bw_attack *attack,
                             bw_error *err) {
  const bwi_attack_class *class = attack->class;
  BW_TRY(reserve_rows(worker, crew->model, bwi_rows_for(attack), err));
  const size_t row_bytes = (size_t)crew->model->d * sizeof(float);
  if (class->n_rows > worker->n_rows) {
    float *state = bwi_alloc(crew->batch * class->n_rows, row_bytes);
    if (state == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the state of %s", class->info.name);
    bwi_free(worker->state);
    worker->state = state;
    worker->n_rows = class->n_rows;
  }
  if (class->note_bytes > worker->note_bytes) {
    char *notes = bwi_alloc(crew->batch, class->note_bytes);
    if (notes == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the notes of %s", class->info.name);
    bwi_free(worker->notes);
    worker->notes = notes;
    worker->note_bytes = class->note_bytes;
  }
  return BW_OK;
}

bw_status bwi_crew_open(bwi_crew *crew, bw_model *model, uint32_t threads, uint64_t batch,
                        bw_progress progress, bw_error *err) {
  *crew = (bwi_crew){.model = model, .n_workers = threads != 0 ? threads : bwi_workers_available()};
  crew->batch = batch != 0 ? batch : usual_batch(model->d);
  bwi_meter_open(&crew->meter, progress);
  crew->workers = bwi_alloc(crew->n_workers, sizeof *crew->workers);
  bw_status status = crew->workers != NULL
                         ? BW_OK
                         : BW_FAIL(err, BW_ENOMEM, "no memory for %u workers", (unsigned)crew->n_workers);
  for (uint32_t i = 0; i < crew->n_workers && status == BW_OK; i++)
    status = open_worker(&crew->workers[i], crew, err);
  if (status != BW_OK) bwi_crew_close(crew);
  return status;
}

void bwi_crew_close(bwi_crew *crew) {
  if (crew->model == NULL) return;
  for (uint32_t i = 0; crew->workers != NULL && i < crew->n_workers; i++) close_worker(&crew->workers[i]);
  bwi_free(crew->workers);
  bwi_meter_close(&crew->meter);
  *crew = (bwi_crew){0};
}

typedef struct split {
  bwi_crew *crew;
  uint64_t n, chunk_size;
  bwi_chunk_fn chunk;
  void *payload;
} split;

static bw_status run_chunk(void *payload, uint32_t worker, size_t task, bw_error *err) {
  const split *s = payload;
  const uint64_t first = task * s->chunk_size;
  const uint64_t left = s->n - first;
  return s->chunk(s->payload, &s->crew->workers[worker], first, left < s->chunk_size ? left : s->chunk_size,
                  err);
}

bw_status bwi_crew_run(bwi_crew *crew, uint64_t n, uint64_t most, bwi_chunk_fn chunk, void *payload,
                       bw_error *err) {
  if (n == 0) return BW_OK;
  uint64_t size = (n + crew->n_workers - 1) / crew->n_workers; /* few samples are shared out, too */
  if (most == 0 || most > crew->batch) most = crew->batch;
  if (size > most) size = most;
  split s = {.crew = crew, .n = n, .chunk_size = size, .chunk = chunk, .payload = payload};
  return bwi_workers_run(crew->n_workers, (n + size - 1) / size, run_chunk, &s, err);
}

typedef struct logits_call {
  bwi_crew *crew;
  const float *const *samples;
  float *logits;
} logits_call;

static bw_status logits_chunk(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                              bw_error *err) {
  const logits_call *call = payload;
  const size_t d = (size_t)call->crew->model->d;
  for (uint64_t i = 0; i < count; i++) memcpy(worker->x + i * d, call->samples[first + i], d * sizeof(float));
  BW_TRY(bwi_session_logits(worker->session, count, worker->x, BWI_PASS_DIRECT,
                            call->logits + first * call->crew->model->n_classes, err));
  if (!bwi_meter_add(&call->crew->meter, (double)count, 0)) return BW_FAIL(err, BW_ECANCEL, "cancelled");
  return BW_OK;
}

bw_status bwi_crew_logits(bwi_crew *crew, uint64_t n, const float *const *samples, uint64_t most,
                          float *logits, bw_error *err) {
  logits_call call = {.crew = crew, .samples = samples, .logits = logits};
  return bwi_crew_run(crew, n, most, logits_chunk, &call, err);
}
