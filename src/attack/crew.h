/* SPDX-License-Identifier: Apache-2.0 */
/* The workers of a run: one session and one set of buffers each, made once and used by every attack and
 * check of the run. Work is split over samples, so results do not depend on how many workers there are. */
#ifndef ATTACK_CREW_H
#define ATTACK_CREW_H

#include "attack/attack.h"
#include "base/meter.h"
#include "model/model.h"

typedef struct bwi_worker {
  bwi_session *session;
  bwi_subject *subjects; /* (batch) */
  uint64_t capacity;     /* rows of x, slope, logits and answers: the crew's batch, or more */
  float *x, *slope;      /* (capacity, d) */
  float *state;          /* (batch, n_rows, d) and */
  char *notes;           /* (batch, note_bytes) of the most demanding attack so far */
  uint32_t n_rows;
  size_t note_bytes;
  float *logits;    /* (capacity, classes) */
  int32_t *answers; /* (capacity) */
  float *scratch;   /* (d) */
} bwi_worker;

typedef struct bwi_crew {
  bw_model *model;
  uint32_t n_workers;
  uint64_t batch; /* most samples in flight for a worker */
  bwi_worker *workers;
  bwi_meter meter;
} bwi_crew;

/* threads 0: as many as there are; batch 0: chosen by the size of a sample. Errors of bwi_session_open,
 * BW_ENOMEM. */
bw_status bwi_crew_open(bwi_crew *crew, bw_model *model, uint32_t threads, uint64_t batch,
                        bw_progress progress, bw_error *err);
void bwi_crew_close(bwi_crew *crew); /* fine on a zeroed one */

/* Rows that an attack needs for each sample in flight: the passes of a random model, and what images are
 * rounded to. */
uint64_t bwi_rows_for(const bw_attack *attack);

/* Makes room for one sample at least, and for what the class keeps of each. BW_ENOMEM. */
bw_status bwi_worker_reserve(bwi_worker *worker, const bwi_crew *crew, const bw_attack *attack,
                             bw_error *err);

/* Called once per chunk of samples [first, first + count), count <= batch. */
typedef bw_status (*bwi_chunk_fn)(void *payload, bwi_worker *worker, uint64_t first, uint64_t count,
                                  bw_error *err);

/* Runs chunk over [0, n), `most` samples at a time (0: the crew's batch). Returns the first failure in order;
 * BW_ECANCEL when the run was cancelled. */
bw_status bwi_crew_run(bwi_crew *crew, uint64_t n, uint64_t most, bwi_chunk_fn chunk, void *payload,
                       bw_error *err);

/* Float32 logits (n, classes) of n samples by direct kernels, `most` at a time. */
bw_status bwi_crew_logits(bwi_crew *crew, uint64_t n, const float *const *samples, uint64_t most,
                          float *logits, bw_error *err);

#endif
