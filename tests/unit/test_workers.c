/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "support/sweep.h"
#include "support/unit.h"

#define N_TASKS 200

typedef struct job {
  uint32_t n_workers;
  atomic_int runs[N_TASKS];
  atomic_bool worker_out_of_range;
  size_t failing[2]; /* tasks that fail, the later one first; N_TASKS: none */
} job;

static bw_status run_one(void *payload, uint32_t worker, size_t task, bw_error *err) {
  job *j = payload;
  if (worker >= j->n_workers) atomic_store(&j->worker_out_of_range, true);
  atomic_fetch_add(&j->runs[task], 1);
  /* With others at work the first of two failures comes last. */
  if (task == j->failing[1] && j->n_workers > 1)
    while (atomic_load(&j->runs[j->failing[0]]) == 0) (void)sched_yield();
  if (task == j->failing[0] || task == j->failing[1])
    return BW_FAIL_AT(err, BW_EFORMAT, task, "task %zu", task);
  return BW_OK;
}

static void test_each_task_once(void **state) {
  (void)state;
  static const uint32_t workers[] = {1, 2, 3, 16, 1000};
  static const size_t tasks[] = {0, 1, 2, N_TASKS};
  for (size_t w = 0; w < 5; w++) {
    for (size_t t = 0; t < 4; t++) {
      job j = {.n_workers = workers[w], .failing = {N_TASKS, N_TASKS}};
      bw_error err = {BW_OK, 0, ""};
      assert_int_equal(bwi_workers_run(workers[w], tasks[t], run_one, &j, &err), BW_OK);
      assert_false(j.worker_out_of_range);
      for (size_t i = 0; i < N_TASKS; i++) assert_int_equal(j.runs[i], i < tasks[t] ? 1 : 0);
    }
  }
}

static void test_first_failure_in_task_order(void **state) {
  (void)state;
  static const uint32_t workers[] = {1, 2, 8};
  for (size_t w = 0; w < 3; w++) {
    for (int repeat = 0; repeat < 50; repeat++) { /* the order in which threads get there varies */
      job j = {.n_workers = workers[w], .failing = {31, 30}};
      bw_error err = {BW_OK, 0, ""};
      assert_int_equal(bwi_workers_run(workers[w], N_TASKS, run_one, &j, &err), BW_EFORMAT);
      assert_int_equal(err.offset, 30);
      assert_string_equal(err.text, "task 30");
      for (size_t i = 0; i <= 30; i++) assert_int_equal(j.runs[i], 1);
    }
  }
  job alone = {.n_workers = 1, .failing = {3, N_TASKS}};
  assert_int_equal(bwi_workers_run(1, N_TASKS, run_one, &alone, NULL), BW_EFORMAT);
  assert_int_equal(alone.runs[4], 0); /* the rest is stopped */
}

static void test_no_workers(void **state) {
  (void)state;
  bw_error err = {BW_OK, 0, ""};
  job j = {.n_workers = 0};
  assert_int_equal(bwi_workers_run(0, 1, run_one, &j, &err), BW_EINVAL);
  assert_int_equal(err.status, BW_EINVAL);
}

static bw_status run_all(void *payload) {
  (void)payload;
  job j = {.n_workers = 4, .failing = {N_TASKS, N_TASKS}};
  return bwi_workers_run(4, N_TASKS, run_one, &j, NULL);
}

static void test_allocation_failure(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(run_all, NULL), 1);
}

static void test_available(void **state) {
  (void)state;
  assert_true(bwi_workers_available() >= 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_task_once), cmocka_unit_test(test_first_failure_in_task_order),
      cmocka_unit_test(test_no_workers),     cmocka_unit_test(test_allocation_failure),
      cmocka_unit_test(test_available),
  };
  return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
