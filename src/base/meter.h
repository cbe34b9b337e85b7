/* SPDX-License-Identifier: Apache-2.0 */
/* Progress and cancelling of one run, shared by its workers. */
#ifndef BASE_METER_H
#define BASE_METER_H

#include <bulwark/progress.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct bwi_meter {
  bw_progress progress;
  pthread_mutex_t lock; /* over all below but cancelled */
  char phase[96];
  double done; /* of a sample whose restarts are partly done, a part */
  uint64_t total;
  int64_t broken; /* of those done; -1: does not apply */
  atomic_bool cancelled;
} bwi_meter;

void bwi_meter_open(bwi_meter *meter, bw_progress progress);
void bwi_meter_close(bwi_meter *meter);

/* Starts a phase of which done samples are behind us. broken -1: nothing is being broken. */
void bwi_meter_begin(bwi_meter *meter, const char *phase, uint64_t total, uint64_t done, int64_t broken);

/* Adds to what is done and tells the caller; from any thread. False once the caller has cancelled. */
bool bwi_meter_add(bwi_meter *meter, double done, uint64_t broken);

double bwi_now(void); /* seconds on a clock that only goes forward */

#endif
