/* SPDX-License-Identifier: Apache-2.0 */
/* The magnitude of a floating-point number orders as its bits without the sign do, infinities and NaN above
 * all others. So one integer comparison an element, which compilers turn into vector code, tells whether a
 * block holds anything worth a closer look. */
#include "gate/values.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "base/workers.h"

#define BLOCK_BYTES ((size_t)1 << 18) /* stays in the second-level cache between reading and checking */
#define TASK_BYTES ((uint64_t)16 << 20)
#define WORKER_BYTES ((uint64_t)4 << 20) /* less is not worth another thread */

typedef struct tally {
  uint64_t nan, infinite, large;
  uint64_t first_not_finite, first_large; /* offsets in the range; UINT64_MAX */
} tally;

typedef struct task {
  size_t range;
  uint64_t offset, bytes; /* in the range */
  tally found;
} task;

typedef struct job {
  const bwi_subject *subject;
  const bwi_value_range *ranges;
  task *tasks;
  uint8_t *blocks; /* one a worker */
  double most;
  int16_t most_16[2]; /* of f16 and bf16, as bits */
  int32_t most_32;
  int64_t most_64;
} job;

/* Truth values are numbers that go to 1. */
static bool is_checked(bw_dtype dtype) {
  return dtype == BW_BOOL || dtype == BW_F16 || dtype == BW_BF16 || dtype == BW_F32 || dtype == BW_F64;
}

/* ---- is there anything? ---- */

static bool exceeds_8(const uint8_t *bytes, size_t n) {
  uint8_t any = 0;
  for (size_t i = 0; i < n; i++) any |= bytes[i];
  return any > 1;
}

static bool exceeds_16(const int16_t *bits, size_t n, int16_t most) {
  int16_t any = 0;
  for (size_t i = 0; i < n; i++) any = (int16_t)(any | ((bits[i] & INT16_MAX) > most ? -1 : 0));
  return any != 0;
}

static bool exceeds_32(const int32_t *bits, size_t n, int32_t most) {
  int32_t any = 0;
  for (size_t i = 0; i < n; i++) any |= (bits[i] & INT32_MAX) > most ? -1 : 0;
  return any != 0;
}

static bool exceeds_64(const int64_t *bits, size_t n, int64_t most) {
  int64_t any = 0;
  for (size_t i = 0; i < n; i++) any |= (bits[i] & INT64_MAX) > most ? -1 : 0;
  return any != 0;
}

static bool exceeds(const job *j, const void *block, size_t n, bw_dtype dtype) {
  switch (dtype) {
    case BW_BOOL: return exceeds_8(block, n);
    case BW_F16: return exceeds_16(block, n / 2, j->most_16[0]);
    case BW_BF16: return exceeds_16(block, n / 2, j->most_16[1]);
    case BW_F32: return exceeds_32(block, n / 4, j->most_32);
    default: return exceeds_64(block, n / 8, j->most_64);
  }
}

/* The bits of the largest number that is in range: not above most, and finite. */
static void set_bounds(job *j, double most) {
  const float single = most < (double)FLT_MAX ? (float)most : FLT_MAX;
  const double twice = most < DBL_MAX ? most : DBL_MAX;
  j->most = most;
  memcpy(&j->most_32, &single, sizeof single);
  memcpy(&j->most_64, &twice, sizeof twice);
  j->most_16[0] = (int16_t)bwi_f32_to_f16(single < 65504.0F ? single : 65504.0F);
  j->most_16[1] = (int16_t)(j->most_32 >> 16);
}

/* ---- what is it? ---- */

static double value_at(const uint8_t *at, bw_dtype dtype) {
  uint16_t half = 0;
  float single = 0;
  double twice = 0;
  switch (dtype) {
    case BW_BOOL: return *at;
    case BW_F16: memcpy(&half, at, sizeof half); return (double)bwi_f16_to_f32(half);
    case BW_BF16: memcpy(&half, at, sizeof half); return (double)bwi_bf16_to_f32(half);
    case BW_F32: memcpy(&single, at, sizeof single); return (double)single;
    default: memcpy(&twice, at, sizeof twice); return twice;
  }
}

static void count_block(tally *t, const uint8_t *block, size_t n, bw_dtype dtype, uint64_t offset,
                        double most) {
  const size_t width = bw_dtype_bytes(dtype);
  for (size_t i = 0; i < n; i += width) {
    const double value = value_at(block + i, dtype);
    const bool finite = isfinite(value), large = finite && fabs(value) > most;
    t->nan += isnan(value) != 0;
    t->infinite += isinf(value) != 0;
    t->large += large;
    if (!finite && t->first_not_finite == UINT64_MAX) t->first_not_finite = offset + i;
    if (large && t->first_large == UINT64_MAX) t->first_large = offset + i;
  }
}

