/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/workers.h"
#include "support/sweep.h"
#include "support/unit.h"

typedef struct filling {
  bwi_weights *weights;
  int times; /* how often it was asked to fill */
  bw_status status;
} filling;

static bw_status fill(void *payload, void *block, bw_error *err) {
  filling *f = payload;
  f->times++;
  memset(block, 7, 16);
  return f->status == BW_OK ? BW_OK : BW_FAIL(err, f->status, "refused");
}

static void test_filled_once(void **state) {
  (void)state;
  static const float a[4], b[4];
  filling f = {.status = BW_OK};
  const void *first = NULL, *second = NULL;
  assert_int_equal(bwi_weights_create(&f.weights, NULL), BW_OK);
  assert_int_equal(bwi_weights_get(&first, f.weights, a, "blocked", 1, 16, fill, &f, NULL), BW_OK);
  assert_int_equal(((const char *)first)[15], 7);
  assert_int_equal(bwi_weights_get(&second, f.weights, a, "blocked", 1, 16, fill, &f, NULL), BW_OK);
  assert_ptr_equal(first, second);
  assert_int_equal(f.times, 1);
  /* Another array, kind or variant is another block. */
  assert_int_equal(bwi_weights_get(&second, f.weights, b, "blocked", 1, 16, fill, &f, NULL), BW_OK);
  assert_int_equal(bwi_weights_get(&second, f.weights, a, "turned", 1, 16, fill, &f, NULL), BW_OK);
  assert_int_equal(bwi_weights_get(&second, f.weights, a, "blocked", 2, 16, fill, &f, NULL), BW_OK);
  assert_int_equal(f.times, 4);
  bwi_weights_free(f.weights);
}

/* More than it has chains: each is found, and found again. */
static void test_many(void **state) {
  (void)state;
  enum { MANY = 5000 };
  static const char arrays[MANY];
  static const void *blocks[MANY];
  filling f = {.status = BW_OK};
  assert_int_equal(bwi_weights_create(&f.weights, NULL), BW_OK);
  for (int k = 0; k < MANY; k++)
    assert_int_equal(bwi_weights_get(&blocks[k], f.weights, arrays + k, "blocked", 1, 16, fill, &f, NULL),
                     BW_OK);
  for (int k = 0; k < MANY; k++) {
    const void *again = NULL;
    assert_int_equal(bwi_weights_get(&again, f.weights, arrays + k, "blocked", 1, 16, fill, &f, NULL), BW_OK);
    assert_ptr_equal(again, blocks[k]);
  }
  assert_int_equal(f.times, MANY);
  bwi_weights_free(f.weights);
}

static void test_failure_leaves_nothing(void **state) {
  (void)state;
  static const float a[4];
  filling f = {.status = BW_EUNSUPPORTED};
  const void *out = NULL;
  assert_int_equal(bwi_weights_create(&f.weights, NULL), BW_OK);
  assert_int_equal(bwi_weights_get(&out, f.weights, a, "blocked", 0, 16, fill, &f, NULL), BW_EUNSUPPORTED);
  assert_null(out);
  f.status = BW_OK;
  assert_int_equal(bwi_weights_get(&out, f.weights, a, "blocked", 0, 16, fill, &f, NULL), BW_OK);
  assert_int_equal(f.times, 2);
  bwi_weights_free(f.weights);
  bwi_weights_free(NULL);
}

static bw_status make_and_free(void *payload) {
  static const float a[4];
  filling *f = payload;
  const void *out;
  bw_status status = bwi_weights_create(&f->weights, NULL);
  if (status != BW_OK) return status;
  status = bwi_weights_get(&out, f->weights, a, "blocked", 0, 16, fill, f, NULL);
  bwi_weights_free(f->weights);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  filling f = {.status = BW_OK};
  assert_int_equal(sweep_allocations(make_and_free, &f), 4);
}

static bw_status get(void *payload, uint32_t worker, size_t task, bw_error *err) {
  (void)worker;
  static const float a[64];
  filling *f = payload;
  const void *out;
  return bwi_weights_get(&out, f->weights, &a[task % 8], "blocked", 0, 16, fill, f, err);
}

static void test_threads(void **state) {
  (void)state;
  filling f = {.status = BW_OK};
  assert_int_equal(bwi_weights_create(&f.weights, NULL), BW_OK);
  assert_int_equal(bwi_workers_run(4, 256, get, &f, NULL), BW_OK);
  assert_int_equal(f.times, 8); /* filling is under the lock */
  bwi_weights_free(f.weights);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_filled_once),
      cmocka_unit_test(test_many),
      cmocka_unit_test(test_failure_leaves_nothing),
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
