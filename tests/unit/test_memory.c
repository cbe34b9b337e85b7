/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <string.h>

#include "support/sweep.h"
#include "support/unit.h"

static int no_blocks_left(void **state) {
  (void)state;
  return bwi_memory_live_blocks() == 0 ? 0 : -1;
}

static void test_alloc(void **state) {
  (void)state;
  static const struct {
    size_t count, size;
    int fits;
  } rows[] = {
      {0, 0, 1},        {0, 8, 1},        {1, 1, 1},
      {3, 7, 1},        {1000, 64, 1},    {SIZE_MAX, 2, 0},
      {SIZE_MAX, 1, 0}, {2, SIZE_MAX, 0}, {SIZE_MAX - 63, 1, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unsigned char *block = bwi_alloc(rows[i].count, rows[i].size);
    assert_int_equal(block != NULL, rows[i].fits);
    if (block == NULL) continue;
    assert_int_equal((uintptr_t)block % 64, 0);
    for (size_t k = 0; k < rows[i].count * rows[i].size; k++) assert_int_equal(block[k], 0);
    assert_int_equal(bwi_memory_live_blocks(), 1);
    bwi_free(block);
  }
  bwi_free(NULL);
}

static void test_resize(void **state) {
  (void)state;
  int *block = bwi_realloc(NULL, 0, 2, sizeof *block);
  assert_non_null(block);
  block[0] = 5;
  block[1] = 6;
  int *grown = bwi_realloc(block, 2, 100, sizeof *grown);
  assert_non_null(grown);
  assert_int_equal((uintptr_t)grown % 64, 0);
  assert_int_equal(grown[0], 5);
  assert_int_equal(grown[1], 6);
  for (int i = 2; i < 100; i++) assert_int_equal(grown[i], 0);

  assert_null(bwi_realloc(grown, 100, SIZE_MAX / 2, sizeof *grown));
  (void)bwi_memory_fail_after(1);
  assert_null(bwi_realloc(grown, 100, 200, sizeof *grown));
  assert_int_equal(grown[1], 6); /* still valid */

  int *shrunk = bwi_realloc(grown, 100, 1, sizeof *shrunk);
  assert_int_equal(shrunk[0], 5);
  assert_int_equal(bwi_memory_live_blocks(), 1);
  bwi_free(shrunk);
}

static void test_strdup(void **state) {
  (void)state;
  char *copy = bwi_strdup("text");
  assert_string_equal(copy, "text");
  bwi_free(copy);
  (void)bwi_memory_fail_after(1);
  assert_null(bwi_strdup("text"));
}

static void test_fail_after(void **state) {
  (void)state;
  (void)bwi_memory_fail_after(3);
  void *first = bwi_alloc(1, 1), *second = bwi_alloc(1, 1), *third = bwi_alloc(1, 1),
       *fourth = bwi_alloc(1, 1);
  assert_non_null(first);
  assert_non_null(second);
  assert_null(third);
  assert_non_null(fourth); /* once */
  bwi_free(first);
  bwi_free(second);
  bwi_free(fourth);
  assert_int_equal(bwi_memory_fail_after(5), 0);
  bwi_free(bwi_alloc(1, 1));
  assert_int_equal(bwi_memory_fail_after(0), 4);
}

static void test_arena(void **state) {
  (void)state;
  bwi_arena *arena = bwi_arena_create(0);
  unsigned char *blocks[50];
  for (size_t i = 0; i < 50; i++) {
    blocks[i] = bwi_arena_get(arena, i, 3);
    assert_non_null(blocks[i]);
    assert_int_equal((uintptr_t)blocks[i] % 64, 0);
    for (size_t k = 0; k < 3 * i; k++) assert_int_equal(blocks[i][k], 0);
    memset(blocks[i], (int)i, 3 * i);
  }
  for (size_t i = 1; i < 50; i++) assert_int_equal(blocks[i][3 * i - 1], i); /* none overlaps another */
  assert_null(bwi_arena_get(arena, SIZE_MAX, 2));
  assert_null(bwi_arena_get(arena, SIZE_MAX, 1));
  bwi_arena_free(arena);
  bwi_arena_free(NULL);
}

static void test_arena_limit(void **state) {
  (void)state;
  bwi_arena *arena = bwi_arena_create(1000);
  assert_null(bwi_arena_get(arena, 1000, 1)); /* with its 64 bytes too many */
  assert_non_null(bwi_arena_get(arena, 436, 1));
  assert_non_null(bwi_arena_get(arena, 436, 1));
  assert_null(bwi_arena_get(arena, 0, 1));
  bwi_arena_free(arena);
}

static bw_status make_three(void *payload) {
  (void)payload;
  bwi_arena *arena = bwi_arena_create(0);
  if (arena == NULL) return BW_ENOMEM;
  const bool got = bwi_arena_get(arena, 1, 1) != NULL && bwi_arena_get(arena, 1, 1) != NULL;
  bwi_arena_free(arena);
  return got ? BW_OK : BW_ENOMEM;
}

static void test_sweep_counts_allocations(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(make_three, NULL), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_alloc, no_blocks_left),
      cmocka_unit_test_teardown(test_resize, no_blocks_left),
      cmocka_unit_test_teardown(test_strdup, no_blocks_left),
      cmocka_unit_test_teardown(test_fail_after, no_blocks_left),
      cmocka_unit_test_teardown(test_arena, no_blocks_left),
      cmocka_unit_test_teardown(test_arena_limit, no_blocks_left),
      cmocka_unit_test_teardown(test_sweep_counts_allocations, no_blocks_left),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