/* ---- the work ---- */

static bw_status check_task(void *payload, uint32_t worker, size_t number, bw_error *err) {
  job *j = payload;
  task *t = &j->tasks[number];
  const bwi_value_range *range = &j->ranges[t->range];
  uint8_t *block = j->blocks + worker * BLOCK_BYTES;
  for (uint64_t done = 0; done < t->bytes;) {
    const size_t n = t->bytes - done < BLOCK_BYTES ? (size_t)(t->bytes - done) : BLOCK_BYTES;
    BW_TRY(bwi_subject_copy(j->subject, range->offset + t->offset + done, block, n, err));
    if (exceeds(j, block, n, range->dtype))
      count_block(&t->found, block, n, range->dtype, t->offset + done, range->dtype == BW_BOOL ? 1 : j->most);
    done += n;
  }
  return BW_OK;
}

static uint64_t tasks_of(const bwi_value_range *r) {
  return is_checked(r->dtype) ? (r->bytes + TASK_BYTES - 1) / TASK_BYTES : 0;
}

static void list_tasks(task *tasks, const bwi_value_range *ranges, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (uint64_t k = 0; k < tasks_of(&ranges[i]); k++) {
      const uint64_t left = ranges[i].bytes - k * TASK_BYTES;
      *tasks++ =
          (task){i, k * TASK_BYTES, left < TASK_BYTES ? left : TASK_BYTES, {0, 0, 0, UINT64_MAX, UINT64_MAX}};
    }
}

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static void report(bw_gate *g, const bwi_subject *s, const bwi_value_range *range, const tally *t) {
  if (t->nan + t->infinite > 0)
    bwi_gate_find(g, s, BWI_RULE_VALUES_NOT_FINITE, range->offset + t->first_not_finite,
                  "\"%.64s\" holds %" PRIu64 " NaN and %" PRIu64 " infinities", range->name, t->nan,
                  t->infinite);
  if (t->large > 0 && range->dtype == BW_BOOL)
    bwi_gate_find(g, s, BWI_RULE_MALFORMED, range->offset + t->first_large,
                  "\"%.64s\" of type bool holds other bytes than 0 and 1", range->name);
  else if (t->large > 0)
    bwi_gate_find(g, s, BWI_RULE_VALUES_RANGE, range->offset + t->first_large,
                  "\"%.64s\" holds %" PRIu64 " numbers beyond %g", range->name, t->large,
                  g->options.max_weight);
}

static void report_all(bw_gate *g, const job *j, size_t n_tasks) {
  for (size_t i = 0; i < n_tasks;) {
    const size_t range = j->tasks[i].range;
    tally sum = {0, 0, 0, UINT64_MAX, UINT64_MAX};
    for (; i < n_tasks && j->tasks[i].range == range; i++) {
      const tally *t = &j->tasks[i].found;
      sum.nan += t->nan;
      sum.infinite += t->infinite;
      sum.large += t->large;
      sum.first_not_finite = lesser(sum.first_not_finite, t->first_not_finite);
      sum.first_large = lesser(sum.first_large, t->first_large);
    }
    report(g, j->subject, &j->ranges[range], &sum);
  }
}

bw_status bwi_gate_check_values(bw_gate *g, const bwi_subject *s, const bwi_value_range *ranges, size_t count,
                                bw_error *err) {
  uint64_t n = 0, bytes = 0;
  for (size_t i = 0; i < count; i++) {
    n += tasks_of(&ranges[i]);
    bytes += ranges[i].bytes;
  }
  if (n == 0 || !g->options.values) return BW_OK;
  const uint32_t workers = (uint32_t)lesser(bwi_workers_available(), 1 + bytes / WORKER_BYTES);
  job j = {.subject = s, .ranges = ranges};
  j.tasks = n > SIZE_MAX ? NULL : bwi_alloc((size_t)n, sizeof *j.tasks);
  j.blocks = bwi_alloc(workers, BLOCK_BYTES);
  set_bounds(&j, g->options.max_weight);
  bw_status status = BW_OK;
  if (j.tasks == NULL || j.blocks == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to check the values of %s", s->path);
  } else {
    list_tasks(j.tasks, ranges, count);
    status = bwi_workers_run(workers, (size_t)n, check_task, &j, err);
    if (status == BW_OK) report_all(g, &j, (size_t)n);
  }
  bwi_free(j.tasks);
  bwi_free(j.blocks);
  return status;
}
