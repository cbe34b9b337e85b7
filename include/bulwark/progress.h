/* SPDX-License-Identifier: Apache-2.0
 *
 * How long work reports itself and is stopped. Stability: stable.
 */
#ifndef BULWARK_PROGRESS_H
#define BULWARK_PROGRESS_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_tick {
  const char *phase;    /* what is being done, for example "pgd eps 0.3"; valid during the call */
  uint64_t done, total; /* samples of this phase; total 0 if unknown */
  double robust; /* share of the samples done that are still classified right; NaN if it means nothing here */
} bw_tick;

/* Called at least once per batch, never by two threads at once. Return non-zero to stop: the running
 * function then ends with BW_ECANCEL and keeps what is done. */
typedef int (*bw_progress_fn)(const bw_tick *tick, void *payload);

typedef struct bw_progress {
  bw_progress_fn call; /* NULL: silent and not cancellable */
  void *payload;
} bw_progress;

#ifdef __cplusplus
}
#endif
#endif
