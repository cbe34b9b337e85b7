/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks are claimed in order from a shared counter. When one fails no more are claimed; those before it
 * were claimed already and run to their end, so the lowest failing task is the same at any number of
 * workers. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#include <sched.h>
#endif

#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/memory.h"

typedef struct pool {
  bwi_task_fn task;
  void *payload;
  size_t n_tasks;
  atomic_size_t next;
  atomic_bool stop;
  pthread_mutex_t lock; /* over the two below */
  size_t failed_task;   /* n_tasks: none */
  bw_error failure;
} pool;

typedef struct worker {
  pool *pool;
  uint32_t index;
  pthread_t thread;
} worker;

static void record(pool *p, size_t task, const bw_error *failure) {
  pthread_mutex_lock(&p->lock);
  if (task < p->failed_task) {
    p->failed_task = task;
    p->failure = *failure;
  }
  pthread_mutex_unlock(&p->lock);
  atomic_store(&p->stop, true);
}

static void *work(void *argument) {
  const worker *self = argument;
  pool *p = self->pool;
  while (!atomic_load(&p->stop)) {
    const size_t task = atomic_fetch_add(&p->next, 1);
    if (task >= p->n_tasks) break;
    bw_error failure = {.offset = BW_NO_OFFSET};
    failure.status = p->task(p->payload, self->index, task, &failure);
    if (failure.status != BW_OK) record(p, task, &failure);
  }
  return NULL;
}

bw_status bwi_workers_run(uint32_t n_workers, size_t n_tasks, bwi_task_fn task, void *payload,
                          bw_error *err) {
  if (n_workers == 0) return BW_FAIL(err, BW_EINVAL, "the number of workers is 0; at least 1 is needed");
  if (n_workers > n_tasks) n_workers = n_tasks == 0 ? 1 : (uint32_t)n_tasks;
  worker *workers = bwi_alloc(n_workers, sizeof *workers);
  if (workers == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %u workers", (unsigned)n_workers);
  pool p = {.task = task, .payload = payload, .n_tasks = n_tasks, .failed_task = n_tasks};
  pthread_mutex_init(&p.lock, NULL);

  uint32_t n_started = 1; /* the caller is worker 0; fewer threads than asked for only take longer */
  for (uint32_t i = 0; i < n_workers; i++) workers[i] = (worker){.pool = &p, .index = i};
  while (n_started < n_workers &&
         pthread_create(&workers[n_started].thread, NULL, work, &workers[n_started]) == 0)
    n_started++;
  (void)work(&workers[0]);
  for (uint32_t i = 1; i < n_started; i++) pthread_join(workers[i].thread, NULL);

  pthread_mutex_destroy(&p.lock);
  bwi_free(workers);
  if (p.failed_task == n_tasks) return BW_OK;
  if (err != NULL) *err = p.failure;
  return p.failure.status;
}

uint32_t bwi_workers_available(void) {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return (uint32_t)CPU_COUNT(&allowed);
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : (uint32_t)online;
}
