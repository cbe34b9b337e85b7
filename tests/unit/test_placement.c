/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/placement.h"

#include "base/memory.h"
#include "base/rng.h"
#include "support/unit.h"

/* Lives that meet do not share bytes, nothing lies past the total, and all is aligned. */
static void check_placed(const bwi_block *blocks, uint32_t count, size_t total) {
  for (uint32_t i = 0; i < count; i++) {
    assert_int_equal(blocks[i].offset % BWI_ALIGNMENT, 0);
    assert_true(blocks[i].offset + blocks[i].bytes <= total);
    for (uint32_t j = 0; j < i; j++) {
      const bwi_block *a = &blocks[i], *b = &blocks[j];
      if (a->first > b->last || b->first > a->last) continue;
      assert_true(a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
    }
  }
}

static void test_chain(void **state) {
  (void)state;
  bwi_block blocks[10];
  size_t total = 0;
  for (uint32_t i = 0; i < 10; i++) blocks[i] = (bwi_block){.bytes = 1000, .first = i, .last = i + 1};
  assert_int_equal(bwi_place(&total, blocks, 10, NULL), BW_OK);
  check_placed(blocks, 10, total);
  assert_int_equal(total, 2 * 1024); /* two live at a time */
}

static void test_random(void **state) {
  (void)state;
  enum { COUNT = 200 };
  for (uint64_t seed = 0; seed < 20; seed++) {
    bwi_block blocks[COUNT];
    uint32_t draws[3 * COUNT];
    size_t total = 0, sum = 0;
    bwi_rng_u32(draws, 3 * COUNT, (bwi_rng_key){.seed = seed}, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
      const uint32_t first = draws[3 * i] % COUNT;
      blocks[i] = (bwi_block){
          .bytes = draws[3 * i + 1] % 5000, .first = first, .last = first + draws[3 * i + 2] % 20};
    }
    assert_int_equal(bwi_place(&total, blocks, COUNT, NULL), BW_OK);
    check_placed(blocks, COUNT, total);
    for (uint32_t i = 0; i < COUNT; i++) sum += blocks[i].bytes;
    assert_true(total < sum / 4); /* some 20 of the 200 live at a time */
  }
}

static void test_limits(void **state) {
  (void)state;
  bwi_block blocks[2] = {{.bytes = SIZE_MAX - 100}, {.bytes = 200}};
  bw_error err;
  size_t total = 7;
  assert_int_equal(bwi_place(&total, blocks, 2, &err), BW_ELIMIT);
  assert_int_equal(bwi_place(&total, NULL, BWI_PLACE_MAX_BLOCKS + 1, &err), BW_ELIMIT);
  assert_int_equal(total, 7);
  assert_int_equal(bwi_place(&total, NULL, 0, &err), BW_OK);
  assert_int_equal(total, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chain),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
