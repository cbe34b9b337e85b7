/* SPDX-License-Identifier: Apache-2.0 */
#include "base/meter.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

void bwi_meter_open(bwi_meter *meter, bw_progress progress) {
  *meter = (bwi_meter){.progress = progress};
  pthread_mutex_init(&meter->lock, NULL);
}

void bwi_meter_close(bwi_meter *meter) {
  pthread_mutex_destroy(&meter->lock);
}

void bwi_meter_begin(bwi_meter *meter, const char *phase, uint64_t total, uint64_t done, int64_t broken) {
  pthread_mutex_lock(&meter->lock);
  snprintf(meter->phase, sizeof meter->phase, "%s", phase);
  meter->total = total;
  meter->done = (double)done;
  meter->broken = broken;
  pthread_mutex_unlock(&meter->lock);
  (void)bwi_meter_add(meter, 0, 0);
}

bool bwi_meter_add(bwi_meter *meter, double done, uint64_t broken) {
  if (meter->progress.call == NULL) return true;
  pthread_mutex_lock(&meter->lock);
  meter->done += done;
  double robust = NAN;
  if (meter->broken >= 0) {
    meter->broken += (int64_t)broken;
    if (meter->done > 0) robust = 1 - (double)meter->broken / meter->done;
  }
  const bw_tick tick = {
      .phase = meter->phase, .done = (uint64_t)(meter->done + 1e-6), .total = meter->total, .robust = robust};
  if (!atomic_load(&meter->cancelled) && meter->progress.call(&tick, meter->progress.payload) != 0)
    atomic_store(&meter->cancelled, true);
  pthread_mutex_unlock(&meter->lock);
  return !atomic_load(&meter->cancelled);
}

double bwi_now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}
