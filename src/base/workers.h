/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of threads that share a list of independent tasks. Work is split over samples, never inside
 * one, so results do not depend on the number of threads. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include "base/error.h"

/* Called once per task, from any worker; worker is in [0, n_workers). The first failure stops the rest. */
typedef bw_status (*bwi_task_fn)(void *payload, uint32_t worker, size_t task, bw_error *err);

/* Runs tasks 0..n_tasks-1 on n_workers threads (1 = on the caller's thread) and returns the first
 * failure in task order. BW_EINVAL: n_workers 0. */
bw_status bwi_workers_run(uint32_t n_workers, size_t n_tasks, bwi_task_fn task, void *payload, bw_error *err);

uint32_t bwi_workers_available(void); /* processors that this process may use, at least 1 */

#endif
